import { beforeEach, describe, expect, test } from 'vitest';
import type { PackEvent } from '../../../src/domain/event.ts';
import type { Entry } from '../../../src/domain/ledger/entry.ts';
import {
  type BatchRecord,
  type FoldChanges,
  foldEvent,
  type PackRecord,
  packKey,
} from '../../../src/domain/ledger/fold.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import type { Operation, Pack } from '../../../src/domain/pack.ts';
import { blindPack, PACK, packs, sampleEntries, sampleEvent } from '../../support/sample-events.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 10, 22);

type Options = { site?: number; atMs?: number; undoes?: number };

function detailsOf(operation: Operation): Partial<PackEvent> {
  if (operation === 'outage') return { reason: 'line-down', outage: { startMs: START_MS, endMs: null } };
  return operation === 'undo' ? { undoes: 'ab'.repeat(32) } : {};
}

function createWorld() {
  const packRecords = new Map<string, PackRecord>();
  const batchRecords = new Map<string, BatchRecord>();
  const withdrawn = new Set<string>();
  const log: Entry[] = [];
  function apply(event: PackEvent, options: Options = {}): FoldChanges {
    const entries = sampleEntries(event, {
      site: options.site ?? 1,
      receiptTimeMs: options.atMs ?? START_MS,
      ...(options.undoes === undefined ? {} : { undoesIndex: options.undoes }),
    });
    const view = {
      pack: (key: string) => packRecords.get(key),
      batch: (key: string) => batchRecords.get(key),
      withdrawn: (id: string) => withdrawn.has(id),
      entry: (index: number) => log[index],
    };
    const changes = foldEvent(entries, log.length, view, DEMO_MARKET);
    for (const [key, value] of changes.packs) packRecords.set(key, value);
    for (const [key, value] of changes.batches) batchRecords.set(key, value);
    for (const id of changes.withdrawn) withdrawn.add(id);
    log.push(...entries);
    return changes;
  }
  return {
    run: (operation: Operation, on: readonly Pack[], options?: Options) =>
      apply(sampleEvent(operation, on, detailsOf(operation)), options).outcomes,
    recall: (batch: string | null) =>
      apply(
        sampleEvent(batch === null ? 'withdraw' : 'recall', [], {
          batches: [{ productCode: PACK.productCode, batch }],
        }),
      ),
    stateOf: (pack: Pack) => {
      const { productId, packId } = blindPack(pack);
      return packRecords.get(packKey(productId, packId))?.state;
    },
    size: () => log.length,
    batches: batchRecords,
  };
}

let world: ReturnType<typeof createWorld>;
beforeEach(() => {
  world = createWorld();
  expect(world.run('commission', packs(3))).toMatchObject([
    { kind: 'applied' },
    { kind: 'applied' },
    { kind: 'applied' },
  ]);
});

test('commissioning makes packs active and counts them in their batch', () => {
  expect(world.stateOf(PACK)).toBe('active');
  expect([...world.batches.values()]).toMatchObject([{ packs: 3, expiry: 20311231, recalled: false }]);
  expect(world.run('commission', [PACK])).toMatchObject([{ kind: 'conflict', why: 'already-commissioned' }]);
  expect(world.run('commission', packs(1, { serial: 'S4', expiry: '2032-01-31' }))).toMatchObject([
    { kind: 'conflict', why: 'expiry-mismatch' },
  ]);
});

test('one serial under two batches is one pack', () => {
  expect(world.run('commission', [{ ...PACK, batch: 'B2' }])).toMatchObject([
    { kind: 'conflict', why: 'already-commissioned' },
  ]);
});

test('the lowest index wins; the same site repeats, another conflicts', () => {
  const winnerIndex = world.size();
  expect(world.run('supply', [PACK])).toMatchObject([{ kind: 'applied' }]);
  expect(world.run('supply', [PACK])).toEqual([{ kind: 'repeat', winnerIndex }]);
  expect(world.run('supply', [PACK], { site: 2 })).toEqual([
    { kind: 'conflict', why: 'not-active', state: 'supplied', winnerIndex },
  ]);
  expect(world.run('destroy', [PACK])).toMatchObject([{ kind: 'conflict', why: 'not-active' }]);
  expect(world.stateOf(PACK)).toBe('supplied');
});

test('a pack listed twice in one event is supplied once', () => {
  const winnerIndex = world.size();
  expect(world.run('supply', [PACK, PACK])).toMatchObject([
    { kind: 'applied' },
    { kind: 'repeat', winnerIndex },
  ]);
});

test('an unknown pack, a wrong batch and a wrong expiry are told apart', () => {
  expect(world.run('supply', [{ ...PACK, serial: 'NO' }])).toMatchObject([{ why: 'unknown-pack' }]);
  world.run('commission', [{ ...PACK, serial: 'S9', batch: 'B9' }]);
  expect(world.run('supply', [{ ...PACK, batch: 'B9' }])).toMatchObject([{ why: 'batch-mismatch' }]);
  expect(world.run('verify', [{ ...PACK, batch: 'B1S1' }])).toMatchObject([{ why: 'unknown-batch' }]);
  expect(world.run('supply', [{ ...PACK, expiry: '2033-01-01' }])).toMatchObject([
    { why: 'expiry-mismatch' },
  ]);
  expect(world.stateOf(PACK)).toBe('active');
});

test('an undo within ten days by the same site reactivates', () => {
  const index = world.size();
  world.run('supply', [PACK]);
  expect(world.run('undo', [PACK], { undoes: index, atMs: START_MS + 10 * DAY_MS })).toMatchObject([
    { kind: 'applied', state: 'active' },
  ]);
  expect(world.stateOf(PACK)).toBe('active');
  expect(world.run('undo', [PACK], { undoes: index })).toMatchObject([{ why: 'undo-not-possible' }]);
});

test.each([
  ['elsewhere', { site: 2 }, 'undo-elsewhere'],
  ['too late', { atMs: START_MS + 10 * DAY_MS + 1 }, 'undo-too-late'],
] as const)('an undo %s is refused', (_, options, why) => {
  const index = world.size();
  world.run('supply', [PACK]);
  expect(world.run('undo', [PACK], { ...options, undoes: index })).toMatchObject([{ kind: 'conflict', why }]);
  expect(world.stateOf(PACK)).toBe('supplied');
});

test.each(['destroy', 'stolen'] as const)('%s has no undo', (operation) => {
  const index = world.size();
  world.run(operation, [PACK]);
  expect(world.run('undo', [PACK], { undoes: index })).toMatchObject([{ why: 'undo-not-possible' }]);
});

test('each pack of a bulk act has an outcome of its own, and an undo of the act is judged pack by pack', () => {
  const [first, second, third] = packs(3);
  if (!first || !second || !third) throw new Error('no packs');
  world.run('destroy', [second]);
  const index = world.size();
  expect(world.run('supply', [first, second, third, { ...PACK, serial: 'NO' }])).toMatchObject([
    { kind: 'applied', state: 'supplied' },
    { kind: 'conflict', why: 'not-active', state: 'destroyed' },
    { kind: 'applied', state: 'supplied' },
    { kind: 'conflict', why: 'unknown-pack' },
  ]);
  world.run('supply', [third], { site: 2 });
  expect(world.run('undo', [first, second, third], { undoes: index })).toMatchObject([
    { kind: 'applied', state: 'active' },
    { kind: 'conflict', why: 'undo-not-possible' },
    { kind: 'applied', state: 'locked' },
  ]);
});

test('a pack that an undo has locked is released by an unlock alone, which settles the conflict', () => {
  const index = world.size();
  world.run('supply', [PACK]);
  world.run('supply', [PACK], { site: 2 });
  const undoIndex = world.size();
  world.run('undo', [PACK], { undoes: index });
  expect(world.run('undo', [PACK], { undoes: undoIndex })).toMatchObject([{ why: 'undo-not-possible' }]);
  expect(world.run('unlock', [PACK], { site: 3 })).toMatchObject([{ kind: 'applied', state: 'active' }]);
  expect(world.run('unlock', [PACK], { site: 3 })).toMatchObject([{ why: 'not-locked', state: 'active' }]);
  const again = world.size();
  world.run('supply', [PACK]);
  expect(world.run('undo', [PACK], { undoes: again })).toMatchObject([{ state: 'active' }]);
});

test('a declared outage stands in the log and touches no pack', () => {
  const size = world.size();
  expect(world.run('outage', [])).toEqual([]);
  expect([world.size() - size, world.stateOf(PACK)]).toEqual([1, 'active']);
});

test('an undo while a conflict is open locks the pack', () => {
  const index = world.size();
  world.run('supply', [PACK]);
  world.run('supply', [PACK], { site: 2 });
  expect(world.run('undo', [PACK], { undoes: index })).toMatchObject([{ kind: 'applied' }]);
  expect(world.stateOf(PACK)).toBe('locked');
});

test("a site's own second act is refused and opens no conflict: the undo of the first reactivates the pack", () => {
  const index = world.size();
  world.run('supply', [PACK]);
  for (const operation of ['sample', 'destroy'] as const)
    expect(world.run(operation, [PACK])).toMatchObject([{ kind: 'conflict', why: 'not-active' }]);
  expect(world.run('undo', [PACK], { undoes: index })).toMatchObject([{ kind: 'applied', state: 'active' }]);
});

describe('an undo of what only repeated an act of its site', () => {
  function supplyTwice(repeat: Options = {}) {
    const act = world.size();
    world.run('supply', [PACK]);
    const repeated = world.size();
    world.run('supply', [PACK], repeat);
    return { act, repeated };
  }
  const UNCHANGED = [{ kind: 'applied', state: undefined }];

  test('changes nothing, and the act itself can be undone still', () => {
    const { act, repeated } = supplyTwice();
    expect(world.run('undo', [PACK], { undoes: repeated })).toEqual(UNCHANGED);
    expect(world.run('undo', [PACK], { undoes: repeated, atMs: START_MS + 20 * DAY_MS })).toEqual(UNCHANGED);
    expect(world.stateOf(PACK)).toBe('supplied');
    expect(world.run('undo', [PACK], { undoes: act })).toMatchObject([{ kind: 'applied', state: 'active' }]);
  });

  test('changes nothing either once the act itself has been undone, but another act ends that', () => {
    const { act, repeated } = supplyTwice();
    world.run('undo', [PACK], { undoes: act });
    expect(world.run('undo', [PACK], { undoes: repeated })).toEqual(UNCHANGED);
    expect(world.stateOf(PACK)).toBe('active');
    expect(world.run('undo', [PACK], { undoes: act })).toMatchObject([{ why: 'undo-not-possible' }]);
    world.run('supply', [PACK], { site: 2 });
    expect(world.run('undo', [PACK], { undoes: repeated })).toMatchObject([{ why: 'undo-not-possible' }]);
    expect(world.stateOf(PACK)).toBe('supplied');
  });

  test('is refused elsewhere, and of what was no repeat', () => {
    const { repeated } = supplyTwice({ site: 2 });
    expect(world.run('undo', [PACK], { site: 2, undoes: repeated })).toMatchObject([
      { why: 'undo-not-possible' },
    ]);
    const sample = world.size();
    world.run('sample', [PACK]);
    expect(world.run('undo', [PACK], { undoes: sample })).toMatchObject([{ why: 'undo-not-possible' }]);
    const own = world.size();
    world.run('supply', [PACK]);
    expect(world.run('undo', [PACK], { site: 2, undoes: own })).toMatchObject([{ why: 'undo-elsewhere' }]);
    expect(world.stateOf(PACK)).toBe('supplied');
  });

  test('whatever brought the pack into that state', () => {
    const act = world.size();
    world.run('supply', [PACK]);
    world.run('supply', [PACK], { site: 2 });
    world.run('undo', [PACK], { undoes: act });
    const locked = world.size();
    expect(world.run('lock', [PACK])).toMatchObject([{ kind: 'repeat' }]);
    expect(world.run('undo', [PACK], { undoes: locked })).toEqual(UNCHANGED);
    expect(world.stateOf(PACK)).toBe('locked');
  });

  test('is judged pack by pack', () => {
    const [first, second] = packs(2) as [Pack, Pack];
    world.run('supply', [first]);
    const both = world.size();
    world.run('supply', [first, second]);
    expect(world.run('undo', [first, second], { undoes: both })).toEqual([
      ...UNCHANGED,
      { kind: 'applied', state: 'active' },
    ]);
    expect([world.stateOf(first), world.stateOf(second)]).toEqual(['supplied', 'active']);
  });
});

test('a failed undo elsewhere opens no conflict', () => {
  const index = world.size();
  world.run('supply', [PACK]);
  world.run('undo', [PACK], { site: 2, undoes: index });
  world.run('undo', [PACK], { undoes: index });
  expect(world.stateOf(PACK)).toBe('active');
});

test('a recalled batch cannot be supplied but can be destroyed, and its supply cannot be undone', () => {
  const [first, second] = packs(2);
  if (!first || !second) throw new Error('no packs');
  const index = world.size();
  world.run('supply', [second]);
  world.recall('B1');
  expect(world.run('supply', [first])).toMatchObject([{ why: 'recalled' }]);
  expect(world.run('destroy', [first])).toMatchObject([{ kind: 'applied' }]);
  expect(world.run('undo', [second], { undoes: index })).toMatchObject([{ why: 'recalled' }]);
});

test('a recall may come before its batch, and a withdrawal covers the product', () => {
  world.recall('B7');
  world.run('commission', [{ ...PACK, serial: 'S70', batch: 'B7' }]);
  expect(world.run('supply', [{ ...PACK, serial: 'S70', batch: 'B7' }])).toMatchObject([{ why: 'recalled' }]);
  expect(world.run('supply', [PACK])).toMatchObject([{ kind: 'applied' }]);
  world.recall(null);
  expect(world.run('supply', [{ ...PACK, serial: 'S2' }])).toMatchObject([{ why: 'withdrawn' }]);
});

test('an expired pack cannot be supplied the day after, and can on the day', () => {
  const lastDayMs = Date.UTC(2031, 11, 31, 23, 59);
  expect(world.run('supply', [PACK], { atMs: lastDayMs })).toMatchObject([{ kind: 'applied' }]);
  expect(world.run('supply', [{ ...PACK, serial: 'S2' }], { atMs: lastDayMs + 60_000 })).toMatchObject([
    { why: 'expired' },
  ]);
});
