// One look at a ledger and its snapshot log: takes up the new leaves, rebuilds every manifest among them that is not
// voided, in their order, and says whether all that stands below the snapshot log's checkpoint is right. It stops at
// the first that is not; later ones are looked at once a void leaf retracts it.
import { createHash } from 'node:crypto';
import { utf8ToBytes } from '../../domain/bytes.ts';
import { openCheckpoint, type VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { type Policy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import { MANIFEST_BYTES_MAX } from '../../domain/limits.ts';
import { type Layer, type Manifest, parseManifest } from '../../domain/snapshot/manifest.ts';
import type { LogSource } from '../check/log-source.ts';
import { checkpointWords } from '../check/log-trust.ts';
import type { AuditFault } from './audit-fault.ts';
import type { AuditStore, JudgedManifest, StoredLeaf } from './audit-store.ts';
import { type Opened, readCheckpoint } from './log-reading.ts';
import { checkOrder, checkPlan, type ManifestPast, unsupported } from './manifest-order.ts';
import { compareFiles, compareLayer, compareManifest, knownLayers } from './rebuild.ts';
import { asOf, marketOf, replayTo, standsAt } from './replay.ts';
import { takeLeaves } from './snapshot-leaves.ts';
import { keepDigest, type ReplayedBefore } from './state-digests.ts';

export type AuditParts = {
  readonly ledger: LogSource;
  readonly snapshots: LogSource;
  readonly policy: Policy;
  readonly store: AuditStore;
  readonly clock: () => number;
  /** A signed note of the snapshot log beyond what is attested: looked into instead of the newest. */
  readonly wanted?: () => string | undefined;
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
export async function readHeads(parts: AuditParts): Promise<HeadsRead> {
  const { ledger, policy, store } = parts;
  const leaves = await readSnapshotHead(parts);
  if (leaves.fault) return leaves;
  const entries = await readCheckpoint(ledger, policy, store.seen('ledger'));
  if (entries.fault) return entries;
  if (!leaves.isOlder) store.putSeen('snapshots', leaves.checkpoint.note);
  store.putSeen('ledger', entries.checkpoint.note);
  return { heads: { ledger: entries.checkpoint, snapshots: leaves.checkpoint } };
}

async function readSnapshotHead({ snapshots, policy, store, wanted }: AuditParts): Promise<Opened> {
  const note = wanted?.();
  const newest = () => readCheckpoint(snapshots, policy, store.seen('snapshots'));
  if (note === undefined) return newest();
  const asked = await readCheckpoint(snapshots, policy, store.seen('snapshots'), note);
  // What was voided only after it has not been judged: vouching for it would be vouching for that.
  return asked.fault || !store.isVoidedSince(asked.checkpoint.size) ? asked : newest();
}

/** Undefined: every manifest below the checkpoint that is not voided is what the entries give. Throws SourceError. */
export async function audit(parts: AuditParts, heads: AuditedHeads): Promise<AuditFault | undefined> {
  const { store } = parts;
  const strange = await takeLeaves(parts, heads.snapshots);
  if (strange) return strange;
  let last = store.lastJudged();
  let ordinal = last?.number ?? 0;
  for (let index = (last?.leaf ?? -1) + 1; index < heads.snapshots.size; index++) {
    const stored = store.leaf(index);
    if (stored?.leaf.kind !== 'manifest') continue;
    ordinal += 1;
    if (isVoided(stored, heads.snapshots.size)) continue;
    const judged = await judge(parts, heads, { index, id: stored.leaf.id }, { ordinal, last });
    if ('code' in judged) return judged;
    last = judged;
  }
  return undefined;
}

type Leaf = { readonly index: number; readonly id: string };

/** Keeps what it finds right. */
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
  const read = await readManifest(snapshots, leaf);
  if (!read) return (await carry(parts, heads, leaf)) ?? of(gone(snapshots, leaf));
  if ('code' in read) return of(read);
  const { manifest, bytes } = read;
  const tooNew = unsupported(manifest);
  if (tooNew) return of(tooNew);

  const opened = openLedgerCheckpoint(parts.policy, heads.ledger.origin, manifest);
  if ('code' in opened) return of(opened);
  const { size } = opened;
  if (size > heads.ledger.size) {
    const words = `It was folded from ${size} entries; the ledger now says that there are ${heads.ledger.size}.`;
    return of({ code: 'bad-log', words, evidence: [opened.note, heads.ledger.note] });
  }
  const disorder =
    checkOrder(manifest, opened, past, parts.clock()) ?? (await misplanned(parts, leaf, manifest));
  if (disorder !== undefined) return of({ code: 'bad-manifest', words: `${capital(disorder)}.` });

  for (let at = knownLayers(manifest, store.lastRight()?.manifest); at < manifest.layers.length; at++) {
    const unread = await advance(parts, heads, (manifest.layers[at] as Layer).logSize);
    if (unread) return unread;
    const different = await store.attempt(() => compareLayer(store, manifest, at, snapshots));
    if (different) return of(different);
  }
  const unread = await advance(parts, heads, size);
  if (unread) return unread;
  const forked = standsAt(store, opened);
  if (forked) return of({ ...forked, evidence: [opened.note, heads.ledger.note] });
  const claim = { manifest, bytes, asOfMs: asOf(store), market: marketOf(store.lastEntry()) };
  const isLatest = leaf.index === lastStanding(store, heads.snapshots.size)?.index;
  const strange =
    compareManifest(claim) ?? (isLatest ? await compareFiles(store, manifest, snapshots) : undefined);
  if (strange) return of(strange);
  const other = keepDigest(store, size, claim.asOfMs, parts.before);
  if (other) return other;
  const { number, publishedMs } = manifest;
  const judged = { leaf: leaf.index, id: leaf.id, number, publishedMs, size };
  store.begin();
  store.putRight(bytes, manifest);
  store.putJudged(judged);
  store.commit();
  progress?.({ event: 'rebuilt', leaf: leaf.index, number: manifest.number, size });
  return judged;
}

/** Undefined where it is not published. Throws SourceError. */
async function readManifest(
  { read }: LogSource,
  { id }: Leaf,
): Promise<{ readonly manifest: Manifest; readonly bytes: Uint8Array } | AuditFault | undefined> {
  const bytes = await read(`manifest/${id}`, MANIFEST_BYTES_MAX);
  if (!bytes) return undefined;
  if (sha256(bytes) !== id)
    return { code: 'file-differs', words: `manifest/${id} does not have the hash in its name.` };
  const parsed = parseManifest(bytes);
  return parsed.ok
    ? { manifest: parsed.value, bytes }
    : { code: 'bad-manifest', words: `It is no manifest: ${parsed.detail}.` };
}

/** Held to the manifest that stood last when this one was made; where that can no longer be read, it cannot be told. */
async function misplanned(
  { store, snapshots }: AuditParts,
  { index }: Leaf,
  manifest: Manifest,
): Promise<string | undefined> {
  if (manifest.layers.length === 1) return undefined;
  // As the builder saw it: what was voided only later stood then.
  const before = lastStanding(store, index);
  if (!before) return checkPlan(manifest, undefined);
  const right = store.lastRight();
  if (right?.id === before.id) return checkPlan(manifest, right.manifest);
  const read = await readManifest(snapshots, before);
  return read && 'manifest' in read ? checkPlan(manifest, read.manifest) : undefined;
}

/** Of the manifests that stood when the snapshot log had so many leaves. */
function lastStanding(store: AuditStore, size: number): Leaf | undefined {
  for (let index = size - 1; index >= 0; index--) {
    const stored = store.leaf(index);
    if (stored?.leaf.kind === 'manifest' && !isVoided(stored, size)) return { index, id: stored.leaf.id };
  }
  return undefined;
}

function isVoided({ voidedBy }: StoredLeaf, size: number): boolean {
  return voidedBy !== undefined && voidedBy < size;
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
  parts.store.putJudged(known);
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

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
