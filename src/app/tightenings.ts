// Recalls, withdrawals and locks do not wait for the next snapshot: the device asks for them by themselves, each half
// minute, apart from everything else that it loads or sends. One counts once its entry is proven to stand in the log
// that the device follows, and until a snapshot that contains it is in use. It can only make a verdict stricter.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { openTightenings, tightens } from '../domain/ledger/tightening.ts';
import { expiryNumber, type Pack } from '../domain/pack.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Tightened } from '../domain/verdict.ts';
import type { TighteningsResponse } from '../domain/wire.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded } from './failure.ts';
import type { Blinder, Ports } from './ports.ts';
import type { HeldTightening } from './ports-tightening.ts';
import type { SyncFailure } from './sync-model.ts';

/** Half of the minute within which a recall is to be known. */
export const TIGHTENING_PERIOD_MS = 30_000;

/** What a device far behind asks for in one go; the rest comes with the next round. */
const ANSWERS_MAX = 16;

/** News since the snapshot: thousands would mean that snapshots have stood still for long. */
const HELD_MAX = 8_192;

export type Tightenings = {
  /** Why what is new could not be had, or was refused. */
  readonly failure: ReadonlySignal<SyncFailure | undefined>;
  /** Fails without throwing. */
  poll(): Promise<void>;
  /**
   * What has become of the pack beyond data that holds the log's first `logSize` entries. `undone`: ids of events
   * that this device has reversed since. Throws StoreError and KeyError.
   */
  about(pack: Pack, logSize: number, undone: ReadonlySet<string>): Promise<readonly Tightened[]>;
  /** A snapshot that holds the log's first entries is in use. Throws StoreError. */
  sweep(logSize: number): Promise<void>;
};

export type TighteningsContext = {
  readonly ports: Pick<Ports, 'clock' | 'ledger' | 'surroundings' | 'tightenings'>;
  readonly follower: Pick<LogFollower, 'openNote' | 'reconcile'>;
  readonly blinder: Blinder;
};

export function createTightenings({ ports, follower, blinder }: TighteningsContext): Tightenings {
  const { clock, ledger, surroundings, tightenings: store } = ports;
  const failure = signal<SyncFailure | undefined>(undefined);
  /** By log index: what the store holds, and what it could not take. */
  const known = new Map<number, HeldTightening>();
  let unstored: readonly HeldTightening[] = [];
  let snapshotSize = 0;
  /** Where to ask from. Not told by the store: another tab may use a newer snapshot and hold only what came after. */
  let heardTo = 0;
  /** The last answer that brought nothing. */
  let empty: { readonly from: number; readonly tag: string } | undefined;
  let running: Promise<void> | undefined;

  function poll(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function run(): Promise<void> {
    if (!surroundings.online() || !surroundings.visible()) return;
    const polled = await guarded(takeNews);
    const stored = await guarded(storeRest);
    const failed = [polled, stored].find((each) => !each.ok);
    failure.value = failed && !failed.ok ? failed.error : undefined;
  }

  async function takeNews(): Promise<Result<undefined, SyncFailure>> {
    for (let answers = 0; answers < ANSWERS_MAX; answers++) {
      const from = heardTo;
      const answer = await ledger.tightenings(from, empty?.from === from ? empty.tag : undefined);
      if (!answer) break;
      const taken = await take(answer, from);
      if (!taken.ok) return taken;
      if (answer.next === null) break;
    }
    return ok(undefined);
  }

  async function take(answer: TighteningsResponse, from: number): Promise<Result<undefined, SyncFailure>> {
    const checkpoint = await follower.openNote('ledger', answer.checkpoint);
    if (!checkpoint.ok) return checkpoint;
    const reconciled = await follower.reconcile('ledger', checkpoint.value);
    if (!reconciled.ok) return reconciled;
    const opened = openTightenings(answer, from, checkpoint.value);
    if (!opened.ok) return opened;
    if (known.size + opened.value.length > HELD_MAX) return err('storage-full', 'too much news');
    const receivedMs = clock.nowMs();
    const news = opened.value.map((each) => known.get(each.index) ?? { ...each, receivedMs });
    // In use at once, whatever becomes of the disk.
    for (const each of news) known.set(each.index, each);
    unstored = [...unstored, ...news];
    heardTo = Math.max(heardTo, (news.at(-1)?.index ?? -1) + 1);
    if (news.length === 0) empty = { from, tag: answer.tag };
    return ok(undefined);
  }

  async function storeRest(): Promise<Result<undefined, SyncFailure>> {
    if (unstored.length > 0) await store.add(unstored);
    unstored = [];
    return ok(undefined);
  }

  // Other tabs take news too, and sweep for snapshots that this one does not use yet: what it knows, it keeps.
  async function readStore(): Promise<void> {
    for (const each of await store.all())
      if (each.index >= snapshotSize && !known.has(each.index)) known.set(each.index, each);
  }

  async function about(
    pack: Pack,
    logSize: number,
    undone: ReadonlySet<string>,
  ): Promise<readonly Tightened[]> {
    await readStore();
    const news = [...known.values()].filter(({ index, eventId }) => index >= logSize && !undone.has(eventId));
    if (news.length === 0) return [];
    const expiry = expiryNumber(pack.expiry);
    const found: Tightened[] = [];
    for (const keyId of blinder.keyIds) {
      const blind = await blinder.blindPack(keyId, pack);
      if (blind) found.push(...news.filter((each) => tightens(each, blind, expiry)));
    }
    return found;
  }

  async function sweep(logSize: number): Promise<void> {
    // What an older snapshot does not hold, this device may have dropped.
    heardTo = logSize < snapshotSize ? logSize : Math.max(heardTo, logSize);
    snapshotSize = logSize;
    unstored = unstored.filter(({ index }) => index >= logSize);
    for (const index of [...known.keys()]) if (index < logSize) known.delete(index);
    await store.sweep(logSize);
  }

  return { failure, poll, about, sweep };
}
