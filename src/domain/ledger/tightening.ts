// Recalls, withdrawals and locks that are newer than a device's data. They only ever tighten, so each is applied from
// its own entry as soon as that is proven to stand in the log, without waiting for a snapshot or whoever attests one.
//
// Everyone with a session gets the entries whole, locks of other sites included, although a trail withholds those: a
// leaf is proven by the bytes it hashes, and without them a device could only take the server's word that a pack was
// locked. What they hold beyond the pack is the time of receipt and the actor's blinded ids, which name nobody; a
// changed app that keeps the epoch's master could test a guess at who it was. Recalls and withdrawals are open to all
// anyway. A device of ours keeps neither actor nor time of receipt, and shows when it heard of the lock itself.
import { sha256 } from '@noble/hashes/sha2.js';
import type { BlindId, BlindPack } from '../blinding.ts';
import { bytesToHex, encodeBase64, parseBase64, utf8ToBytes } from '../bytes.ts';
import { TIGHTENINGS_BYTES_MAX, TIGHTENINGS_MAX } from '../limits.ts';
import { OPERATIONS } from '../pack.ts';
import { err, ok, type Result } from '../result.ts';
import type { TighteningsResponse } from '../wire.ts';
import { parseEntry } from './entry.ts';
import { checkInclusion, leafHash } from './merkle.ts';

export const TIGHTENING_OPERATIONS = ['recall', 'withdraw', 'lock'] as const;

export type Tightening = {
  /** In the ledger's log. */
  readonly index: number;
  readonly operation: (typeof TIGHTENING_OPERATIONS)[number];
  readonly eventId: string;
  readonly productId: BlindId;
  /** What a recall is about; a withdrawal names none. */
  readonly batchId: BlindId;
  /** yyyymmdd of the packs locked, else 0. */
  readonly expiry: number;
  readonly packIds: readonly BlindId[];
};

/** The code of an entry v1's operation, its second byte. */
export const TIGHTENING_CODES: readonly number[] = TIGHTENING_OPERATIONS.map((each) =>
  OPERATIONS.indexOf(each),
);

export function isTightening(entry: Uint8Array): boolean {
  return TIGHTENING_CODES.includes(entry[1] ?? -1);
}

/** The log as it stands under one checkpoint; `entries` are the tightening ones from an index on, ascending. */
export type TighteningView<E extends string = never> = {
  readonly checkpoint: string;
  readonly entries: Iterable<{ readonly index: number; readonly bytes: Uint8Array }>;
  prove(index: number): Result<readonly Uint8Array[], E>;
};

/** What a ledger answers: as many as there is room for, and where to go on. */
export function tighteningsFrom<E extends string>(
  from: number,
  { checkpoint, entries, prove }: TighteningView<E>,
): Result<TighteningsResponse, E> {
  const sent: TighteningsResponse['entries'][number][] = [];
  let tagged = String(from);
  let room = TIGHTENINGS_BYTES_MAX;
  let next: number | null = null;
  for (const { index, bytes } of entries) {
    room -= bytes.length;
    if (sent.length === TIGHTENINGS_MAX || room < 0) {
      next = index;
      break;
    }
    const proof = prove(index);
    if (!proof.ok) return proof;
    sent.push({ index, entry: encodeBase64(bytes), proof: proof.value.map(encodeBase64) });
    tagged += `\n${index} ${bytesToHex(leafHash(bytes))}`;
  }
  const tag = bytesToHex(sha256(utf8ToBytes(`${tagged}\n${next}`)).subarray(0, 16));
  return ok({ checkpoint, entries: sent, next, tag });
}

/** Checks what was asked for from an index on: each entry is one that tightens and stands in the tree. */
export function openTightenings(
  { entries, next }: TighteningsResponse,
  from: number,
  tree: { readonly size: number; readonly root: Uint8Array },
): Result<readonly Tightening[], 'malformed' | 'bad-proof'> {
  const opened: Tightening[] = [];
  let least = from;
  for (const sent of entries) {
    if (sent.index < least) return err('malformed', `entry ${sent.index} out of order`);
    const tightening = openOne(sent, tree);
    if (!tightening.ok) return tightening;
    opened.push(tightening.value);
    least = sent.index + 1;
  }
  if (next !== null && (next < least || entries.length === 0))
    return err('malformed', 'nothing to go on from');
  return ok(opened);
}

function openOne(
  { index, entry: base64, proof }: TighteningsResponse['entries'][number],
  { size, root }: { readonly size: number; readonly root: Uint8Array },
): Result<Tightening, 'malformed' | 'bad-proof'> {
  const bytes = parseBase64(base64);
  if (!bytes.ok) return bytes;
  const entry = parseEntry(bytes.value);
  if (!entry.ok) return entry;
  const hashes: Uint8Array[] = [];
  for (const text of proof) {
    const hash = parseBase64(text);
    if (!hash.ok) return hash;
    hashes.push(hash.value);
  }
  const leaf = leafHash(bytes.value);
  const stands = checkInclusion({ leafIndex: index, treeSize: size, leafHash: leaf, root, proof: hashes });
  if (!stands.ok) return stands;
  const { eventId, productId, batchId, expiry, packIds } = entry.value;
  const operation = TIGHTENING_OPERATIONS.find((each) => each === entry.value.operation);
  if (!operation) return err('malformed', `entry ${index} does not tighten`);
  return ok({ index, operation, eventId, productId, batchId, expiry, packIds });
}

/** `expiry` is yyyymmdd as read from the pack: a lock under another one has no effect in the ledger. */
export function tightens(tightening: Tightening, pack: BlindPack, expiry: number): boolean {
  if (tightening.productId !== pack.productId) return false;
  if (tightening.operation === 'withdraw') return true;
  if (tightening.batchId !== pack.batchId) return false;
  return (
    tightening.operation === 'recall' ||
    (tightening.expiry === expiry && tightening.packIds.includes(pack.packId))
  );
}
