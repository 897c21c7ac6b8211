import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  openCheckpoint,
  signCheckpoint,
  type VerifiedCheckpoint,
} from '../../../src/domain/ledger/checkpoint.ts';
import { checkSuccessor } from '../../../src/domain/ledger/follow.ts';
import { leafHash, treeRoot } from '../../../src/domain/ledger/merkle.ts';
import { createSignerKey, SIGNATURE_KEY, signerOf, verifierOf } from '../../../src/domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { proveConsistency } from '../../../src/domain/ledger/tile-proof.ts';

const SEED = 20260924;
const ORIGIN = 'ledger.example';
const key = createSignerKey(ORIGIN, SIGNATURE_KEY, new Uint8Array(32).fill(1));

function history(mark: number): Uint8Array[] {
  return Array.from({ length: 200 }, (_, i) => leafHash(Uint8Array.of(i, i < 100 ? 0 : mark)));
}

function at(size: number, leaves = honest, origin = ORIGIN): VerifiedCheckpoint {
  const root = treeRoot(leaves.slice(0, size));
  const note = signCheckpoint({ origin, size, root, extension: '' }, [signerOf(key)]);
  const trust = { origin, logKeys: [verifierOf(key)], witnesses: [], quorum: NO_QUORUM };
  const opened = openCheckpoint(utf8ToBytes(note), trust);
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value;
}

function proof(oldSize: number, newSize: number, leaves = honest): readonly Uint8Array[] {
  const tile = new Uint8Array(leaves.length * 32);
  for (const [i, hash] of leaves.entries()) tile.set(hash, i * 32);
  const proven = proveConsistency(oldSize, newSize, ({ width }) => tile.subarray(0, width * 32));
  if (!proven.ok) throw new Error(proven.detail);
  return proven.value;
}

const honest = history(0);
const rewritten = history(1);

describe('checkSuccessor', () => {
  test('the first checkpoint is taken as it is', () => {
    expect(checkSuccessor(undefined, at(7), [])).toEqual({ ok: true, value: { kind: 'first' } });
  });

  test('growth with its proof, from any size', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const value = from === to ? { kind: 'same' } : { kind: 'grown', leaves: to - from };
        expect(checkSuccessor(at(from), at(to), proof(from, to))).toEqual({ ok: true, value });
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test('a rewritten history never follows, whichever proof comes with it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 101, max: 200 }), fc.integer({ min: 101, max: 200 }), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        for (const leaves of [honest, rewritten])
          expect(checkSuccessor(at(from), at(to, rewritten), proof(from, to, leaves)).ok).toBe(false);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test('a refusal says what happened and keeps both signed notes', () => {
    const seen = at(150);
    const fork = checkSuccessor(seen, at(150, rewritten), []);
    expect(fork).toMatchObject({ error: 'forked', evidence: [seen.note, at(150, rewritten).note] });
    expect(checkSuccessor(seen, at(149), [])).toMatchObject({ error: 'rolled-back' });
    expect(checkSuccessor(seen, at(151), [])).toMatchObject({ error: 'bad-proof' });
    expect(checkSuccessor(at(0), at(1), proof(1, 2))).toMatchObject({ error: 'bad-proof' });
  });

  test('another log is a bug of the caller, not an outcome', () => {
    expect(() => checkSuccessor(at(1), at(2, honest, 'other.example'), [])).toThrow('assertion');
  });
});
