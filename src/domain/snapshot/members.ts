// Which packs a page holds, and in which state: a ribbon of fingerprints, each with some bits of the pack's state beside
// it, or a plain list where that is smaller. A pack never issued passes a ribbon with probability 2^-f.
import { createByteWriter } from '../bytes.ts';
import { HASH_WORDS, type PackHashes, type PackSet } from './pack-key.ts';
import { type ByteReader, type ByteWriter, queryRibbon, type Ribbon, readRibbon } from './ribbon.ts';
import { writeRibbon } from './ribbon-build.ts';
import { readStateCode, type StateCode, stateOf } from './state-code.ts';
import { encodeStates } from './state-code-build.ts';
import {
  createStateList,
  encodeStateList,
  queryStateList,
  readStateList,
  type StateList,
} from './state-list.ts';

const TABLE = 0;
const FORMS = ['none', 'list', 'ribbon'] as const;
export const FINGERPRINT_BITS_MIN = 8;
/** With three bits of state these are the 25 bits that a ribbon's value can have. */
export const FINGERPRINT_BITS_MAX = 22;

export type Members =
  | { readonly kind: 'none' }
  | { readonly kind: 'list'; readonly list: StateList }
  | {
      readonly kind: 'ribbon';
      readonly fingerprintBits: number;
      readonly code: StateCode;
      readonly ribbon: Ribbon;
    };

/** The code of the state of a pack that the page holds, or -1. */
export function queryMembers(members: Members, hashes: PackHashes, at: number): number {
  if (members.kind === 'none') return -1;
  if (members.kind === 'list') return queryStateList(members.list, hashes, at);
  const { fingerprintBits, code, ribbon } = members;
  const value = queryRibbon(ribbon, hashes, at);
  if (value < 0 || value >>> code.bits !== fingerprintOf(hashes, at, fingerprintBits)) return -1;
  return stateOf(code, value, hashes, at);
}

function fingerprintOf(hashes: PackHashes, at: number, bits: number): number {
  return (hashes[at * HASH_WORDS + 3] as number) >>> (32 - bits);
}

/**
 * Layout: form u8 (0 no packs, 1 list, 2 ribbon); for a ribbon fingerprint bits u8, how states are told, and the ribbon
 * of fingerprints, each above its bits of state.
 */
export function writeMembers(writer: ByteWriter, packs: PackSet, fingerprintBits: number): void {
  if (packs.states.length === 0) {
    writer.u8(FORMS.indexOf('none'));
    return;
  }
  const ribbon = encodeFingerprints(packs, fingerprintBits);
  const list = createStateList(packs);
  const listed = list && encodeStateList(list);
  const smaller = listed && listed.length < ribbon.length ? listed : undefined;
  writer.u8(FORMS.indexOf(smaller ? 'list' : 'ribbon'));
  writer.raw(smaller ?? ribbon);
}

function encodeFingerprints(packs: PackSet, fingerprintBits: number): Uint8Array {
  const { bytes, bits, places } = encodeStates(packs);
  const values = new Int32Array(packs.states.length);
  for (let i = 0; i < values.length; i++) {
    const place = places[packs.states[i] as number] as number;
    values[i] = (fingerprintOf(packs.hashes, i, fingerprintBits) << bits) | place;
  }
  const writer = createByteWriter();
  writer.u8(fingerprintBits);
  writer.raw(bytes);
  writeRibbon(writer, { hashes: packs.hashes, values }, TABLE, fingerprintBits + bits);
  return writer.done();
}

export function readMembers(reader: ByteReader): Members | undefined {
  const form = FORMS[reader.u8()];
  if (form === 'ribbon') return readFingerprints(reader);
  const list = form === 'list' ? readStateList(reader) : undefined;
  return list ? { kind: 'list', list } : form === 'none' ? { kind: 'none' } : undefined;
}

function readFingerprints(reader: ByteReader): Members | undefined {
  const fingerprintBits = reader.u8();
  if (fingerprintBits < FINGERPRINT_BITS_MIN || fingerprintBits > FINGERPRINT_BITS_MAX) return undefined;
  const code = readStateCode(reader);
  const ribbon = code && readRibbon(reader, TABLE, fingerprintBits + code.bits);
  return code && ribbon && { kind: 'ribbon', fingerprintBits, code, ribbon };
}
