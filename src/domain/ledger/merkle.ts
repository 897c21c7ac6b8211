// RFC 6962 Merkle trees over SHA-256: hashing, and the two checks that every reader of the log makes - this entry is
// in the tree, and this tree only grew from that one. Proofs come from outside, so nothing here throws on them.
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes } from '../bytes.ts';
import { err, ok, type Result } from '../result.ts';

export const HASH_BYTES = 32;

/** RFC 6962 s2.1: the root of a tree without leaves is the hash of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

/** RFC 6962 s2.1: leaf and node hashes start with different bytes, or a node could pose as a leaf. */
export function leafHash(entry: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + entry.length);
  message.set(entry, 1);
  return sha256(message);
}

/** Two hashes of 32 bytes; what comes from outside has its length checked before it gets here. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + left.length + right.length);
  message[0] = 1;
  message.set(left, 1);
  message.set(right, 1 + left.length);
  return sha256(message);
}

/** The root over leaf hashes, in one pass: one pending subtree root for each set bit of the count. */
export function treeRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  const pending: Uint8Array[] = [];
  for (let i = 0; i < leafHashes.length; i++) {
    let hash = leafHashes[i] as Uint8Array;
    for (let rest = i; rest % 2 === 1; rest = Math.floor(rest / 2))
      hash = nodeHash(pending.pop() as Uint8Array, hash);
    pending.push(hash);
  }
  return foldRight(pending);
}

/** Joins subtree roots, largest first, into the root above them (RFC 6962 s2.1, a tree that is not full). */
export function foldRight(subtreeRoots: readonly Uint8Array[]): Uint8Array {
  let root: Uint8Array | undefined;
  for (let i = subtreeRoots.length - 1; i >= 0; i--) {
    const left = subtreeRoots[i] as Uint8Array;
    root = root === undefined ? left : nodeHash(left, root);
  }
  return root ?? EMPTY_ROOT;
}

export type InclusionClaim = {
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  /** From the leaf's sibling up to the root's child, 32 bytes each. */
  readonly proof: readonly Uint8Array[];
};

/** RFC 9162 s2.1.3.2. The loop ends after as many hashes as the tree is high, however many were sent. */
export function checkInclusion(claim: InclusionClaim): Result<undefined, 'bad-proof'> {
  const { leafIndex, treeSize, proof } = claim;
  if (!isTreeSize(leafIndex) || !isTreeSize(treeSize) || leafIndex >= treeSize)
    return err('bad-proof', 'the index lies outside the tree');
  if (claim.leafHash.length !== HASH_BYTES) return err('bad-proof', 'the leaf hash has a wrong length');
  let index = leafIndex;
  let last = treeSize - 1;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== HASH_BYTES) return err('bad-proof', 'the proof has a wrong shape');
    if (index % 2 === 1 || index === last) {
      hash = nodeHash(sibling, hash);
      // A right edge node without a sibling on a level passes unchanged to the level above.
      while (index % 2 === 0 && index !== 0) [index, last] = [index / 2, half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [index, last] = [half(index), half(last)];
  }
  return last === 0 && equalBytes(hash, claim.root) ? ok(undefined) : err('bad-proof');
}

export type ConsistencyClaim = {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/**
 * RFC 9162 s2.1.4.2. A claim about growth from an empty tree is refused, because it says nothing: whoever accepts
 * one (a first checkpoint, say) does so knowingly, without this check.
 */
export function checkConsistency(claim: ConsistencyClaim): Result<undefined, 'bad-proof'> {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize === 0 || oldSize > newSize)
    return err('bad-proof', 'no proof exists between these sizes');
  if (oldSize === newSize)
    return proof.length === 0 && equalBytes(oldRoot, newRoot) ? ok(undefined) : err('bad-proof');
  let index = oldSize - 1;
  let last = newSize - 1;
  while (index % 2 === 1) [index, last] = [half(index), half(last)];
  // An old tree that is a full subtree of the new one is not repeated in the proof: it is the old root itself.
  const path = index === 0 ? [oldRoot, ...proof.slice(0, proofHashesMax)] : proof;
  const seed = path[0];
  if (seed === undefined || seed.length !== HASH_BYTES || proof.length === 0)
    return err('bad-proof', 'the proof is empty or has a wrong shape');
  let oldHash = seed;
  let newHash = seed;
  for (let i = 1; i < path.length; i++) {
    const sibling = path[i] as Uint8Array;
    if (last === 0 || sibling.length !== HASH_BYTES) return err('bad-proof', 'the proof has a wrong shape');
    if (index % 2 === 1 || index === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (index % 2 === 0 && index !== 0) [index, last] = [index / 2, half(last)];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [index, last] = [half(index), half(last)];
  }
  const holds = last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, newRoot);
  return holds ? ok(undefined) : err('bad-proof');
}

/** Sizes are below 2^53, so a path has at most 53 levels; one hash more is already a wrong proof. */
const proofHashesMax = 64;

/** Sizes and indexes are safe integers, below 2^53. */
export function isTreeSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

// Sizes pass 2^32, where JavaScript's shifts would wrap.
function half(value: number): number {
  return Math.floor(value / 2);
}
