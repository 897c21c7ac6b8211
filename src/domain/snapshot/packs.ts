// Packs by the thousand, as the builder of a snapshot handles them: ids and states side by side in bytes, since an
// object for each pack of a country would not fit the memory.
import { hexToBytes } from '@noble/hashes/utils.js';
import { BLIND_ID_BYTES, type BlindId } from '../blinding.ts';
import { bytesToHex, concatBytes } from '../bytes.ts';
import { PACK_STATES, type PackState } from '../pack.ts';

/** Packs of one batch, by rising id: 16 bytes of id, and one byte, the state's place in PACK_STATES. */
export type PackedPacks = {
  readonly ids: Uint8Array;
  readonly states: Uint8Array;
};

export const NO_PACKS: PackedPacks = {
  ids: new Uint8Array(0),
  states: new Uint8Array(0),
};
export const LAST_ID: BlindId = 'ff'.repeat(BLIND_ID_BYTES);

export function slicePacks({ ids, states }: PackedPacks, from: number, to = states.length): PackedPacks {
  return {
    ids: ids.subarray(from * BLIND_ID_BYTES, to * BLIND_ID_BYTES),
    states: states.subarray(from, to),
  };
}

/** Those with ids from `first` to `last`, both included. */
export function packsBetween(packs: PackedPacks, first: BlindId, last: BlindId): PackedPacks {
  const to = last === LAST_ID ? packs.states.length : lowerBound(packs.ids, hexToBytes(idAfter(last)), 0);
  return slicePacks(packs, lowerBound(packs.ids, hexToBytes(first), 0), to);
}

export function holdsId(packs: PackedPacks, ids: Uint8Array, i: number): boolean {
  const at = lowerBound(packs.ids, ids, i);
  return at < packs.states.length && compareIds(packs.ids, at, ids, i) === 0;
}

/** How many of the ids are below the i-th of `others`. */
function lowerBound(ids: Uint8Array, others: Uint8Array, i: number): number {
  let low = 0;
  let high = ids.length / BLIND_ID_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(ids, middle, others, i) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Compares the i-th id of one list with the j-th of another. */
export function compareIds(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  for (let k = 0; k < BLIND_ID_BYTES; k++) {
    const difference = (a[i * BLIND_ID_BYTES + k] as number) - (b[j * BLIND_ID_BYTES + k] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function idAt({ ids }: PackedPacks, i: number): BlindId {
  return bytesToHex(ids.subarray(i * BLIND_ID_BYTES, (i + 1) * BLIND_ID_BYTES));
}

export const idBefore = (id: BlindId): BlindId => shifted(id, -1n);
const idAfter = (id: BlindId): BlindId => shifted(id, 1n);

function shifted(id: BlindId, by: bigint): BlindId {
  return (BigInt(`0x${id}`) + by).toString(16).padStart(id.length, '0');
}

/** Those at these places, which rise. */
export function pickPacks(packs: PackedPacks, places: readonly number[]): PackedPacks {
  if (places.length === 0) return NO_PACKS;
  const ids = new Uint8Array(places.length * BLIND_ID_BYTES);
  places.forEach((place, i) => {
    ids.set(packs.ids.subarray(place * BLIND_ID_BYTES, (place + 1) * BLIND_ID_BYTES), i * BLIND_ID_BYTES);
  });
  return { ids, states: Uint8Array.from(places, (place) => packs.states[place] as number) };
}

/** Packs of a few lists that follow one another. */
export function joinPacks(lists: readonly PackedPacks[]): PackedPacks {
  return {
    ids: concatBytes(...lists.map(({ ids }) => ids)),
    states: concatBytes(...lists.map(({ states }) => states)),
  };
}

/** Merges two lists without ids in common. */
export function mergePacks(a: PackedPacks, b: PackedPacks): PackedPacks {
  if (b.states.length === 0) return a;
  const count = a.states.length + b.states.length;
  const merged = {
    ids: new Uint8Array(count * BLIND_ID_BYTES),
    states: new Uint8Array(count),
  };
  let i = 0;
  let j = 0;
  while (i + j < count) {
    const fromA = j === b.states.length || (i < a.states.length && compareIds(a.ids, i, b.ids, j) < 0);
    const [source, at] = fromA ? [a, i] : [b, j];
    merged.ids.set(
      source.ids.subarray(at * BLIND_ID_BYTES, (at + 1) * BLIND_ID_BYTES),
      (i + j) * BLIND_ID_BYTES,
    );
    merged.states[i + j] = source.states[at] as number;
    if (fromA) i++;
    else j++;
  }
  return merged;
}

export type PackWithState = {
  readonly packId: BlindId;
  readonly state: PackState;
};

export function packPacks(packs: readonly PackWithState[]): PackedPacks {
  const ids = new Uint8Array(packs.length * BLIND_ID_BYTES);
  packs.forEach(({ packId }, i) => {
    ids.set(hexToBytes(packId), i * BLIND_ID_BYTES);
  });
  return {
    ids,
    states: Uint8Array.from(packs, ({ state }) => PACK_STATES.indexOf(state)),
  };
}
