// Working days from a seed: packs are supplied and taken back in one or two tabs while the network comes and goes,
// loses, repeats and reorders what it carries, clocks are set, other places act, and the browser is killed at any
// moment. After every step, and when all is well again: no event lost, none applied twice.
import { expect, it } from 'vitest';
import type { AppModel } from '../../src/app/app-model.ts';
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { eventId } from '../../src/domain/event.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { createWorld, gs1, idle, seededNumbers, shown, supply, type World } from '../support/app-fakes.ts';
import { allRows } from '../support/outbox-rows.ts';
import { PACK } from '../support/sample-events.ts';

const STEPS = 60;
const PACKS: readonly Pack[] = Array.from({ length: 6 }, (_, i) => ({
  ...PACK,
  batch: 'SIM',
  serial: `SIM${i}`,
}));

/** Time for the days of one run; SIMULATION_MS=600000 searches for longer, SIMULATION_SEED plays one day again. */
const BUDGET_MS = Number(process.env.SIMULATION_MS ?? 4_000);
const FIXED_SEED = process.env.SIMULATION_SEED;

type Day = {
  readonly world: World;
  readonly random: () => number;
  readonly steps: string[];
  readonly promised: Set<string>;
  tabs: AppModel[];
};

it('loses no event and applies none twice, whatever happens', {
  timeout: BUDGET_MS * 4 + 60_000,
}, async () => {
  const endMs = performance.now() + BUDGET_MS;
  const first = FIXED_SEED === undefined ? 1 : Number(FIXED_SEED);
  let days = 0;
  do {
    await playDay(first + days);
    days += 1;
  } while (FIXED_SEED === undefined && performance.now() < endMs);
  console.log(`outbox simulation: ${days} days of ${STEPS} steps, seeds ${first} to ${first + days - 1}`);
});

async function playDay(seed: number): Promise<void> {
  const world = await createWorld({ seed });
  world.ledger.act('commission', PACKS);
  const tabs = [await world.openApp()];
  const day: Day = { world, random: seededNumbers(seed), steps: [], promised: new Set(), tabs };
  try {
    for (let i = 0; i < STEPS; i++) {
      await step(day);
      await idle();
      await checkNothingLost(day);
    }
    await heal(day);
    await checkAllDelivered(day);
  } catch (cause) {
    const story = day.steps.map((each, i) => `${i + 1}. ${each}`).join('\n');
    throw new Error(`SIMULATION_SEED=${seed} fails after these steps:\n${story}\n${String(cause)}`, {
      cause,
    });
  } finally {
    for (const tab of day.tabs) tab.stop();
  }
}

async function step(day: Day): Promise<void> {
  const { world } = day;
  const choices: readonly (readonly [number, () => Promise<void>])[] = [
    [10, () => supplySome(day)],
    [5, () => undoSome(day)],
    [3, () => supplyInBothTabs(day)],
    [2, () => otherPlaceActs(day)],
    [4, () => passTime(day)],
    [3, () => switchNetwork(day)],
    [4, () => spoilNetwork(day)],
    [1, () => setClock(day)],
    [3, () => crash(day)],
    [2, () => openTab(day)],
    [1, () => acknowledgeAll(day)],
  ];
  let at = day.random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  const chosen = choices.find(([weight]) => {
    at -= weight;
    return at < 0;
  });
  const isBroken = world.faults.at !== undefined && world.faults.calls >= world.faults.at;
  await (isBroken ? reopen(day) : (chosen ?? choices[0])?.[1]());
}

function pick<T>(day: Day, from: readonly T[]): T {
  const chosen = from[Math.floor(day.random() * from.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

async function scan(tab: AppModel, pack: Pack): Promise<boolean> {
  await tab.scanner.readText(gs1(pack), 'scanned');
  return tab.scanner.state.value.kind === 'judged';
}

async function supplySome(day: Day): Promise<void> {
  const [tab, pack] = [pick(day, day.tabs), pick(day, PACKS)];
  if (!(await scan(tab, pack))) return void day.steps.push(`scan of ${pack.serial} fails`);
  const isTwice = day.random() < 0.2;
  const request = supply(shown(tab), { reason: 'technical-problem' });
  const answers = await Promise.all([
    tab.outbox.record(request),
    ...(isTwice ? [tab.outbox.record(request)] : []),
  ]);
  keepPromises(day, tab, pack, answers.filter((answer) => answer === undefined).length);
  day.steps.push(`supply ${pack.serial}${isTwice ? ' twice' : ''}: ${JSON.stringify(answers)}`);
}

async function supplyInBothTabs(day: Day): Promise<void> {
  if (day.tabs.length < 2) await openTab(day);
  const packs = day.tabs.map(() => pick(day, PACKS));
  for (const [i, tab] of day.tabs.entries())
    if (!(await scan(tab, packs[i] ?? PACK))) return void day.steps.push('a scan fails');
  const answers = await Promise.all(day.tabs.map((tab) => tab.outbox.record(supply(shown(tab)))));
  for (const [i, tab] of day.tabs.entries())
    keepPromises(day, tab, packs[i] ?? PACK, answers[i] === undefined ? 1 : 0);
  const serials = packs.map(({ serial }) => serial).join(' and ');
  day.steps.push(`supply ${serials} in both tabs at once: ${JSON.stringify(answers)}`);
}

async function undoSome(day: Day): Promise<void> {
  const [tab, pack] = [pick(day, day.tabs), pick(day, PACKS)];
  if (!(await scan(tab, pack))) return void day.steps.push(`scan of ${pack.serial} fails`);
  const answer = await tab.outbox.undo({ scan: shown(tab), handedOver: false });
  keepPromises(day, tab, pack, answer === undefined ? 1 : 0);
  day.steps.push(`undo ${pack.serial}: ${JSON.stringify(answer)}`);
}

/** What a screen has shown as recorded must never be lost. */
function keepPromises(day: Day, tab: AppModel, pack: Pack, count: number): void {
  expect(count).toBeLessThanOrEqual(1);
  if (count === 0) return;
  const { recorded } = tab.scanner.history.value.find((each) => each.pack.serial === pack.serial) ?? {};
  if (!recorded) throw new Error('a recorded event that no screen shows');
  day.promised.add(recorded.eventId);
}

async function otherPlaceActs(day: Day): Promise<void> {
  const pack = pick(day, PACKS);
  day.world.ledger.act('supply', [pack]);
  day.steps.push(`another place supplies ${pack.serial}`);
}

async function passTime(day: Day): Promise<void> {
  const seconds = Math.floor(day.random() ** 2 * 200);
  day.steps.push(`${seconds} s pass`);
  await day.world.clock.advance(seconds * 1_000);
}

async function switchNetwork(day: Day): Promise<void> {
  const isOnline = day.random() < 0.5;
  day.steps.push(isOnline ? 'online' : 'offline');
  day.world.setOnline(isOnline);
}

async function setClock(day: Day): Promise<void> {
  const hours = Math.floor((day.random() - 0.5) * 100);
  day.steps.push(`the clock is set by ${hours} h`);
  day.world.clock.jump(hours * 3_600_000);
}

async function crash(day: Day): Promise<void> {
  const { faults } = day.world;
  const calls = 1 + Math.floor(day.random() * 12);
  Object.assign(faults, { at: faults.calls + calls, when: day.random() < 0.5 ? 'before' : 'after' });
  day.steps.push(`will be killed ${faults.when} store call ${calls}`);
}

async function reopen(day: Day): Promise<void> {
  for (const tab of day.tabs) tab.stop();
  await idle();
  day.world.faults.at = undefined;
  day.tabs = [await day.world.openApp()];
  day.steps.push('killed and opened again');
}

async function openTab(day: Day): Promise<void> {
  if (day.tabs.length > 1) day.tabs.shift()?.stop();
  day.tabs.push(await day.world.openApp());
  day.steps.push(`${day.tabs.length} tabs`);
}

async function acknowledgeAll(day: Day): Promise<void> {
  const tab = pick(day, day.tabs);
  for (const { sequence } of tab.outbox.items.value) await tab.outbox.acknowledge(sequence);
  day.steps.push('everything is acknowledged');
}

async function spoilNetwork(day: Day): Promise<void> {
  const { world } = day;
  const late: Parameters<LedgerClient['postEvents']>[0][] = [];
  const spoilt: { readonly [what: string]: Partial<LedgerClient> } = {
    'the network is well': {},
    'answers get lost': {
      async postEvents(events) {
        await world.ledger.client.postEvents(events);
        throw new LedgerError('timeout');
      },
    },
    'requests arrive late and again': {
      async postEvents(events) {
        late.push(events);
        for (const each of late.toReversed()) await world.ledger.client.postEvents(each);
        throw new LedgerError('timeout');
      },
    },
    'batches are reordered': {
      postEvents: async (events) => world.ledger.client.postEvents(events.toReversed()),
    },
    'half of each answer is missing': {
      async postEvents(events) {
        const receipts = await world.ledger.client.postEvents(events);
        return receipts.filter((_, i) => i % 2 === 0);
      },
    },
    'the server fails': {
      postEvents: () => Promise.reject(new LedgerError('refused', { refusal: 'unavailable' })),
    },
    'tiles are missing': { tile: () => Promise.reject(new LedgerError('refused', { refusal: 'not-found' })) },
    'tiles are wrong': { tile: async () => new Uint8Array(8_192) },
  };
  const what = pick(day, Object.keys(spoilt));
  day.steps.push(what);
  world.answers = spoilt[what] ?? {};
}

/** Reads the stores past the faults, which are the device's and not the observer's. */
async function observed<T>({ world }: Day, read: () => Promise<T>): Promise<T> {
  const { at, calls } = world.faults;
  world.faults.at = undefined;
  const value = await read();
  Object.assign(world.faults, { at, calls });
  return value;
}

async function checkNothingLost(day: Day): Promise<void> {
  const { outbox } = day.world.ports;
  const rows = await observed(day, () => allRows(outbox));
  const held = new Set(rows.map(({ id }) => id));
  const taken = day.world.ledger.taken.map(({ id }) => id);
  for (const id of day.promised)
    if (!held.has(id) && !taken.includes(id)) throw new Error(`event ${id.slice(0, 8)} is lost`);
  if (new Set(taken).size !== taken.length) throw new Error('an event is in the ledger twice');
  if (rows.some(({ id, bytes }) => eventId(bytes) !== id)) throw new Error('a row is damaged');
}

async function heal(day: Day): Promise<void> {
  day.steps.push('all is well again');
  day.world.answers = {};
  await reopen(day);
  day.world.setOnline(true);
  await day.world.clock.advance(30_000);
}

async function checkAllDelivered(day: Day): Promise<void> {
  const { world, promised } = day;
  const rows = await allRows(world.ports.outbox);
  expect(rows.map(({ progress }) => progress.kind).filter((kind) => kind !== 'conflict')).toEqual([]);
  const taken = world.ledger.taken.map(({ id }) => id);
  for (const id of promised) expect(taken.filter((each) => each === id)).toHaveLength(1);
  expect((await world.ports.outbox.head()).sequence).toBe(taken.length);
  const [tab] = day.tabs;
  if (!tab) throw new Error('no tab');
  await tab.sync.syncNow();
  for (const pack of PACKS) {
    await scan(tab, pack);
    await idle();
    expect(shown(tab).opinion, pack.serial).toMatchObject({
      kind: 'agrees',
      judgment: { verdict: shown(tab).judgment.verdict },
    });
  }
}
