import { describe, expect, test } from 'vitest';
import { ALERT_KINDS, alertId, alertIdShape } from '../../../src/domain/alerts/alert.ts';
import { MARKETS } from '../../../src/domain/market.ts';

const EVENT = 'ab'.repeat(32);

describe('ids of alerts', () => {
  test('one event gives one id to each pack and kind, whenever it is asked', () => {
    expect(alertId('de', EVENT, 0, 'A7')).toBe(alertId('de', EVENT, 0, 'A7'));
    const ids = ALERT_KINDS.flatMap((kind) => [0, 1, 499].map((pack) => alertId('de', EVENT, pack, kind)));
    expect(
      new Set([...ids, alertId('gr', EVENT, 0, 'A7'), alertId('de', 'ac'.repeat(32), 0, 'A7')]).size,
    ).toBe(ids.length + 2);
  });

  test('begins with the market and can be read out on the telephone', () => {
    for (const { market } of MARKETS) {
      const id = alertId(market, EVENT, 3, 'copied-serial');
      expect(id).toMatch(new RegExp(`^${market.toUpperCase()}(-[0-9A-HJKMNP-TV-Z]{5}){3}$`));
      expect(alertIdShape(id, 'id').ok).toBe(true);
    }
    expect(alertIdShape('DE-OOOOO-11111-22222', 'id').ok).toBe(false);
  });
});
