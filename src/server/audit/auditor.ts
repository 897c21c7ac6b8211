// One look at a ledger and its snapshot log: takes up the new leaves, rebuilds every manifest among them that is not
// voided, in their order, and says whether all that stands below the snapshot log's checkpoint is right. It stops at
// the first that is not; later ones are looked at once a void leaf retracts it.
import { createHash } from 'node:crypto';
import { utf8ToBytes } from '../../domain/bytes.ts';
import { openCheckpoint, type VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { parseEntry } from '../../domain/ledger/entry.ts';
import { type Policy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import { MANIFEST_BYTES_MAX } from '../../domain/limits.ts';
import { type Manifest, parseManifest } from '../../domain/snapshot/manifest.ts';
import type { LogSource } from '../check/log-source.ts';
import { checkpointWords } from '../check/log-trust.ts';
import type { AuditFault } from './audit-fault.ts';
import type { AuditStore, JudgedManifest } from './audit-store.ts';
import { readCheckpoint } from './log-reading.ts';
import { checkOrder, type ManifestPast, saltsOf, unsupported } from './manifest-order.ts';
import { compareRebuilt } from './rebuild.ts';
import { marketOf, replayTo, standsAt } from './replay.ts';
import { takeLeaves } from './snapshot-leaves.ts';
import { keepDigest, type ReplayedBefore } from './state-digests.ts';

export type AuditParts = {
  readonly ledger: LogSource;
  readonly snapshots: LogSource;
  readonly policy: Policy;
  readonly store: AuditStore;
  readonly clock: () => number;
  readonly progress?: (step: AuditStep) => void;
  /** Of a replay that this one is compared with. */
  readonly before?: ReplayedBefore;
  /** Entries and packs between two commits; fewer in tests. */
  readonly stretchWork?: number;
};

export type AuditStep =
  | { readonly event: 'replayed'; readonly size: number; readonly of: number }
  | { readonly event: 'rebuilt'; readonly leaf: number; readonly number: number; readonly size: number }
  | { readonly event: 'carried'; readonly leaf: number; readonly number: number };

/** Checkpoints that grew from those seen before. */
export type AuditedHeads = { readonly ledger: VerifiedCheckpoint; readonly snapshots: VerifiedCheckpoint };

export type HeadsRead =
  | { readonly heads: AuditedHeads; readonly fault?: undefined }
  | { readonly fault: AuditFault };

/** The snapshot log's first: whatever its manifests were folded from is then no larger than the ledger read after it. */
export async function readHeads({ ledger, snapshots, policy, store }: AuditParts): Promise<HeadsRead> {
  const leaves = await readCheckpoint(snapshots, policy, store.seen('snapshots'));
  if (leaves.fault) return leaves;
  const entries = await readCheckpoint(ledger, policy, store.seen('ledger'));
  if (entries.fault) return entries;
  store.putSeen('snapshots', leaves.checkpoint.note);
  store.putSeen('ledger', entries.checkpoint.note);
  return { heads: { ledger: entries.checkpoint, snapshots: leaves.checkpoint } };
}

/** Undefined: every manifest below the checkpoint that is not voided is what the entries give. Throws SourceError. */
export async function audit(parts: AuditParts, heads: AuditedHeads): Promise<AuditFault | undefined> {
  const { store } = parts;
  const strange = await takeLeaves(parts, heads.snapshots);
  if (strange) return strange;
  let past = pastOf(store.lastJudged());
  for (let index = (store.lastJudged()?.leaf ?? -1) + 1; index < heads.snapshots.size; index++) {
    const stored = store.leaf(index);
    if (stored?.leaf.kind !== 'manifest') continue;
    past = { ...past, ordinal: past.ordinal + 1 };
    if (stored.isVoided) {
      past = await passVoided(parts, heads, stored.leaf.id, past);
      continue;
    }
    const judged = await judge(parts, heads, { index, id: stored.leaf.id }, past);
    if ('code' in judged) return judged;
    store.putJudged(judged);
    past = pastOf(judged);
  }
  return undefined;
}

function pastOf(last: JudgedManifest | undefined): ManifestPast {
  return { ordinal: last?.number ?? 0, last, voided: [], hasLostVoided: false };
}

type Leaf = { readonly index: number; readonly id: string };

async function judge(
  parts: AuditParts,
  heads: AuditedHeads,
  leaf: Leaf,
  past: ManifestPast,
): Promise<JudgedManifest | AuditFault> {
  const { store, snapshots, progress } = parts;
  const of = (fault: AuditFault): AuditFault => {
    const words = `Manifest ${past.ordinal} (leaf ${leaf.index}): ${fault.words}`;
    return { ...fault, words, leaf: leaf.index };
  };
  const bytes = await snapshots.read(`manifest/${leaf.id}`, MANIFEST_BYTES_MAX);
  if (!bytes) return (await carry(parts, heads, leaf)) ?? of(gone(snapshots, leaf));
  if (sha256(bytes) !== leaf.id)
    return of({ code: 'file-differs', words: `manifest/${leaf.id} does not have the hash in its name.` });
  const parsed = parseManifest(bytes);
  if (!parsed.ok) return of({ code: 'bad-manifest', words: `It is no manifest: ${parsed.detail}.` });
  const manifest = parsed.value;
  const tooNew = unsupported(manifest);
  if (tooNew) return of(tooNew);

  const opened = openLedgerCheckpoint(parts.policy, heads.ledger.origin, manifest);
  if ('code' in opened) return of(opened);
  const { size } = opened;
  if (size > heads.ledger.size) {
    const words = `It was folded from ${size} entries; the ledger now says that there are ${heads.ledger.size}.`;
    return of({ code: 'bad-log', words, evidence: [opened.note, heads.ledger.note] });
  }
  const disorder = checkOrder(manifest, opened, past, parts.clock());
  if (disorder !== undefined) return of({ code: 'bad-manifest', words: `${capital(disorder)}.` });

  const unread = await advance(parts, heads, size);
  if (unread) return unread;
  const forked = standsAt(store, opened);
  if (forked) return of({ ...forked, evidence: [opened.note, heads.ledger.note] });
  const isLatest = leaf.index === lastManifest(store, heads.snapshots.size);
  const claim = { manifest, bytes, size, asOfMs: asOf(store), market: marketOf(store.lastEntry()) };
  const compared = await compareRebuilt(store.state, claim, snapshots, isLatest);
  if ('code' in compared) return of(compared);
  const other = keepDigest(store, size, claim.asOfMs, parts.before);
  if (other) return other;
  progress?.({ event: 'rebuilt', leaf: leaf.index, number: manifest.number, size });
  const { number, publishedMs, salt } = manifest;
  return { leaf: leaf.index, id: leaf.id, number, publishedMs, salt, size };
}

/** A manifest that an earlier replay found right while it was still published. */
async function carry(
  parts: AuditParts,
  heads: AuditedHeads,
  leaf: Leaf,
): Promise<JudgedManifest | AuditFault | undefined> {
  const known = parts.before?.judged(leaf.index);
  if (known?.id !== leaf.id) return undefined;
  const unread = await advance(parts, heads, known.size);
  const other = unread ?? keepDigest(parts.store, known.size, asOf(parts.store), parts.before);
  if (other) return other;
  parts.progress?.({ event: 'carried', leaf: leaf.index, number: known.number });
  return known;
}

function gone({ place }: LogSource, { id }: Leaf): AuditFault {
  const words = `${place} has no manifest/${id} any more, so nobody can compare it. It has to be published again, or voided.`;
  return { code: 'gone', words };
}

/** A manifest that is voided now may have taken the state further than those after it say. */
async function advance(
  { ledger: source, store, progress, stretchWork }: AuditParts,
  { ledger }: AuditedHeads,
  size: number,
): Promise<AuditFault | undefined> {
  if (store.head('ledger').size() > size) {
    store.begin();
    store.restart();
    store.commit();
  }
  const tell = (at: number) => progress?.({ event: 'replayed', size: at, of: size });
  return replayTo({ source, store, ledger, stretchWork, progress: tell }, size);
}

function openLedgerCheckpoint(
  policy: Policy,
  origin: string,
  { checkpoint }: Manifest,
): VerifiedCheckpoint | AuditFault {
  const trust = trustUnderPolicy(policy, origin);
  const opened = trust.ok ? openCheckpoint(utf8ToBytes(checkpoint), trust.value) : trust;
  if (opened.ok) return opened.value;
  const words = `The checkpoint in it does not stand: ${checkpointWords(opened.error, opened.detail)}.`;
  return { code: 'bad-manifest', words };
}

/** What later manifests may have taken over from a voided one. */
async function passVoided(
  { policy, snapshots }: AuditParts,
  { ledger }: AuditedHeads,
  id: string,
  past: ManifestPast,
): Promise<ManifestPast> {
  const bytes = await snapshots.read(`manifest/${id}`, MANIFEST_BYTES_MAX);
  if (!bytes || sha256(bytes) !== id) return { ...past, hasLostVoided: true };
  const parsed = parseManifest(bytes);
  const opened = parsed.ok ? openLedgerCheckpoint(policy, ledger.origin, parsed.value) : undefined;
  if (!parsed.ok || !opened || 'code' in opened) return past;
  const { publishedMs, salt } = parsed.value;
  const isRight = saltsOf(publishedMs, opened.root, past)?.includes(salt) ?? false;
  return isRight ? { ...past, voided: [...past.voided, { publishedMs, salt }] } : past;
}

function lastManifest(store: AuditStore, size: number): number | undefined {
  for (let index = size - 1; index >= 0; index--) {
    const stored = store.leaf(index);
    if (stored?.leaf.kind === 'manifest' && !stored.isVoided) return index;
  }
  return undefined;
}

function asOf(store: AuditStore): number {
  const last = store.lastEntry();
  const entry = last && parseEntry(last);
  return entry?.ok ? entry.value.receiptTimeMs : 0;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
