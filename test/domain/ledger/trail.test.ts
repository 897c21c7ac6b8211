import { expect, test } from 'vitest';
import { encodeEvent, type PackEvent } from '../../../src/domain/event.ts';
import { encodeEntry, mentionsOf } from '../../../src/domain/ledger/entry.ts';
import { type LoggedEntry, trailOf } from '../../../src/domain/ledger/trail.ts';
import type { Role } from '../../../src/domain/market.ts';
import { assert, ok } from '../../../src/domain/result.ts';
import { blindPack, PACK, packs, sampleEntries, sampleEvent } from '../../support/sample-events.ts';

const TOTE = '095060000000000015';
const PALLET = '095060000000000022';
const OTHER = { ...PACK, serial: 'OTHER' };

/** A log of these events; the proofs only say whose they are. */
function journey(events: readonly PackEvent[], role: Role = 'pharmacy') {
  const entries: LoggedEntry[] = [];
  const byIndex = new Map<number, PackEvent>();
  for (const event of events) {
    byIndex.set(entries.length, event);
    for (const entry of sampleEntries(event))
      entries.push({ index: entries.length, bytes: encodeEntry(entry), entry });
  }
  const view = {
    entriesAbout: (id: string) => entries.filter(({ entry }) => mentionsOf(entry).includes(id)),
    eventAt: (index: number) => {
      const event = byIndex.get(index);
      return event && { organisation: event.organisation, site: event.site, bytes: encodeEvent(event) };
    },
    site: ({ organisation, site }: { organisation: string; site: string }) => ({
      organisation,
      site,
      role: 'pharmacy' as const,
    }),
    pack: () => undefined,
    prove: (index: number) => ok([new Uint8Array(32).fill(index)]),
  };
  const steps = trailOf(view, blindPack(PACK), { organisation: 'org-1', site: 'site-1', role });
  assert(steps.ok, 'each entry is proven');
  return steps.value;
}

const elsewhere = { organisation: 'org-2', site: 'site-1' };

test('follows a pack through the containers that it was in, each until it left', () => {
  const steps = journey([
    sampleEvent('pack', [PACK, OTHER], { containers: [PALLET] }),
    sampleEvent('ship', [], { containers: [PALLET] }),
    sampleEvent('pack', [PACK], { containers: [TOTE] }),
    sampleEvent('ship', [], { containers: [PALLET] }),
    sampleEvent('ship', [], { containers: [TOTE] }),
    sampleEvent('pack', [OTHER], { containers: [TOTE] }),
    sampleEvent('supply', [OTHER]),
  ]);
  expect(steps.map((step) => [step.index, step.kind === 'open' && step.container])).toEqual([
    ...[
      [0, null],
      [1, PALLET],
      [2, null],
      [4, TOTE],
    ],
  ]);
});

test('includes the recall of its batch and the withdrawal of its product, not those of others', () => {
  const recall = (productCode: string, batch: string | null) =>
    sampleEvent(batch === null ? 'withdraw' : 'recall', [], { batches: [{ productCode, batch }] });
  const steps = journey([
    recall(PACK.productCode, PACK.batch),
    recall(PACK.productCode, 'B2'),
    recall(PACK.productCode, null),
    recall('gtin:09506000100029', null),
  ]);
  expect(steps.map(({ index }) => index)).toEqual([0, 2]);
});

test('withholds what another site did with the pack, but not from those who oversee', () => {
  const acts = [sampleEvent('commission', [PACK], elsewhere), sampleEvent('supply', [PACK], elsewhere)];
  expect(journey(acts)).toMatchObject([
    { kind: 'open', where: { organisation: 'org-2' }, event: null },
    { kind: 'withheld', operation: 'supply' },
  ]);
  expect(Object.keys(journey(acts)[1] ?? {}).sort()).toEqual(['index', 'kind', 'leaf', 'operation', 'proof']);
  for (const role of ['inspector', 'authority'] as const)
    expect(journey(acts, role)[1]).toMatchObject({ kind: 'open', event: null });
  expect(journey([sampleEvent('supply', [PACK])])).toMatchObject([
    { kind: 'open', event: expect.any(String) },
  ]);
});

test('finds the event behind each part of a long one', () => {
  const many = [{ ...PACK, serial: 'X', batch: 'B0' }, ...packs(2)];
  const steps = journey([sampleEvent('commission', many), sampleEvent('supply', many)]);
  expect(steps.map(({ index }) => index)).toEqual([1, 3]);
  for (const step of steps) expect(step).toMatchObject({ kind: 'open', event: expect.any(String) });
});

test('gives the newest where there are too many', () => {
  const steps = journey(Array.from({ length: 510 }, () => sampleEvent('inspect', [PACK])));
  expect([steps.length, steps[0]?.index]).toEqual([500, 10]);
});
