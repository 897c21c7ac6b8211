import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, utf8ToBytes } from '../../../src/domain/bytes.ts';
import { type CheckpointTrust, signCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { leafHash, treeRoot } from '../../../src/domain/ledger/merkle.ts';
import { createSignerKey, SIGNATURE_KEY, signerOf, verifierOf } from '../../../src/domain/ledger/note-key.ts';
import { encodeProofFile, openProofFile, parseProofFile } from '../../../src/domain/ledger/proof-file.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { proveInclusion } from '../../../src/domain/ledger/tile-proof.ts';

const SEED = 20260924;
const ORIGIN = 'ledger.example';
const key = createSignerKey(ORIGIN, SIGNATURE_KEY, new Uint8Array(32).fill(1));
const trust: CheckpointTrust = {
  origin: ORIGIN,
  logKeys: [verifierOf(key)],
  witnesses: [],
  quorum: NO_QUORUM,
};

const SIZE = 11;
const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(Uint8Array.of(i)));
const checkpoint = signCheckpoint({ origin: ORIGIN, size: SIZE, root: treeRoot(leaves), extension: '' }, [
  signerOf(key),
]);

function proofOf(index: number, extra?: Uint8Array) {
  const tile = new Uint8Array(SIZE * 32);
  for (const [i, hash] of leaves.entries()) tile.set(hash, i * 32);
  const proof = proveInclusion(index, SIZE, () => tile);
  if (!proof.ok) throw new Error(proof.detail);
  return { extra, index, proof: proof.value, checkpoint };
}

const file = encodeProofFile(proofOf(5));
const lines = file.split('\n');

describe('openProofFile', () => {
  test('shows that each entry is in the log', () => {
    for (const [index, hash] of leaves.entries()) {
      const bytes = utf8ToBytes(encodeProofFile(proofOf(index, Uint8Array.of(1, 2))));
      const opened = openProofFile(bytes, hash, trust);
      expect(opened.ok && opened.value.index).toBe(index);
      expect(opened.ok && opened.value.checkpoint.size).toBe(SIZE);
      expect(openProofFile(bytes, leafHash(Uint8Array.of(99)), trust)).toMatchObject({ error: 'bad-proof' });
    }
  });

  test('an untrusted log proves nothing', () => {
    const hash = leaves[5] as Uint8Array;
    expect(openProofFile(utf8ToBytes(file), hash, { ...trust, logKeys: [] })).toMatchObject({
      error: 'no-known-key',
    });
    expect(openProofFile(utf8ToBytes(file), hash, { ...trust, origin: 'x' })).toMatchObject({
      error: 'wrong-origin',
    });
  });

  test('every truncation and every flipped byte is refused', () => {
    const bytes = utf8ToBytes(file);
    const hash = leaves[5] as Uint8Array;
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ 0x01;
      expect(openProofFile(bytes.slice(0, at), hash, trust).ok, `cut at ${at}`).toBe(false);
      expect(openProofFile(flipped, hash, trust).ok, `byte ${at}`).toBe(false);
    }
  });
});

describe('parseProofFile', () => {
  test('has the lines of the specification', () => {
    expect(lines.slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 5']);
    expect(file.endsWith(`\n\n${checkpoint}`)).toBe(true);
    const withExtra = encodeProofFile(proofOf(5, utf8ToBytes('pack')));
    expect(withExtra.split('\n')[1]).toBe('extra cGFjaw==');
  });

  test('comes back as it went; a tree of one leaf has an empty path', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const extra = fc.option(fc.uint8Array({ minLength: 1, maxLength: 100 }), { nil: undefined });
    fc.assert(
      fc.property(extra, fc.maxSafeNat(), fc.array(hash, { maxLength: 53 }), (extra, index, proof) => {
        const value = { extra, index, proof, checkpoint };
        expect(parseProofFile(utf8ToBytes(encodeProofFile(value)))).toEqual({ ok: true, value });
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test.each([
    ['nothing', ''],
    ['another version', file.replace('@v1', '@v2')],
    ['no index', file.replace('index 5\n', '')],
    ['a leading zero', file.replace('index 5', 'index 05')],
    ['a sign', file.replace('index 5', 'index -5')],
    ['two spaces', file.replace('index 5', 'index  5')],
    ['an index beyond 2^53', file.replace('index 5', 'index 9007199254740992')],
    ['extra after the index', file.replace('index 5\n', 'index 5\nextra AAAA\n')],
    ['extra that is not base64', file.replace('index 5\n', 'extra !\nindex 5\n')],
    ['extra without a space', file.replace('index 5\n', 'extra\nindex 5\n')],
    ['extra twice', file.replace('index 5\n', 'extra AAAA\nextra AAAA\nindex 5\n')],
    ['a short hash', file.replace(lines[2] as string, 'AAAA')],
    ['54 hashes', file.replace('index 5\n', `index 5\n${`${lines[2]}\n`.repeat(54)}`)],
    ['carriage returns', file.replaceAll('\n', '\r\n')],
    ['no checkpoint', file.slice(0, file.indexOf('\n\n') + 2)],
    ['no blank line', file.replace('\n\n', '\n')],
    ['too many bytes', file.replace('index', `extra ${'A'.repeat(400_000)}\nindex`)],
  ])('malformed: %s', (_, text) => {
    expect(parseProofFile(utf8ToBytes(text))).toMatchObject({ error: 'malformed' });
  });

  test('whatever parses after mangling encodes back to itself', () => {
    const bytes = utf8ToBytes(encodeProofFile(proofOf(5, Uint8Array.of(7))));
    for (let at = 0; at < bytes.length; at++)
      for (const mask of [0x01, 0x04, 0x80]) {
        const mangled = bytes.slice();
        mangled[at] = (mangled[at] as number) ^ mask;
        const parsed = parseProofFile(mangled);
        if (parsed.ok) expect(equalBytes(utf8ToBytes(encodeProofFile(parsed.value)), mangled)).toBe(true);
      }
  });
});
