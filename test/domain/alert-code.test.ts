import { describe, expect, test } from 'vitest';
import { ALERT_CODES, alertCodeOf, repeatAlertCode } from '../../src/domain/alert-code.ts';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { OPERATIONS, PACK_STATES } from '../../src/domain/pack.ts';
import { CONFLICT_REASONS } from '../../src/domain/transition.ts';

describe('alert codes', () => {
  test.each([
    ['verify', 'unknown-batch', undefined, 'A2'],
    ['verify', 'unknown-pack', undefined, 'A3'],
    ['supply', 'not-active', 'supplied', 'A7'],
    ['undo', 'undo-not-possible', 'active', 'A7'],
    ['supply', 'not-active', 'stolen', 'A24'],
    ['undo', 'undo-not-possible', 'destroyed', 'A24'],
    ['inspect', 'expiry-mismatch', 'active', 'A52'],
    ['export', 'batch-mismatch', 'active', 'A68'],
  ] as const)('%s, %s, %s: %s', (operation, why, state, code) => {
    expect(alertCodeOf(operation, why, state)).toBe(code);
  });

  test('a pack kept back, an undo too late or elsewhere, and logistics raise none', () => {
    for (const why of ['recalled', 'withdrawn', 'expired', 'undo-too-late', 'undo-elsewhere'] as const)
      for (const operation of OPERATIONS) expect(alertCodeOf(operation, why, 'supplied')).toBeUndefined();
    for (const operation of [
      'commission',
      'pack',
      'ship',
      'receive',
      'recall',
      'withdraw',
      'outage',
    ] as const)
      for (const why of CONFLICT_REASONS) expect(alertCodeOf(operation, why, undefined)).toBeUndefined();
  });

  test('each code is given for something', () => {
    const given = new Set<string | undefined>();
    for (const operation of OPERATIONS)
      for (const why of CONFLICT_REASONS)
        for (const state of PACK_STATES) given.add(alertCodeOf(operation, why, state));
    given.delete(undefined);
    expect([...given].sort()).toEqual([...ALERT_CODES].sort());
  });

  test('a site may repeat itself a few times and for a while', () => {
    const { toleranceMs, repeatsMax } = DEMO_MARKET.doubleScan;
    expect(repeatAlertCode({ sinceMs: toleranceMs, repeats: repeatsMax }, DEMO_MARKET)).toBeUndefined();
    expect(repeatAlertCode({ sinceMs: toleranceMs + 1, repeats: 1 }, DEMO_MARKET)).toBe('A7');
    expect(repeatAlertCode({ sinceMs: 0, repeats: repeatsMax + 1 }, DEMO_MARKET)).toBe('A7');
  });
});
