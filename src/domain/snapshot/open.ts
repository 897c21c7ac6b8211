// The one door from a manifest's bytes to a snapshot that verdicts may rest on: its hash stands in a leaf of the
// snapshot log, under a checkpoint that the policy accepts, and the ledger checkpoint inside it is signed by its log.
// That one was signed before any witness could see it: whoever adopts a snapshot holds it to a witnessed one.
import { utf8ToBytes } from '../bytes.ts';
import { type CheckpointError, openCheckpoint, type VerifiedCheckpoint } from '../ledger/checkpoint.ts';
import { leafHash } from '../ledger/merkle.ts';
import { openProofFile } from '../ledger/proof-file.ts';
import type { Trust } from '../ledger/trust.ts';
import { SNAPSHOT_VALID_MS_MAX } from '../limits.ts';
import { type Err, err, ok, type Result } from '../result.ts';
import { encodeSnapshotLeaf, type Manifest, manifestId, parseManifest } from './manifest.ts';

declare const verified: unique symbol;

type OpenedSnapshot = {
  readonly manifest: Manifest;
  readonly id: string;
  readonly ledgerCheckpoint: VerifiedCheckpoint;
  readonly snapshotCheckpoint: VerifiedCheckpoint;
  /** Place in the snapshot log; a later snapshot has a higher one. */
  readonly leafIndex: number;
};

/** Only openSnapshot makes one of these. */
export type VerifiedSnapshot = OpenedSnapshot & { readonly [verified]: true };

export type SnapshotError = 'malformed' | 'bad-signature' | 'unknown-key' | 'quorum-missed' | 'bad-proof';

/**
 * `proof` is a C2SP tlog-proof of the manifest's leaf in the snapshot log. `kept`: the device has adopted it before,
 * so that keys which have been retired since vouch for it still.
 */
export function openSnapshot(
  manifestBytes: Uint8Array,
  proof: string,
  trust: Trust,
  which: 'offered' | 'kept' = 'offered',
): Result<VerifiedSnapshot, SnapshotError> {
  const { full } = which === 'kept' ? trust.snapshot.kept : trust.snapshot;
  const { byLog } = which === 'kept' ? trust.ledger.kept : trust.ledger;
  const id = manifestId(manifestBytes);
  const leaf = leafHash(encodeSnapshotLeaf({ kind: 'manifest', id }));
  const inclusion = openProofFile(utf8ToBytes(proof), leaf, full);
  if (!inclusion.ok) return snapshotError(inclusion.error, inclusion.detail);
  const manifest = parseManifest(manifestBytes);
  if (!manifest.ok) return manifest;
  const ledgerCheckpoint = openCheckpoint(utf8ToBytes(manifest.value.checkpoint), byLog);
  if (!ledgerCheckpoint.ok) return snapshotError(ledgerCheckpoint.error, ledgerCheckpoint.detail);
  const claims = checkClaims(manifest.value, ledgerCheckpoint.value);
  if (!claims.ok) return claims;
  const opened: OpenedSnapshot = {
    manifest: manifest.value,
    id,
    ledgerCheckpoint: ledgerCheckpoint.value,
    snapshotCheckpoint: inclusion.value.checkpoint,
    leafIndex: inclusion.value.index,
  };
  return ok(opened as VerifiedSnapshot);
}

/** What a manifest says of itself: news of the ledger counts from its size on, and its time bounds how long it is used. */
function checkClaims(
  { layers, publishedMs, expiresMs }: Manifest,
  { size }: VerifiedCheckpoint,
): Result<undefined, 'malformed'> {
  const folded = layers.at(-1)?.logSize;
  if (folded !== size) return err('malformed', `layers over ${folded} entries of ${size}`);
  const validMs = expiresMs - publishedMs;
  return validMs > 0 && validMs <= SNAPSHOT_VALID_MS_MAX
    ? ok(undefined)
    : err('malformed', `good for ${validMs} ms`);
}

/**
 * Both logs only grow, and so does what is published of them: a later snapshot has a higher number, a higher place, no
 * fewer entries, and no earlier time. `isWithdrawn`: a time that was wrong may be why it was.
 */
export function whyOlder(
  next: VerifiedSnapshot,
  held: VerifiedSnapshot,
  isWithdrawn: boolean,
): string | undefined {
  const [after, before] = [next.manifest, held.manifest];
  if (after.number < before.number || next.leafIndex < held.leafIndex)
    return `snapshot ${after.number} after ${before.number}`;
  const [size, heldSize] = [next.ledgerCheckpoint.size, held.ledgerCheckpoint.size];
  if (size < heldSize) return `${size} entries after ${heldSize}`;
  if (!isWithdrawn && after.publishedMs < before.publishedMs)
    return `published at ${after.publishedMs} after ${before.publishedMs}`;
  return undefined;
}

/** A checkpoint's refusal in the words that screens have. */
export function snapshotError(error: CheckpointError | 'bad-proof', detail: string): Err<SnapshotError> {
  switch (error) {
    case 'no-known-key':
    case 'ambiguous-key':
    case 'not-signed-by-log':
    case 'wrong-origin':
      return { ok: false, error: 'unknown-key', detail };
    default:
      return { ok: false, error, detail };
  }
}
