// Bytes and their spellings. Everything that is hashed or signed passes through here, so each decoder accepts one
// spelling only: two texts for the same bytes would be two identities for the same thing.
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { assert, err, ok, type Result } from './result.ts';

export { bytesToHex, concatBytes, utf8ToBytes };

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Order of byte strings as unsigned numbers, shorter first on a tie: the order of keys in a snapshot. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Lower-case hex of exactly `byteLength` bytes. */
export function parseHex(text: unknown, byteLength: number): Result<Uint8Array, 'malformed'> {
  if (typeof text !== 'string' || text.length !== byteLength * 2 || !/^[0-9a-f]*$/.test(text))
    return err('malformed', `not ${byteLength} bytes of lower-case hex`);
  return ok(hexToBytes(text));
}

/** RFC 4648 s4 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const present = Math.min(3, bytes.length - i);
    for (let k = 0; k < 4; k++) text += k <= present ? BASE64.charAt((word >> (18 - 6 * k)) & 63) : '=';
  }
  return text;
}

const BASE64_VALUES = new Map([...BASE64].map((character, value) => [character, value]));

/** RFC 4648 s4, strict: padding required, no white space, unused bits zero (s3.5). */
export function parseBase64(text: string): Result<Uint8Array, 'malformed'> {
  const match = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text);
  const body = match?.[1];
  if (body === undefined || text.length % 4 !== 0) return err('malformed', 'not base64');
  const bytes = new Uint8Array(Math.floor((body.length * 6) / 8));
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const character of body) {
    bits = ((bits << 6) | (BASE64_VALUES.get(character) as number)) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[at++] = (bits >> bitCount) & 0xff;
    }
  }
  if ((bits & ((1 << bitCount) - 1)) !== 0) return err('malformed', 'base64 with stray bits');
  return ok(bytes);
}

/** Decodes UTF-8 and refuses bytes that are not the canonical encoding of their text. */
export function parseUtf8(bytes: Uint8Array): Result<string, 'malformed'> {
  // Most of what is read is ASCII, which needs no decoding.
  const plain = asciiPrefix(bytes);
  let text = plain;
  let i = plain.length;
  while (i < bytes.length) {
    const lead = bytes[i] as number;
    const extra = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + extra >= bytes.length)
      return err('malformed', 'not UTF-8');
    let point = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let k = 1; k <= extra; k++) {
      const next = bytes[i + k] as number;
      if ((next & 0xc0) !== 0x80) return err('malformed', 'not UTF-8');
      point = (point << 6) | (next & 0x3f);
    }
    const tooLong = (extra === 2 && point < 0x800) || (extra === 3 && point < 0x10000);
    if (tooLong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      return err('malformed', 'not UTF-8');
    text += String.fromCodePoint(point);
    i += extra + 1;
  }
  return ok(text);
}

/** Arguments of one call are bounded by the stack. */
const CHUNK_BYTES = 4_096;

function asciiPrefix(bytes: Uint8Array): string {
  let length = 0;
  while (length < bytes.length && (bytes[length] as number) < 0x80) length += 1;
  let text = '';
  for (let at = 0; at < length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, Math.min(length, at + CHUNK_BYTES));
    // Spreading would walk the bytes one by one.
    const part: string = Reflect.apply(String.fromCharCode, null, chunk);
    text += part;
  }
  return text;
}

/** Writes big-endian fields one after the other. */
export function createByteWriter(): {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  u64(value: number): void;
  raw(bytes: Uint8Array): void;
  done(): Uint8Array;
} {
  let held = new Uint8Array(256);
  let length = 0;

  /** Makes room, and answers where it starts. */
  function take(width: number): number {
    const at = length;
    length += width;
    if (length > held.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(held.subarray(0, at));
      held = larger;
    }
    return at;
  }

  function unsigned(value: number, width: number): void {
    assert(
      Number.isSafeInteger(value) && value >= 0 && value < 2 ** (8 * width),
      `${value} fits ${width} bytes`,
    );
    const at = take(width);
    let rest = value;
    for (let i = at + width - 1; i >= at; i--) {
      held[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  return {
    u8: (value) => unsigned(value, 1),
    u16: (value) => unsigned(value, 2),
    u32: (value) => unsigned(value, 4),
    u64: (value) => unsigned(value, 8),
    raw(bytes) {
      const at = take(bytes.length);
      held.set(bytes, at);
    },
    done: () => held.slice(0, length),
  };
}

/**
 * Reads big-endian fields. Past the end it yields zeros and `failed()` turns true, so that a parser checks once,
 * at its end, instead of at each field.
 */
export function createByteReader(bytes: Uint8Array): {
  u8(): number;
  u16(): number;
  u32(): number;
  u64(): number;
  raw(length: number): Uint8Array;
  failed(): boolean;
  atEnd(): boolean;
} {
  let at = 0;
  let broken = false;
  function raw(length: number): Uint8Array {
    if (broken || length > bytes.length - at) {
      broken = true;
      return new Uint8Array(Math.min(length, 64));
    }
    at += length;
    return bytes.subarray(at - length, at);
  }
  function unsigned(width: number): number {
    let value = 0;
    for (const byte of raw(width)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) broken = true;
    return broken ? 0 : value;
  }
  return {
    u8: () => unsigned(1),
    u16: () => unsigned(2),
    u32: () => unsigned(4),
    u64: () => unsigned(8),
    raw,
    failed: () => broken,
    atEnd: () => !broken && at === bytes.length,
  };
}
