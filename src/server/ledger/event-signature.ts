// Which events of a submission their devices have signed. An event names its predecessor by hash, so in an unbroken
// run of one device's events the last signature covers all of them and is the only one checked; where that one fails,
// each is checked by itself. Node's thread pool does the arithmetic, so that the process goes on meanwhile.
import { hash } from 'node:crypto';
import { type PackEvent, parseEvent } from '../../domain/event.ts';
import type { Rejection } from '../../domain/receipt.ts';
import { assert } from '../../domain/result.ts';
import { type DevicePublicKey, importDeviceKey, isSignedBy } from '../device-signature.ts';
import type { SignedBytes } from './ledger.ts';
import { createRecentMap } from './recent-map.ts';
import type { Store } from './store.ts';

const KEYS_MAX = 10_000;
/** Reading a submission of megabytes must not hold up the others for longer. */
const SLICE_MS = 20;

/** `event` and no `refusal`: the event's device has signed it. */
export type CheckedEvent = {
  readonly signed: SignedBytes;
  readonly id: string;
  readonly event: PackEvent | undefined;
  readonly refusal: Extract<Rejection, 'malformed' | 'bad-signature'> | undefined;
};

export type EventCheck = (events: readonly SignedBytes[]) => Promise<readonly CheckedEvent[]>;

export function createEventCheck(store: Pick<Store, 'device'>): EventCheck {
  const keys = createRecentMap<DevicePublicKey>(KEYS_MAX);

  // A device's id is the hash of its key, so the key behind an id never changes.
  function keyOf(device: string): DevicePublicKey | undefined {
    const known = store.device(device);
    return known && keys.get(device, () => imported(known.publicKey));
  }

  async function checkRun(run: readonly ReadEvent[]): Promise<readonly CheckedEvent[]> {
    const [first] = run;
    const last = run.at(-1);
    if (!first?.event || !last) return run.map((item) => ({ ...item, refusal: 'malformed' }));
    const key = keyOf(first.event.device);
    if (!key) return run.map((item) => ({ ...item, refusal: 'bad-signature' }));
    const check = async (item: ReadEvent): Promise<CheckedEvent> => ({
      ...item,
      refusal: (await isSigned(item, key)) ? undefined : 'bad-signature',
    });
    const checkedLast = await check(last);
    if (!checkedLast.refusal) return run.map((item) => ({ ...item, refusal: undefined }));
    return [...(await Promise.all(run.slice(0, -1).map(check))), checkedLast];
  }

  return async (events) => (await Promise.all(runsOf(await readAll(events)).map(checkRun))).flat();
}

type ReadEvent = Omit<CheckedEvent, 'refusal'>;

async function readAll(events: readonly SignedBytes[]): Promise<readonly ReadEvent[]> {
  const items: ReadEvent[] = [];
  let endMs = performance.now() + SLICE_MS;
  for (const signed of events) {
    if (performance.now() > endMs) {
      await new Promise((resolve) => setImmediate(resolve));
      endMs = performance.now() + SLICE_MS;
    }
    const event = parseEvent(signed.bytes);
    // The same as the domain's eventId, several times faster.
    const id = hash('sha256', signed.bytes, 'hex');
    items.push({ signed, id, event: event.ok ? event.value : undefined });
  }
  return items;
}

/** Cuts where an event is not the direct successor of the one before it. */
function runsOf(items: readonly ReadEvent[]): readonly (readonly ReadEvent[])[] {
  const runs: ReadEvent[][] = [];
  let before: ReadEvent | undefined;
  for (const item of items) {
    const run = before && isSuccessor(before, item) ? runs.at(-1) : undefined;
    if (run) run.push(item);
    else runs.push([item]);
    before = item;
  }
  return runs;
}

function isSuccessor({ id, event: before }: ReadEvent, { event }: ReadEvent): boolean {
  return (
    before !== undefined &&
    event !== undefined &&
    event.device === before.device &&
    event.alg === before.alg &&
    event.sequence === before.sequence + 1 &&
    event.previous === id
  );
}

/** An event names the algorithm of its device's key, and no other. */
async function isSigned({ signed, event }: ReadEvent, key: DevicePublicKey): Promise<boolean> {
  return event?.alg === key.alg && isSignedBy(key, signed.bytes, signed.signature);
}

function imported(publicKey: Uint8Array): DevicePublicKey {
  const key = importDeviceKey(publicKey);
  assert(key, 'a device was enrolled with a key');
  return key;
}
