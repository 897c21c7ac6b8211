// Everything that a simulated history leaves open is drawn from one seed, so that a failure can be played again.
import { seededNumbers } from '../support/app-fakes.ts';

export type Chance = {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  happens(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of these, each as often as its weight says. */
  weigh<T>(choices: readonly (readonly [weight: number, choice: T])[]): T;
  bytes(length: number): Uint8Array;
};

export function createChance(seed: number): Chance {
  const next = seededNumbers(seed);
  const below = (limit: number) => Math.floor(next() * limit);

  function pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('there is nothing to pick from');
    return from[below(from.length)] as T;
  }

  return {
    below,
    happens: (probability) => next() < probability,
    pick,
    weigh(choices) {
      let at = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, choice] of choices) {
        at -= weight;
        if (at < 0) return choice;
      }
      return pick(choices)[1];
    },
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
