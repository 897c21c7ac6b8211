// Fills an empty ledger with the demo market: signed events of invented organisations, through the same door as
// anyone's. A mark in the data folder tells a market that was cut short from a whole one.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DemoAct, demoActs } from '../../domain/demo/journey.ts';
import { DEMO_PLACES, type DemoActor, NEWCOMER_PLACES } from '../../domain/demo/places.ts';
import { DEMO_PRODUCTS } from '../../domain/demo/products.ts';
import { DEMO_PACKS } from '../../domain/demo/stock.ts';
import { assert } from '../../domain/result.ts';
import { publishedFolder } from '../ledger/keys.ts';
import type { Ledger, SignedBytes } from '../ledger/ledger.ts';
import { takeWriterLock } from '../ledger/writer-lock.ts';
import { demoPositionOf } from './positions.ts';
import { createRecorder, type RecordedAct, type Recorder } from './recorder.ts';

export type DemoMarketOptions = {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly market: string;
  readonly clock: () => number;
  /** Fewer than the demo's 100,000 in tests. */
  readonly packs?: number | undefined;
};

/** Events handed to the ledger at once: one commissioning of 2,500 packs is some 420 kB. */
const ROUND_EVENTS = 12;

const unfinishedMark = (folder: string) => join(folder, 'demo-unfinished');

/**
 * Removes what an earlier start left that was cut short while it made the market: nobody has seen any of it, and its
 * keys go too, so that the next log is not a fork of this one. Throws LedgerRefusal `locked`.
 */
export function clearUnfinishedDemo(folder: string): void {
  if (!existsSync(unfinishedMark(folder))) return;
  const lock = takeWriterLock(folder);
  try {
    const stores = readdirSync(folder).filter((name) => name.startsWith('ledger.sqlite'));
    const published = [publishedFolder('ledger'), publishedFolder('snapshots'), 'staging', 'keys'];
    for (const name of [...stores, ...published])
      rmSync(join(folder, name), { recursive: true, force: true });
  } finally {
    lock.release();
  }
}

/** The ledger must be empty. Resolves when the log and a first snapshot are published. */
export async function makeDemoMarket(options: DemoMarketOptions): Promise<void> {
  const { ledger, folder, clock, packs = DEMO_PACKS } = options;
  writeFileSync(unfinishedMark(folder), 'The demo market is being made.\n');
  for (const place of [...Object.values(DEMO_PLACES), ...Object.values(NEWCOMER_PLACES)])
    ledger.addSite({ ...place, position: demoPositionOf(place) });
  ledger.setCatalogue(DEMO_PRODUCTS);
  const recorders = enrolActors(options);
  let round: SignedBytes[] = [];
  for (const act of demoActs(packs, clock())) {
    round.push(recorders[act.actor].record(recorded(act)));
    if (round.length === ROUND_EVENTS) {
      await send(ledger, round);
      round = [];
    }
  }
  await send(ledger, round);
  for (const recorder of Object.values(recorders)) recorder.retire();
  await ledger.publishNow();
  await ledger.buildSnapshotNow();
  rmSync(unfinishedMark(folder));
}

function enrolActors({ ledger, market, clock }: DemoMarketOptions): Record<DemoActor, Recorder> {
  const enrol = (actor: DemoActor) => createRecorder(ledger, market, DEMO_PLACES[actor], clock);
  return {
    ...{ maker: enrol('maker'), north: enrol('north'), south: enrol('south'), linden: enrol('linden') },
    ...{ harbour: enrol('harbour'), station: enrol('station'), authority: enrol('authority') },
  };
}

function recorded({ operation, packs, containers, batches, reason }: DemoAct): RecordedAct {
  const isAtMaker = operation === 'commission';
  const entryMode = isAtMaker ? 'file' : 'scanned';
  const seal = operation === 'supply' ? 'intact' : 'not-checked';
  return {
    ...{ operation, containers, batches, reason },
    packs: packs.map((pack) => ({ ...pack, entryMode, seal })),
  };
}

async function send(ledger: Ledger, events: readonly SignedBytes[]): Promise<void> {
  const receipts = await ledger.acceptEvents(events);
  const refused = receipts.find((receipt) => receipt.kind !== 'accepted');
  assert(refused === undefined, `the ledger takes every act of the demo market, not "${refused?.kind}"`);
}
