// RFC 6962 hashing and proofs against the test data of transparency-dev/merkle.
import { describe, test } from 'vitest';
import { bytesToHex, parseBase64 } from '../../src/domain/bytes.ts';
import {
  checkConsistency,
  checkInclusion,
  leafHash,
  nodeHash,
  treeRoot,
} from '../../src/domain/ledger/merkle.ts';
import { vectorsDir } from '../support/vectors.ts';
import { type Case, casesOf, type Judge, score } from './ledger-score.ts';

type MerkleCase = Case & {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly leafHash: string;
  readonly root: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly input?: string;
  readonly inputs?: readonly string[];
  readonly left?: string;
  readonly right?: string;
  readonly leaves: readonly string[];
  readonly hex: string;
};

const NO_SUBTREES = 'subtree proofs are optional and not ours';

const judges: Readonly<Record<string, Judge<MerkleCase>>> = {
  inclusion: (one) => {
    const claim = { leafIndex: one.leafIdx, treeSize: one.treeSize, proof: (one.proof ?? []).map(base64) };
    const check = checkInclusion({ ...claim, leafHash: base64(one.leafHash), root: base64(one.root) });
    return check.ok === one.ok;
  },
  consistency: (one) => {
    const claim = { oldSize: one.size1, newSize: one.size2, proof: (one.proof ?? []).map(base64) };
    const check = checkConsistency({ ...claim, oldRoot: base64(one.root1), newRoot: base64(one.root2) });
    return check.ok === one.ok;
  },
  hash: (one) => {
    const [left, right] = one.inputs ?? [one.left, one.right];
    if (left !== undefined && right !== undefined)
      return bytesToHex(nodeHash(hex(left), hex(right))) === one.hex;
    return bytesToHex(one.input === undefined ? treeRoot([]) : leafHash(hex(one.input))) === one.hex;
  },
  root: (one) => bytesToHex(treeRoot(one.leaves.map((leaf) => leafHash(hex(leaf))))) === one.hex,
  subtreeinclusion: () => NO_SUBTREES,
  subtreeconsistency: () => NO_SUBTREES,
};

function base64(text: string): Uint8Array {
  const bytes = parseBase64(text);
  if (!bytes.ok) throw new Error(bytes.detail);
  return bytes.value;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

const folder = vectorsDir('tlog-merkle');

describe.skipIf(!folder)('tlog-merkle', () => {
  const cases = folder ? casesOf<MerkleCase>(folder, 'cases.jsonl') : [];
  test.each(Object.entries(judges))('%s', (suite, judge) => {
    score(
      `tlog-merkle/${suite}`,
      cases.filter((one) => one.suite === suite),
      judge,
    );
  });

  test('every suite is read', () => {
    const unread = cases.filter((one) => !(one.suite in judges));
    score('tlog-merkle, other suites', unread, () => false);
  });
});
