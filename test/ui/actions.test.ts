import { expect, test } from 'vitest';
import { planActions } from '../../src/ui/actions.ts';
import { ACTIVE, AGREES, sampleScan } from './harness/samples.ts';

const SCAN = sampleScan(ACTIVE, { kind: 'offline' });
const COUNTER = ['supply', 'lock', 'destroy', 'sample', 'stolen'] as const;

test('at the counter the button is the seal question', () => {
  const plan = planActions(SCAN, 'go', 'counter', COUNTER);
  expect(plan.primary).toMatchObject({
    label: 'seal-intact-supply',
    request: { operation: 'supply', seal: 'intact' },
    confirm: undefined,
  });
  expect(plan.sealBroken).toMatchObject({
    request: { operation: 'lock', seal: 'broken', reason: 'seal-broken' },
    confirm: 'broken',
  });
  expect(plan.more.map(({ label }) => label)).toEqual(['opened', 'lock', 'destroy', 'sample', 'stolen']);
  expect(plan.more[0]).toMatchObject({ request: { operation: 'supply', opened: true }, confirm: 'opened' });
});

test('elsewhere supply is not the button, but can be had; a release from quarantine asks once more', () => {
  const plan = planActions(SCAN, 'go', 'warehouse', ['receive', 'supply']);
  expect(plan.more.map(({ label }) => label)).toEqual(['seal-intact-supply', 'opened']);
  expect(planActions(SCAN, 'stop', 'inspection', ['inspect', 'unlock']).more).toMatchObject([
    { request: { operation: 'unlock' }, confirm: 'unlock' },
  ]);
});

test('what cannot be undone asks once more and is never the big button', () => {
  const { more, primary } = planActions(SCAN, 'stop', 'counter', ['destroy', 'stolen']);
  expect(primary).toBeUndefined();
  expect(more.map(({ confirm }) => confirm)).toEqual(['destroy', 'stolen']);
});

test('supply despite missing data needs a technical problem', () => {
  const { primary } = planActions(SCAN, 'ask', 'counter', COUNTER);
  expect(primary).toMatchObject({
    request: { operation: 'supply', reason: 'technical-problem' },
    confirm: 'technical',
  });
});

test('nothing supplies a pack that something speaks against, whatever is offered', () => {
  const plan = planActions(SCAN, 'stop', 'counter', COUNTER);
  const operations = [plan.primary, plan.variant, plan.sealBroken, ...plan.more].map(
    (action) => action?.request?.operation,
  );
  expect(operations).not.toContain('supply');
  expect(plan.primary?.label).toBe('lock');
});

test('where a site may not lock, a broken seal is put aside and reported', () => {
  const { sealBroken } = planActions(SCAN, 'go', 'counter', ['supply']);
  expect(sealBroken).toMatchObject({ request: undefined, confirm: 'broken-no-lock' });
});

test('in the warehouse an unverified return is parked', () => {
  const offers = ['receive', 'lock', 'destroy'] as const;
  expect(planActions(SCAN, 'go', 'warehouse', offers).variant?.request?.reason).toBe('return-parked');
  const live = planActions(sampleScan(ACTIVE, AGREES), 'go', 'warehouse', offers);
  expect(live.variant?.request?.reason).toBe('return-verified');
  expect(live.primary?.label).toBe('receive');
});

test('an inspection records the seal either way', () => {
  const plan = planActions(SCAN, 'go', 'inspection', ['inspect', 'lock']);
  expect(plan.primary?.request).toMatchObject({ operation: 'inspect', seal: 'intact' });
  expect(plan.variant?.request).toMatchObject({ operation: 'inspect', seal: 'broken' });
});
