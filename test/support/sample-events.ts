// Events and blinded ids for tests of the pure layer: real HMACs under a fixed master, no signature.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  type BlindActor,
  type BlindPack,
  batchIdMessage,
  blindIdOf,
  containerIdMessage,
  containerSubkeyMessage,
  packIdMessage,
  productIdMessage,
  productSubkeyMessage,
} from '../../src/domain/blinding.ts';
import { BARE_EVENT, encodeEvent, eventId, NO_PREVIOUS, type PackEvent } from '../../src/domain/event.ts';
import { type BlindEvent, type Entry, entriesOf } from '../../src/domain/ledger/entry.ts';
import type { Operation, Pack } from '../../src/domain/pack.ts';

const MASTER = new Uint8Array(32).fill(7);
export const KEY_ID = 1;

export const PACK: Pack = {
  productCode: 'gtin:09506000100012',
  serial: 'S1',
  batch: 'B1',
  expiry: '2031-12-31',
};

export function packs(count: number, change: Partial<Pack> = {}): Pack[] {
  return Array.from({ length: count }, (_, i) => ({ ...PACK, serial: `S${i + 1}`, ...change }));
}

export function blindPack(pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>): BlindPack {
  const subkey = hmac(sha256, MASTER, productSubkeyMessage(pack.productCode));
  const under = (message: Uint8Array) => blindIdOf(hmac(sha256, subkey, message));
  return {
    keyId: KEY_ID,
    productId: under(productIdMessage()),
    batchId: under(batchIdMessage(pack.batch)),
    packId: under(packIdMessage(pack.serial)),
  };
}

export function actor(site: number): BlindActor {
  const id = (kind: number) => `${kind}${site}`.padEnd(32, '0');
  return { organisationId: id(1), siteId: id(2), deviceId: id(3) };
}

/** An event on these packs; batches, containers and the undone event can be set by `change`. */
export function sampleEvent(
  operation: Operation,
  on: readonly Pack[],
  change: Partial<PackEvent> = {},
): PackEvent {
  return {
    ...{
      v: 1,
      alg: 'Ed25519',
      market: 'demo',
      organisation: 'org-1',
      site: 'site-1',
      device: '0a'.repeat(16),
    },
    ...{ sequence: 1, previous: NO_PREVIOUS, user: 'user-1', claimedTimeMs: 1_800_000_000_000, operation },
    packs: on.map((pack) => ({ ...pack, entryMode: 'scanned', seal: 'intact' })),
    ...{ ...BARE_EVENT, verdict: 'active', nonce: '00'.repeat(16), ...change },
  };
}

export function blindEvent(event: PackEvent, site = 1): BlindEvent {
  const containerKey = hmac(sha256, MASTER, containerSubkeyMessage());
  return {
    actor: actor(site),
    containerKeyIds: event.containers.map(() => KEY_ID),
    packs: event.packs.map(blindPack),
    containerIds: event.containers.map((sscc) =>
      blindIdOf(hmac(sha256, containerKey, containerIdMessage(sscc))),
    ),
    batches: event.batches.map(({ productCode, batch }) => {
      const { keyId, productId, batchId } = blindPack({ productCode, batch: batch ?? '', serial: '' });
      return { keyId, productId, batchId: batch === null ? '00'.repeat(16) : batchId };
    }),
  };
}

export function sampleEntries(
  event: PackEvent,
  options: { site?: number; receiptTimeMs?: number; undoesIndex?: number } = {},
): readonly Entry[] {
  return entriesOf(event, eventId(encodeEvent(event)), blindEvent(event, options.site), {
    receiptTimeMs: options.receiptTimeMs ?? 1_800_000_000_000,
    undoesIndex: options.undoesIndex,
  });
}
