// What a delta says of packs that layers below it hold: their new states. It is right for every pack issued so far
// whose key lies in the page's range, so that all but the changed ones are left alone; what it says of any other, a
// membership layer has to confirm.
import { concatBytes, createByteReader, createByteWriter } from '../bytes.ts';
import { assert } from '../result.ts';
import { HASH_WORDS, type PackHashes, type PackSet } from './pack-key.ts';
import type { ByteReader } from './ribbon.ts';
import { queryStatePair, readStatePair, type StatePair, sift } from './state-code.ts';
import { createStatePairDraft, type StatePairDraft, writeStatePair } from './state-code-build.ts';
import {
  createStateList,
  encodeStateList,
  queryStateList,
  readStateList,
  type StateList,
} from './state-list.ts';

const FORMS = ['none', 'list', 'pair'] as const;

export type Changes =
  | { readonly kind: 'none' }
  | { readonly kind: 'list'; readonly list: StateList }
  | { readonly kind: 'pair'; readonly pair: StatePair };

/** The code of the state that the pack has changed to, or -1. */
export function queryChanges(changes: Changes, hashes: PackHashes, at: number): number {
  if (changes.kind === 'none') return -1;
  return changes.kind === 'list'
    ? queryStateList(changes.list, hashes, at)
    : queryStatePair(changes.pair, hashes, at);
}

/** The part of a page that says nothing has changed. */
export const NO_CHANGES = Uint8Array.of(FORMS.indexOf('none'));

/** Changes to which the packs that have not changed are still being put. */
export type ChangesDraft = {
  readonly pair: StatePairDraft;
  /** Undefined once a pack that has not changed has turned out to share a key with one that has. */
  list: StateList | undefined;
};

/** For these changed packs (at least one) among `issued` in all, each of which is to be put to `looksChanged`. */
export function createChangesDraft(changed: PackSet, issued: number): ChangesDraft {
  const others = Math.max(0, issued - changed.states.length);
  return { pair: createStatePairDraft(changed, others), list: createStateList(changed) };
}

/** One that looks changed, but is not, must then be told apart. */
export function looksChanged({ pair, list }: ChangesDraft, hashes: PackHashes, at: number): boolean {
  return sift(pair.sieve, hashes, at) >= 0 || (list !== undefined && queryStateList(list, hashes, at) >= 0);
}

export function tellApart(draft: ChangesDraft, hashes: PackHashes, at: number): void {
  if (draft.list && queryStateList(draft.list, hashes, at) >= 0) draft.list = undefined;
  if (sift(draft.pair.sieve, hashes, at) >= 0) draft.pair.toJudge.push(hashes, at);
}

/** Layout: form u8 (0 no changes, 1 list, 2 pair), then the list or the pair. */
export function encodeChanges(draft: ChangesDraft): Uint8Array {
  const bytes = encodeSmaller(draft);
  const changes = readChanges(createByteReader(bytes));
  assert(changes && leavesAlone(changes, draft), 'what has not changed is left alone');
  return bytes;
}

function encodeSmaller({ pair, list }: ChangesDraft): Uint8Array {
  const writer = createByteWriter();
  writeStatePair(writer, pair);
  const pairBytes = writer.done();
  const listBytes = list && encodeStateList(list);
  return listBytes && listBytes.length < pairBytes.length
    ? concatBytes(Uint8Array.of(FORMS.indexOf('list')), listBytes)
    : concatBytes(Uint8Array.of(FORMS.indexOf('pair')), pairBytes);
}

// Every pack issued has been put to the sieve and to the list that are in these bytes. Only of those that the sieve let
// through is the answer still open.
function leavesAlone(changes: Changes, { pair }: ChangesDraft): boolean {
  const hashes = pair.toJudge.done();
  for (let i = pair.rareCount; i * HASH_WORDS < hashes.length; i++)
    if (queryChanges(changes, hashes, i) >= 0) return false;
  return true;
}

export function readChanges(reader: ByteReader): Changes | undefined {
  const form = FORMS[reader.u8()];
  if (form === 'none') return { kind: 'none' };
  const list = form === 'list' ? readStateList(reader) : undefined;
  const pair = form === 'pair' ? readStatePair(reader) : undefined;
  return list ? { kind: 'list', list } : pair && { kind: 'pair', pair };
}
