import { expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  cosign,
  encodeCosignature,
  parseCosignature,
  verifyCosignature,
} from '../../../src/domain/ledger/cosignature.ts';
import { COSIGNATURE_KEY, createSignerKey } from '../../../src/domain/ledger/note-key.ts';

const TIME_SECONDS = 1_679_315_147;
const key = createSignerKey('witness.example', COSIGNATURE_KEY, new Uint8Array(32).fill(3));
const text = utf8ToBytes('example.com/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n');
const bytes = cosign(text, key.seed, TIME_SECONDS);

test('carries its time, and comes back as it went', () => {
  const parsed = parseCosignature(bytes);
  expect(parsed.ok && parsed.value.timeSeconds).toBe(TIME_SECONDS);
  expect(parsed.ok && encodeCosignature(parsed.value)).toEqual(bytes);
  expect(verifyCosignature(text, bytes, key.publicKey)).toBe(true);
});

test('every truncation, every flipped byte (the time included) and any other text is refused', () => {
  for (let at = 0; at < bytes.length; at++) {
    expect(parseCosignature(bytes.slice(0, at)).ok).toBe(false);
    const mangled = bytes.slice();
    mangled[at] = (mangled[at] as number) ^ 0x10;
    expect(verifyCosignature(text, mangled, key.publicKey), `byte ${at}`).toBe(false);
  }
  expect(verifyCosignature(utf8ToBytes('x\n'), bytes, key.publicKey)).toBe(false);
  expect(parseCosignature(new Uint8Array(73)).ok).toBe(false);
  expect(parseCosignature(new Uint8Array(72).fill(0xff)).ok).toBe(false);
});
