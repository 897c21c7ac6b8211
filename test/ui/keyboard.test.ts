import { expect, test } from 'vitest';
import { createKeyGate, type Press, QUIET_MS_MIN, STANDING_MS_MIN } from '../../src/ui/keyboard.ts';

const press = (key: string, timeMs: number, change: Partial<Press> = {}): Press => ({
  ...{ key, timeMs, isRepeat: false, isTaken: false, ...change },
});

test("a person's Enter and Escape are heard", () => {
  const gate = createKeyGate(0);
  expect(gate(press('Enter', STANDING_MS_MIN))).toBe('enter');
  expect(gate(press('Escape', STANDING_MS_MIN + 1))).toBe('escape');
});

test("a scanner's Enter is not, even when the scanner went unnoticed", () => {
  const gate = createKeyGate(0);
  let timeMs = 5_000;
  for (const key of '0109506000100012') {
    timeMs += 90;
    gate(press(key, timeMs));
  }
  expect(gate(press('Enter', timeMs + 90))).toBeUndefined();
  expect(gate(press('Enter', timeMs + QUIET_MS_MIN))).toBe('enter');
});

test('an Enter meant for the screen before, held down, or already taken does nothing', () => {
  const gate = createKeyGate(1_000);
  expect(gate(press('Enter', 1_000 + STANDING_MS_MIN - 1))).toBeUndefined();
  expect(gate(press('Enter', 9_000, { isRepeat: true }))).toBeUndefined();
  expect(gate(press('Enter', 9_000, { isTaken: true }))).toBeUndefined();
});
