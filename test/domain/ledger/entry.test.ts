import { expect, test } from 'vitest';
import { encodeEntry, entriesOf, packOrder, parseEntry } from '../../../src/domain/ledger/entry.ts';
import { ENTRY_BYTES_MAX, ENTRY_PACKS_MAX } from '../../../src/domain/limits.ts';
import { mangled } from '../../support/mangle.ts';
import {
  blindEvent,
  blindPack,
  PACK,
  packs,
  sampleEntries,
  sampleEvent,
} from '../../support/sample-events.ts';

test('an entry reads back as it was written', () => {
  const event = sampleEvent('pack', packs(3), { containers: ['340123450000000017'] });
  for (const entry of sampleEntries(event, { undoesIndex: 0 }))
    expect(parseEntry(encodeEntry(entry))).toEqual({ ok: true, value: entry });
});

test('packs of several batches become one entry each, parts counted, every pack once', () => {
  const event = sampleEvent('receive', [
    ...packs(2),
    ...packs(2, { batch: 'B2' }),
    ...packs(1, { serial: 'S9' }),
  ]);
  const entries = sampleEntries(event);
  expect(entries.map(({ part, parts, packIds }) => [part, parts, packIds.length])).toEqual([
    [1, 2, 3],
    [2, 2, 2],
  ]);
  const order = packOrder(event, blindEvent(event));
  expect(order).toEqual([0, 1, 4, 2, 3]);
  const logged = entries.flatMap((entry) => entry.packIds);
  expect(order.map((i) => blindPack(event.packs[i] ?? PACK).packId)).toEqual(logged);
});

test('a large batch is split, and every part fits a bundle', () => {
  const event = sampleEvent('commission', packs(ENTRY_PACKS_MAX + 1));
  // The shape allows more packs in one event than one entry carries.
  const entries = entriesOf(event, '00'.repeat(32), blindEvent(event), {
    receiptTimeMs: 1,
    undoesIndex: undefined,
  });
  expect(entries.map((entry) => entry.packIds.length)).toEqual([ENTRY_PACKS_MAX, 1]);
  for (const entry of entries) expect(encodeEntry(entry).length).toBeLessThanOrEqual(ENTRY_BYTES_MAX);
});

test('an event on containers alone has one entry without packs', () => {
  const event = sampleEvent('ship', [], { containers: ['340123450000000017'] });
  expect(sampleEntries(event)).toMatchObject([{ part: 1, parts: 1, packIds: [], expiry: 0 }]);
});

test('a mangled entry is refused or reads as another value, never throws', () => {
  const [entry] = sampleEntries(sampleEvent('supply', packs(2)));
  if (!entry) throw new Error('no entry');
  const bytes = encodeEntry(entry);
  for (const other of mangled(bytes)) {
    const read = parseEntry(other);
    if (read.ok) expect(encodeEntry(read.value)).toEqual(other);
  }
});
