// A practice ledger with its device, and the events that the device records.
import { randomBytes } from '@noble/hashes/utils.js';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createPracticeLedger } from '../../src/adapters/practice-ledger.ts';
import type { Blinder, DeviceKey, LedgerClient } from '../../src/app/ports.ts';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import { SHELF, type ShelfItem } from '../../src/domain/demo/shelf.ts';
import { BARE_EVENT, encodeEvent, eventId, NO_PREVIOUS, type PackEvent } from '../../src/domain/event.ts';
import type { Operation, Pack } from '../../src/domain/pack.ts';
import type { EnrolResponse, SignedEvent } from '../../src/domain/wire.ts';

export type LedgerUnderTest = {
  readonly ledger: LedgerClient;
  readonly enrolment: EnrolResponse;
  readonly key: DeviceKey;
  readonly blinder: Blinder;
};

export const NOW_MS = Date.UTC(2026, 10, 22, 9, 40);

export function practice(nowMs: () => number = () => NOW_MS): LedgerUnderTest {
  const key = createMemoryDeviceKey(randomBytes(32));
  const clock = { nowMs, every: () => () => undefined };
  const random = { bytes: (length: number) => randomBytes(length) };
  const { ledger, enrolment } = createPracticeLedger({ clock, random, publicKey: key.publicKey });
  return { ledger, enrolment, key, blinder: createMemoryBlinder(enrolment.keys) };
}

export type Recorded = SignedEvent & {
  readonly id: string;
  readonly event: PackEvent;
  readonly raw: Uint8Array;
};

/** Records events in one chain, as the device of this enrolment. */
export function createRecorder({ enrolment, key }: Pick<LedgerUnderTest, 'enrolment' | 'key'>) {
  let [sequence, previous] = [0, NO_PREVIOUS];
  const { market, organisation, site, device } = enrolment;
  return async function record(
    operation: Operation,
    on: readonly Pack[],
    change: Partial<PackEvent> = {},
  ): Promise<Recorded> {
    sequence += 1;
    const event: PackEvent = {
      ...{ v: 1, alg: 'Ed25519', market, organisation, site, device, sequence, previous },
      ...{ user: 'user-1', claimedTimeMs: NOW_MS, operation },
      packs: on.map((pack) => ({ ...pack, entryMode: 'scanned', seal: 'intact' })),
      ...{ ...BARE_EVENT, verdict: 'active', nonce: '00'.repeat(16), ...change },
    };
    const raw = encodeEvent(event);
    previous = eventId(raw);
    const signature = encodeBase64(await key.sign(raw));
    return { bytes: encodeBase64(raw), signature, id: previous, event, raw };
  };
}

export function shelfItem(id: string): ShelfItem {
  const item = SHELF.find((each) => each.id === id);
  if (!item) throw new Error(`no ${id} on the shelf`);
  return item;
}
