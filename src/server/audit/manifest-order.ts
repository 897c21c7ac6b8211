// What a manifest says of itself, against the ones before it: its number, its times and its salt. None of these follow
// from the entries, so here is where a builder could still choose.
import { createHash } from 'node:crypto';
import { bytesToHex, concatBytes, utf8ToBytes } from '../../domain/bytes.ts';
import { FOLD_VERSION } from '../../domain/ledger/fold.ts';
import { BUILDER_VERSION } from '../../domain/snapshot/build.ts';
import type { Manifest } from '../../domain/snapshot/manifest.ts';
import type { AuditFault } from './audit-fault.ts';

/** Salts that a later manifest of the same day takes over. */
export type EarlierManifest = { readonly publishedMs: number; readonly salt: string };

export type ManifestPast = {
  /** Manifests in the snapshot log up to and including this one, voided or not. */
  readonly ordinal: number;
  /** The last that is not voided. */
  readonly last: (EarlierManifest & { readonly size: number }) | undefined;
  /** Those voided since, as far as they can still be read and their salts were right. */
  readonly voided: readonly EarlierManifest[];
  /** One that was voided since is not published any more: nobody knows its salt. */
  readonly hasLostVoided: boolean;
};

/** A day beyond the longest silence: a manifest appears at least daily, and is good for three days now. */
const VALID_MS_MAX = 7 * 86_400_000;
/** Between the clocks of two machines. */
const CLOCKS_APART_MS_MAX = 10 * 60_000;

/** `size` and `root` are those of the ledger checkpoint in it. */
export function checkOrder(
  manifest: Manifest,
  { size, root }: { readonly size: number; readonly root: Uint8Array },
  past: ManifestPast,
  nowMs: number,
): string | undefined {
  const { number, publishedMs, expiresMs } = manifest;
  const { ordinal, last } = past;
  if (number !== ordinal) return `it has the number ${number}, but is manifest ${ordinal} of its log`;
  if (last && size < last.size) return `it holds ${size} entries, the one before it ${last.size}`;
  if (last && publishedMs < last.publishedMs)
    return `it was published at ${iso(publishedMs)}, before the one above it at ${iso(last.publishedMs)}`;
  if (publishedMs > nowMs + CLOCKS_APART_MS_MAX)
    return `it says that it was published at ${iso(publishedMs)}; here it is ${iso(nowMs)}`;
  if (expiresMs <= publishedMs || expiresMs - publishedMs > VALID_MS_MAX)
    return `it was published at ${iso(publishedMs)} and expires at ${iso(expiresMs)}`;
  return saltsOf(publishedMs, root, past)?.includes(manifest.salt) === false
    ? `its salt ${manifest.salt} is neither that of its checkpoint nor that of an earlier one of its day`
    : undefined;
}

/**
 * One salt a day: the first manifest of a day (UTC) takes that of its checkpoint, later ones the same. Where the one
 * before was voided, a builder may have gone on from it or from the one before that. Undefined: cannot be told.
 */
export function saltsOf(
  publishedMs: number,
  root: Uint8Array,
  { last, voided, hasLostVoided }: ManifestPast,
): readonly string[] | undefined {
  if (hasLostVoided) return undefined;
  const before = [...(last ? [last] : []), ...voided];
  const sameDay = before.filter((earlier) => utcDay(earlier.publishedMs) === utcDay(publishedMs));
  const isFirst = !last || utcDay(last.publishedMs) !== utcDay(publishedMs);
  return [...sameDay.map(({ salt }) => salt), ...(isFirst ? [saltOf(root)] : [])];
}

/** Of a builder's versions this software knows one each. */
export function unsupported({ foldVersion, builderVersion }: Manifest): AuditFault | undefined {
  if (foldVersion === FOLD_VERSION && builderVersion === BUILDER_VERSION) return undefined;
  const words = `It was built by fold ${foldVersion} and builder ${builderVersion}; this software has ${FOLD_VERSION} and ${BUILDER_VERSION}.`;
  return { code: 'unsupported', words };
}

function saltOf(root: Uint8Array): string {
  const message = concatBytes(utf8ToBytes('packtrail/v1/snapshot-salt\0'), root);
  return bytesToHex(createHash('sha256').update(message).digest().subarray(0, 16));
}

function utcDay(ms: number): number {
  return Math.floor(ms / 86_400_000);
}

function iso(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
