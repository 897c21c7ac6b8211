import { expect, test } from 'vitest';
import { NO_PREVIOUS } from '../../../src/domain/event.ts';
import { type ChainView, chainStepOf, refusalOf } from '../../../src/domain/ledger/admission.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { PACK, sampleEvent } from '../../support/sample-events.ts';

test('an event follows its device’s last one, or it does not', () => {
  const second = sampleEvent('supply', [PACK], { sequence: 2, previous: 'ab'.repeat(32) });
  const view: ChainView = { holds: (sequence) => sequence !== 2, isAside: () => false };
  const step = (
    nextSequence: number,
    previous: string,
    change: Partial<ChainView> = {},
    isAfterLoss = false,
  ) => chainStepOf(second, { nextSequence, previous }, { ...view, ...change }, isAfterLoss);
  expect(step(2, 'ab'.repeat(32))).toBe('next');
  expect(step(2, 'cd'.repeat(32))).toBe('broken');
  expect(step(2, 'cd'.repeat(32), {}, true)).toBe('broken');
  expect(step(1, NO_PREVIOUS)).toBe('gap');
  expect(step(1, NO_PREVIOUS, {}, true)).toBe('next');
  expect(step(1, NO_PREVIOUS, { isAside: (id) => id === second.previous })).toBe('broken');
  expect(step(3, 'ab'.repeat(32), { holds: () => true })).toBe('broken');
  expect(step(3, 'ab'.repeat(32))).toBe('late');
});

test('an event is of the market, from its device’s site, and allowed there', () => {
  const at = { organisation: 'org-1', site: 'site-1', role: 'pharmacy' } as const;
  const refusal = (
    change: object,
    place: typeof at | { organisation: string; site: string; role: 'inspector' } = at,
  ) =>
    refusalOf(sampleEvent('supply', [PACK], change), place, DEMO_MARKET, (id) =>
      id === 'ab'.repeat(32) ? { opened: false } : id === 'ef'.repeat(32) ? { opened: true } : undefined,
    );
  expect(refusal({})).toBeUndefined();
  expect(refusal({ market: 'other' })).toBe('wrong-market');
  expect(refusal({ organisation: 'org-2' })).toBe('not-your-site');
  expect(refusal({ site: 'site-2' })).toBe('not-your-site');
  expect(refusal({ operation: 'recall' })).toBe('operation-not-allowed');
  expect(refusal({}, { ...at, role: 'inspector' })).toBe('operation-not-allowed');
  expect(refusal({ operation: 'undo', undoes: 'cd'.repeat(32) })).toBe('unknown-undo-target');
  expect(refusal({ operation: 'undo', undoes: 'ab'.repeat(32) })).toBeUndefined();
  expect(refusal({ operation: 'undo', undoes: 'ef'.repeat(32) })).toBe('undo-of-opened');
});
