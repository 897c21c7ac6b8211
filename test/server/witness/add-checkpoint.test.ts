import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOTE_BYTES_MAX } from '../../../src/domain/ledger/note.ts';
import {
  ADD_CHECKPOINT_BYTES_MAX,
  encodeAddCheckpoint,
  parseAddCheckpoint,
  parseSize,
} from '../../../src/server/witness/add-checkpoint.ts';
import { mangled } from '../../support/mangle.ts';
import { plainEntries, sampleLog } from '../../support/sample-log.ts';

const log = sampleLog(plainEntries(11));
const note = Buffer.from(log.checkpoint(11));
const body = encodeAddCheckpoint(3, log.consistency(3, 11), note);
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

describe('parseAddCheckpoint', () => {
  test('reads back what was written', () => {
    const parsed = parseAddCheckpoint(body);
    expect(parsed).toMatchObject({ ok: true, value: { oldSize: 3, proof: log.consistency(3, 11) } });
    expect(parsed.ok && parsed.value.claimed).toMatchObject({ origin: log.key.name, size: 11 });
    expect(parsed.ok && Buffer.from(parsed.value.note).equals(note)).toBe(true);
  });

  test.each([
    ['no body', ''],
    ['no old size', `\n\n${note}`],
    ['a word instead of the size', `old ten\n\n${note}`],
    ['a leading zero', `old 03\n\n${note}`],
    ['a sign', `old +3\n\n${note}`],
    ['two spaces', `old  3\n\n${note}`],
    ['a size beyond 2^53', `old 9007199254740992\n\n${note}`],
    ['a carriage return', `old 3\r\n\r\n${note}`],
    ['a proof line that is no base64', `old 3\n!\n\n${note}`],
    ['a hash of 31 bytes', `old 3\n${Buffer.alloc(31).toString('base64')}\n\n${note}`],
    ['64 hashes', `old 3\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n${note}`],
    ['no checkpoint', 'old 3\n\n'],
    ['no signature', `old 3\n\n${String(note).slice(0, String(note).indexOf('\n\n') + 1)}`],
    [
      'a root of 31 bytes',
      `old 3\n\n${String(note).replace(/\n[^\n]+=\n/, `\n${Buffer.alloc(31).toString('base64')}\n`)}`,
    ],
  ])('refuses %s', (_, text) => {
    expect(parseAddCheckpoint(bytesOf(text))).toMatchObject({ ok: false, error: 'malformed' });
  });

  test('takes 63 hashes', () => {
    const hashes = Array.from({ length: 63 }, () => new Uint8Array(32));
    expect(parseAddCheckpoint(encodeAddCheckpoint(3, hashes, note)).ok).toBe(true);
  });

  test('refuses a longer body before reading it', () => {
    expect(ADD_CHECKPOINT_BYTES_MAX).toBeGreaterThan(NOTE_BYTES_MAX);
    expect(parseAddCheckpoint(new Uint8Array(ADD_CHECKPOINT_BYTES_MAX + 1).fill(0x0a)).ok).toBe(false);
  });

  test('never throws on mangled bodies, nor on any bytes', () => {
    for (const bytes of mangled(body)) parseAddCheckpoint(bytes);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void parseAddCheckpoint(bytes)));
  });
});

test('parseSize takes one spelling for each size', () => {
  expect([parseSize('0'), parseSize('17'), parseSize('9007199254740991')]).toEqual([0, 17, 2 ** 53 - 1]);
  for (const text of ['', '00', '01', '-1', '1.0', '1e3', ' 1', '9007199254740992'])
    expect(parseSize(text)).toBe(undefined);
});
