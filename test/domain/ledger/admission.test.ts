import { expect, test } from 'vitest';
import { NO_PREVIOUS } from '../../../src/domain/event.ts';
import { chainStepOf, refusalOf } from '../../../src/domain/ledger/admission.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { PACK, sampleEvent } from '../../support/sample-events.ts';

test('an event follows its device’s last one, or it does not', () => {
  const second = sampleEvent('supply', [PACK], { sequence: 2, previous: 'ab'.repeat(32) });
  expect(chainStepOf(second, { nextSequence: 2, previous: 'ab'.repeat(32) })).toBe('next');
  expect(chainStepOf(second, { nextSequence: 1, previous: NO_PREVIOUS })).toBe('gap');
  expect(chainStepOf(second, { nextSequence: 2, previous: 'cd'.repeat(32) })).toBe('broken');
  expect(chainStepOf(second, { nextSequence: 3, previous: 'ab'.repeat(32) })).toBe('broken');
});

test('an event is of the market, from its device’s site, and allowed there', () => {
  const at = { organisation: 'org-1', site: 'site-1', role: 'pharmacy' } as const;
  const refusal = (
    change: object,
    place: typeof at | { organisation: string; site: string; role: 'inspector' } = at,
  ) => refusalOf(sampleEvent('supply', [PACK], change), place, DEMO_MARKET, (id) => id === 'ab'.repeat(32));
  expect(refusal({})).toBeUndefined();
  expect(refusal({ market: 'other' })).toBe('wrong-market');
  expect(refusal({ organisation: 'org-2' })).toBe('not-your-site');
  expect(refusal({ site: 'site-2' })).toBe('not-your-site');
  expect(refusal({ operation: 'recall' })).toBe('operation-not-allowed');
  expect(refusal({}, { ...at, role: 'inspector' })).toBe('operation-not-allowed');
  expect(refusal({ operation: 'undo', undoes: 'cd'.repeat(32) })).toBe('unknown-undo-target');
  expect(refusal({ operation: 'undo', undoes: 'ab'.repeat(32) })).toBeUndefined();
});
