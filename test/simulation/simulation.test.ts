// A share of `npm run simulate`: whatever happens to devices, network and server, what a screen has called recorded is
// in the outbox or in the ledger, once, and in the end everyone says of every pack what the ledger says.
import { expect, test } from 'vitest';
import { playHistory } from './history.ts';

/** SIMULATION_SEEDS=100 plays more here; `npm run simulate` is the way for thousands. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 3);

test('loses nothing and applies nothing twice, whatever happens', { timeout: 120_000 }, async () => {
  const totals = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure, story, counts } = await playHistory(seed);
    const steps = story.map((line, i) => `${i + 1}. ${line}`).join('\n');
    expect(failure, `npm run simulate -- --seed ${seed}\n${steps}`).toBeUndefined();
    expect(counts['acts called recorded'], `in seed ${seed}`).toBeGreaterThan(0);
    for (const [name, count] of Object.entries(counts)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  for (const name of ['events in the log', 'tabs killed', 'receipt: accepted'])
    expect(totals.get(name) ?? 0, name).toBeGreaterThan(0);
});

test('the same seed gives the same history to the byte, another one another', {
  timeout: 60_000,
}, async () => {
  // In between another one has been played by the same server and stores.
  const first = await playHistory(5, { steps: 40 });
  const other = await playHistory(6, { steps: 40 });
  const second = await playHistory(5, { steps: 40 });
  expect(second).toEqual(first);
  expect(other.hash).not.toBe(first.hash);
});
