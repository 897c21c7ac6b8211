import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distanceKm, parsePosition, positionText } from '../../src/domain/position.ts';

const BERLIN = { latitude: 52.52, longitude: 13.405 };
const MUNICH = { latitude: 48.137, longitude: 11.575 };

test('distances along the great circle', () => {
  expect(distanceKm(BERLIN, MUNICH)).toBeCloseTo(504, -1);
  expect(distanceKm({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).toBeCloseTo(222, 0);
  expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 })).toBeCloseTo(20_015, 0);
});

const degrees = (max: number) =>
  fc.integer({ min: -max * 1_000_000, max: max * 1_000_000 }).map((micro) => micro / 1_000_000);
const position = fc.record({ latitude: degrees(90), longitude: degrees(180) });

test('the same both ways, nothing to oneself, and nobody is farther than half around', () => {
  fc.assert(
    fc.property(position, position, (a, b) => {
      expect(distanceKm(a, b)).toBeCloseTo(distanceKm(b, a), 6);
      expect(distanceKm(a, a)).toBe(0);
      expect(distanceKm(a, b)).toBeLessThanOrEqual(20_016);
    }),
  );
});

test('what is written reads back', () => {
  expect(parsePosition('52.52,13.405')).toEqual({ ok: true, value: BERLIN });
  expect(parsePosition('-33,151.2')).toEqual({ ok: true, value: { latitude: -33, longitude: 151.2 } });
  expect(positionText(BERLIN)).toBe('52.52,13.405');
});

test.each([
  '',
  '52.52',
  '52.52;13.4',
  '91,0',
  '0,181',
  '52.52,13.405,7',
  ' 52,13',
  '1e1,2',
  '52.,13',
  'NaN,0',
])('%j is no place', (text) => expect(parsePosition(text).ok).toBe(false));
