import { expect, test } from 'vitest';
import { encodeBase64, parseBase64 } from '../../../src/domain/bytes.ts';
import { encodeEntry, entriesOf } from '../../../src/domain/ledger/entry.ts';
import { leafHash } from '../../../src/domain/ledger/merkle.ts';
import {
  isTightening,
  openTightenings,
  tighteningsFrom,
  tightens,
} from '../../../src/domain/ledger/tightening.ts';
import { tilePath } from '../../../src/domain/ledger/tile.ts';
import { proveInclusion } from '../../../src/domain/ledger/tile-proof.ts';
import { createTreeHead } from '../../../src/domain/ledger/tree-head.ts';
import { ENTRY_PACKS_MAX, TIGHTENINGS_MAX } from '../../../src/domain/limits.ts';
import type { Operation, Pack } from '../../../src/domain/pack.ts';
import { ok } from '../../../src/domain/result.ts';
import type { TighteningsResponse } from '../../../src/domain/wire.ts';
import { mangled } from '../../support/mangle.ts';
import { blindEvent, blindPack, PACK, packs, sampleEvent } from '../../support/sample-events.ts';

const RECALL = { batches: [{ productCode: PACK.productCode, batch: PACK.batch }] };
const WITHDRAWAL = { batches: [{ productCode: PACK.productCode, batch: null }] };

function entry(operation: Operation, on: readonly Pack[] = [], change = {}): Uint8Array {
  const event = sampleEvent(operation, on, change);
  const sequenced = { receiptTimeMs: 1, undoesIndex: undefined };
  const [first] = entriesOf(event, 'ab'.repeat(32), blindEvent(event), sequenced);
  if (!first) throw new Error('an event has an entry');
  return encodeEntry(first);
}

/** A log of these entries, and what it answers. */
function logOf(entries: readonly Uint8Array[]) {
  const head = createTreeHead();
  const full = entries.flatMap((each) => head.append(leafHash(each)));
  const tiles = new Map([...full, ...head.partialTiles()].map(({ tile, bytes }) => [tilePath(tile), bytes]));
  const tree = { size: head.size(), root: head.root() };
  const answer = (from: number): TighteningsResponse => {
    const found = entries.flatMap((bytes, index) =>
      index >= from && isTightening(bytes) ? [{ index, bytes }] : [],
    );
    const prove = (index: number) => {
      const proof = proveInclusion(index, tree.size, (tile) => tiles.get(tilePath(tile)));
      if (!proof.ok) throw new Error(proof.detail);
      return ok(proof.value);
    };
    const made = tighteningsFrom(from, { checkpoint: 'a checkpoint', entries: found, prove });
    if (!made.ok) throw new Error('always proven');
    return made.value;
  };
  return { tree, answer };
}

const LOG = logOf([
  entry('commission', packs(3)),
  entry('recall', [], RECALL),
  entry('supply', [PACK]),
  entry('lock', [PACK]),
  entry('withdraw', [], WITHDRAWAL),
]);

test('recalls, withdrawals and locks are answered and opened, nothing else', () => {
  const opened = openTightenings(LOG.answer(0), 0, LOG.tree);
  expect(opened.ok && opened.value.map(({ index, operation }) => [index, operation])).toEqual([
    [1, 'recall'],
    [3, 'lock'],
    [4, 'withdraw'],
  ]);
  expect(LOG.answer(2).entries.map(({ index }) => index)).toEqual([3, 4]);
  expect(openTightenings(LOG.answer(5), 5, LOG.tree)).toEqual(ok([]));
});

test('the tag changes with what is answered, and with nothing else', () => {
  expect(LOG.answer(2).tag).toBe(LOG.answer(2).tag);
  const tags = new Set([0, 1, 2, 3, 4, 5].map((from) => LOG.answer(from).tag));
  expect(tags.size).toBe(6);
});

test('each tightens what it names', () => {
  const opened = openTightenings(LOG.answer(0), 0, LOG.tree);
  const named = (pack: Pack, expiry: number) =>
    opened.ok &&
    opened.value.filter((each) => tightens(each, blindPack(pack), expiry)).map((each) => each.index);
  expect(named(PACK, 20311231)).toEqual([1, 3, 4]);
  expect(named(PACK, 20301231)).toEqual([1, 4]);
  expect(named({ ...PACK, serial: 'S2' }, 20311231)).toEqual([1, 4]);
  expect(named({ ...PACK, batch: 'B2' }, 20311231)).toEqual([4]);
  expect(named({ ...PACK, productCode: 'gtin:09506000100029' }, 20311231)).toEqual([]);
});

test('an answer has room for so many, and says where the rest begins', () => {
  const log = logOf(Array(TIGHTENINGS_MAX + 3).fill(entry('recall', [], RECALL)));
  const first = log.answer(0);
  expect(first.entries).toHaveLength(TIGHTENINGS_MAX);
  expect(first.next).toBe(TIGHTENINGS_MAX);
  expect(openTightenings(first, 0, log.tree).ok).toBe(true);
  expect(log.answer(TIGHTENINGS_MAX)).toMatchObject({ next: null, entries: { length: 3 } });
  const fullest = entry('lock', packs(ENTRY_PACKS_MAX));
  const large = logOf(Array(20).fill(fullest));
  expect(large.answer(0)).toMatchObject({ next: 16, entries: { length: 16 } });
});

test('what is out of order, unasked for or of another kind is refused', () => {
  const answer = LOG.answer(0);
  const [recall, lock] = answer.entries;
  if (!recall || !lock) throw new Error('the log has both');
  const refusal = (change: Partial<TighteningsResponse>, from = 0) => {
    const opened = openTightenings({ ...answer, ...change }, from, LOG.tree);
    return opened.ok ? 'opened' : opened.error;
  };
  expect(refusal({})).toBe('opened');
  expect(refusal({}, 2)).toBe('malformed');
  expect(refusal({ entries: [lock, recall] })).toBe('malformed');
  expect(refusal({ entries: [recall, recall] })).toBe('malformed');
  expect(refusal({ next: 4 })).toBe('malformed');
  expect(refusal({ entries: [], next: 9 })).toBe('malformed');
  expect(refusal({ entries: [{ ...recall, index: 0 }] })).toBe('bad-proof');
  expect(refusal({ entries: [{ ...recall, index: 99 }] })).toBe('bad-proof');
  expect(refusal({ entries: [{ ...recall, proof: [] }] })).toBe('bad-proof');
  expect(refusal({ entries: [{ ...recall, proof: ['*'] }] })).toBe('malformed');
  expect(refusal({ entries: [{ ...recall, entry: '=' }] })).toBe('malformed');
  // Another entry that truly stands in the log is no news of this kind.
  const supply = logOf([entry('supply', [PACK])]);
  const posed = { index: 0, entry: encodeBase64(entry('supply', [PACK])), proof: [] };
  const opened = openTightenings({ ...answer, entries: [posed] }, 0, supply.tree);
  expect(!opened.ok && opened.error).toBe('malformed');
});

test('no changed byte of an entry is believed', () => {
  const answer = LOG.answer(3);
  const [lock] = answer.entries;
  const bytes = parseBase64(lock?.entry ?? '');
  if (!lock || !bytes.ok) throw new Error('the log has a lock');
  for (const changed of mangled(bytes.value)) {
    const entries = [{ ...lock, entry: encodeBase64(changed) }];
    expect(openTightenings({ ...answer, entries }, 3, LOG.tree).ok).toBe(false);
  }
});
