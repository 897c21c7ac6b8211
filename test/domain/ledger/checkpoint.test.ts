import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  type CheckpointTrust,
  encodeCheckpoint,
  logId,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from '../../../src/domain/ledger/checkpoint.ts';
import { EMPTY_ROOT } from '../../../src/domain/ledger/merkle.ts';
import {
  COSIGNATURE_KEY,
  cosignerOf,
  createSignerKey,
  SIGNATURE_KEY,
  signerOf,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';

const SEED = 20260924;
const ORIGIN = 'ledger.example/de';

const log = createSignerKey(ORIGIN, SIGNATURE_KEY, new Uint8Array(32).fill(1));
const witness = createSignerKey('witness.example', COSIGNATURE_KEY, new Uint8Array(32).fill(2));
const stranger = createSignerKey('stranger.example', SIGNATURE_KEY, new Uint8Array(32).fill(3));

const checkpoint = { origin: ORIGIN, size: 70_000, root: new Uint8Array(32).fill(9), extension: '' };
const trust: CheckpointTrust = {
  origin: ORIGIN,
  logKeys: [verifierOf(log)],
  witnesses: [verifierOf(witness)],
  quorum: NO_QUORUM,
};
const witnessed = { ...trust, quorum: { kind: 'witness', key: verifierOf(witness) } as const };
const signers = [signerOf(log), cosignerOf(witness, 1_700_000_000)];

const open = (note: string, by: CheckpointTrust = trust) => openCheckpoint(utf8ToBytes(note), by);

describe('openCheckpoint', () => {
  test('gives what was signed, by whom and when', () => {
    const opened = open(signCheckpoint(checkpoint, [...signers, signerOf(stranger)]), witnessed);
    expect(opened).toMatchObject({ ok: true, value: checkpoint });
    if (!opened.ok) return;
    expect(opened.value.cosigners).toEqual([
      { name: 'witness.example', keyId: witness.keyId, timeSeconds: 1_700_000_000 },
    ]);
    // Kept as evidence: the signed text with the signatures that held, and no stranger's.
    expect(opened.value.note).toBe(signCheckpoint(checkpoint, signers));
    expect(open(opened.value.note, witnessed).ok).toBe(true);
  });

  test('a cosignature alone opens a mirror that is trusted as the log', () => {
    const note = signCheckpoint(checkpoint, [cosignerOf(witness, 5)]);
    expect(open(note)).toMatchObject({ error: 'not-signed-by-log' });
    expect(open(note, { ...trust, logKeys: [verifierOf(witness)] }).ok).toBe(true);
  });

  test('refuses each lack for its own reason', () => {
    const note = signCheckpoint(checkpoint, signers);
    expect(open(note, { ...trust, origin: 'ledger.example/fr' })).toMatchObject({ error: 'wrong-origin' });
    expect(open(signCheckpoint(checkpoint, [signerOf(stranger)]))).toMatchObject({ error: 'no-known-key' });
    expect(open(note.replace('70000', '70001'))).toMatchObject({ error: 'bad-signature' });
    expect(open(signCheckpoint(checkpoint, [signerOf(log)]), witnessed)).toMatchObject({
      error: 'quorum-missed',
    });
    const empty = { ...checkpoint, size: 0 };
    expect(open(signCheckpoint(empty, signers))).toMatchObject({ error: 'malformed' });
    expect(open(signCheckpoint({ ...empty, root: EMPTY_ROOT }, signers)).ok).toBe(true);
  });

  test('every truncation and every flipped byte is refused or opens to the same checkpoint', () => {
    const bytes = utf8ToBytes(signCheckpoint(checkpoint, signers));
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ 0x01;
      for (const mangled of [bytes.slice(0, at), flipped]) {
        const opened = openCheckpoint(mangled, trust);
        if (opened.ok) expect(opened.value).toMatchObject(checkpoint);
        expect(openCheckpoint(mangled, witnessed).ok).toBe(false);
      }
    }
  });
});

describe('parseCheckpoint', () => {
  const text = encodeCheckpoint(checkpoint);

  test.each([
    ['nothing', ''],
    ['no origin', '\n1\nAAAA\n'],
    ['two lines', 'a\n1\n'],
    ['an unfinished root', 'a\n1\nAAAA'],
    ['an empty root', 'a\n1\n\n'],
    ['a root that is not base64', 'a\n1\n!!!!\n'],
    ['a root with stray bits', 'a\n1\nAAB=\n'],
    ['a leading zero', 'a\n01\nAAAA\n'],
    ['a sign', 'a\n-1\nAAAA\n'],
    ['a plus', 'a\n+1\nAAAA\n'],
    ['a fraction', 'a\n1.0\nAAAA\n'],
    ['an exponent', 'a\n1e3\nAAAA\n'],
    ['a space', 'a\n 1\nAAAA\n'],
    ['a size beyond 2^53', 'a\n9007199254740992\nAAAA\n'],
    ['a size beyond everything', `a\n${'9'.repeat(400)}\nAAAA\n`],
    ['other digits', 'a\n١\nAAAA\n'],
    ['a carriage return', 'a\r\n1\r\nAAAA\r\n'],
    ['an empty extension line', 'a\n1\nAAAA\n\n'],
    ['an empty line between extension lines', 'a\n1\nAAAA\nx\n\ny\n'],
  ])('malformed: %s', (_, body) => {
    expect(parseCheckpoint(body)).toMatchObject({ error: 'malformed' });
  });

  test('what encodes comes back, extension lines as they stand', () => {
    const origin = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((s) => !/[\x00-\x1f]|\p{Surrogate}/u.test(s));
    const root = fc.uint8Array({ minLength: 1, maxLength: 64 });
    const extension = fc.constantFrom('', 'one line\n', 'two\nlines\n');
    fc.assert(
      fc.property(origin, fc.maxSafeNat(), root, extension, (origin, size, root, extension) => {
        const value = { origin, size, root, extension };
        expect(parseCheckpoint(encodeCheckpoint(value))).toEqual({ ok: true, value });
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('whatever parses after mangling encodes back to itself', () => {
    for (let at = 0; at < text.length; at++)
      for (const mangled of [
        text.slice(0, at),
        ...['\n', '0', '=', '\u0000', 'é'].map((c) => replaced(text, at, c)),
      ]) {
        const parsed = parseCheckpoint(mangled);
        if (parsed.ok) expect(encodeCheckpoint(parsed.value)).toBe(mangled);
      }
  });
});

test('a log has one name for files and keys', () => {
  expect(logId('go.sum database tree')).toBe(
    'a32d071739c062f4973f1db8cc1069f517428d77105962b285bbf918c4062591',
  );
});

function replaced(text: string, at: number, character: string): string {
  return text.slice(0, at) + character + text.slice(at + 1);
}
