// An invented country whose packs change, day by day: what a builder of deltas is given, and what is true afterwards.
import { bytesToHex } from '../../src/domain/bytes.ts';
import { keyOf } from '../../src/domain/snapshot/batch-record.ts';
import type { FoldedBatch, PackedBatch } from '../../src/domain/snapshot/build.ts';
import type { BatchChange, IssuedBetween } from '../../src/domain/snapshot/delta.ts';
import { mergePacks, NO_PACKS, type PackedPacks } from '../../src/domain/snapshot/packs.ts';
import {
  createRandom,
  type Random,
  randomIds,
  randomStates,
  type SyntheticCountry,
  syntheticBatches,
  USUAL_SHARES,
} from './synthetic-packs.ts';

export type Day = {
  /** Share of packs that change their state. */
  readonly changed: number;
  /** New packs as a share of those issued: half in batches that exist, half in one batch of their own. */
  readonly news: number;
  /** Share of the batches that they go to; a tenth. */
  readonly toppedUp?: number;
  readonly recalls?: number;
};

export type Country = {
  batches(): readonly PackedBatch[];
  packs(): number;
  /** Lets a day pass; what it changed, in key order. */
  pass(day: Day): readonly BatchChange[];
  readonly issuedBetween: IssuedBetween;
};

export function createCountry(country: SyntheticCountry, seed = 1): Country {
  const random = createRandom(seed);
  const shares = country.shares ?? USUAL_SHARES;
  let batches: PackedBatch[] = [...syntheticBatches(country, random)];
  const packs = () => batches.reduce((sum, { batch }) => sum + batch.packs, 0);

  function pass({ changed, news, toppedUp: share = 0.1, recalls = 0 }: Day): readonly BatchChange[] {
    const newPacks = Math.round(packs() * news);
    const toppedUp = new Set([...batches.keys()].filter(() => newPacks > 0 && random() < share * 2 ** 32));
    const recalled = new Set(Array.from({ length: recalls }, () => random() % batches.length));
    const changes: BatchChange[] = [];
    batches = batches.map((before, i) => {
      const change = changeStates(random, before.packs, changed);
      const more = toppedUp.has(i)
        ? newPacksOf(random, Math.ceil(newPacks / 2 / toppedUp.size), shares)
        : NO_PACKS;
      const isRecalled = before.batch.recalled || recalled.has(i);
      const recorded = isRecalled !== before.batch.recalled || more.states.length > 0;
      const all = mergePacks(change.after, more);
      const batch: FoldedBatch = { ...before.batch, recalled: isRecalled, packs: all.states.length };
      if (recorded || change.changed.states.length > 0)
        changes.push({ batch, recorded, news: more, changed: change.changed });
      return { batch, packs: all };
    });
    if (newPacks > 0) {
      const added = newBatch(random, batches, newPacksOf(random, Math.ceil(newPacks / 2), shares));
      batches.push(added);
      changes.push({ batch: added.batch, recorded: true, news: added.packs, changed: NO_PACKS });
    }
    batches.sort(byKey);
    return changes.sort(byKey);
  }

  function* issuedBetween(first: string, last: string) {
    for (const { batch, packs } of batches)
      if (keyOf(batch) >= first && keyOf(batch) <= last) yield { batch, packs: () => packs };
  }

  return { batches: () => batches, packs, pass, issuedBetween };
}

type Keyed = { readonly batch: FoldedBatch };
const byKey = (a: Keyed, b: Keyed) => (keyOf(a.batch) < keyOf(b.batch) ? -1 : 1);

/** Active packs are supplied, a few become something rarer; others come back. */
function changeStates(random: Random, packs: PackedPacks, share: number) {
  const states = packs.states.slice();
  const ids: Uint8Array[] = [];
  const changedStates: number[] = [];
  const bound = share * 2 ** 32;
  for (let i = 0; i < states.length; i++) {
    if (random() >= bound) continue;
    const state = states[i] === 0 ? (random() % 16 === 0 ? 2 + (random() % 6) : 1) : 0;
    states[i] = state;
    ids.push(packs.ids.subarray(i * 16, i * 16 + 16));
    changedStates.push(state);
  }
  const changed = { ids: new Uint8Array(Buffer.concat(ids)), states: Uint8Array.from(changedStates) };
  return { after: { ids: packs.ids, states }, changed };
}

function newPacksOf(random: Random, count: number, shares: readonly number[]): PackedPacks {
  return { ids: randomIds(random, count), states: randomStates(random, count, shares) };
}

function newBatch(random: Random, batches: readonly PackedBatch[], packs: PackedPacks): PackedBatch {
  const { batch } = batches[random() % batches.length] as PackedBatch;
  const batchId = bytesToHex(new Uint8Array(Uint32Array.from({ length: 4 }, random).buffer));
  return { batch: { ...batch, batchId, recalled: false, packs: packs.states.length }, packs };
}
