// The load behind the append and crash benches: pharmacies that each supply one pack after the other, every event
// chained and signed as a device does it. Packs come from one wholesale commissioning; chance comes from a seed.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  BARE_EVENT,
  deviceId,
  encodeEvent,
  eventId,
  NO_PREVIOUS,
  type PackEvent,
} from '../../src/domain/event.ts';
import { DEMO_MARKET, type Role } from '../../src/domain/market.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { DeviceRecord, SignedBytes } from '../../src/server/ledger/ledger.ts';

export type LoadDevice = {
  readonly record: DeviceRecord;
  sign(operation: PackEvent['operation'], packs: readonly Pack[]): SignedBytes & { readonly id: string };
};

export function createLoadDevice(site: string, role: Role): LoadDevice {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const rawKey = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  const device = deviceId(rawKey);
  const record = {
    ...{
      device,
      publicKey: rawKey,
      organisation: 'bench',
      site,
      role,
      products: null,
      revoked: false,
      enrolledMs: 0,
    },
  };
  return { record, sign: createChain(record, privateKey) };
}

function createChain({ device, site }: DeviceRecord, key: KeyObject): LoadDevice['sign'] {
  let sequence = 0;
  let previous = NO_PREVIOUS;
  return (operation, packs) => {
    sequence += 1;
    const bytes = encodeEvent({
      ...{ v: 1, alg: 'Ed25519', market: DEMO_MARKET.market, organisation: 'bench', site, device },
      ...{ sequence, previous, user: 'user-1', claimedTimeMs: 1_800_000_000_000, operation },
      packs: packs.map((pack) => ({ ...pack, entryMode: 'scanned', seal: 'intact' })),
      ...{ ...BARE_EVENT, verdict: 'active', certainty: 'on-this-device' },
      ...{ snapshot: 'ab'.repeat(32), nonce: sequence.toString(16).padStart(32, '0') },
    });
    previous = eventId(bytes);
    return { bytes, signature: sign(null, bytes, key), id: previous };
  };
}

/** As the sites' addresses differ, so do their products; a batch has as many packs as one event may name. */
export const BATCH_PACKS = 5_000;

/** Serials are spread as makers spread them, so that neighbours in time are none in the store. */
export function packAt(number: number): Pack {
  const batch = Math.floor(number / BATCH_PACKS);
  return {
    productCode: `gtin:${String(9_506_000_100_000 + (batch % 40)).padStart(14, '0')}`,
    serial: `${((number * 2_654_435_761) % 4_294_967_296).toString(36)}X${number.toString(36)}`.toUpperCase(),
    batch: `B${batch}`,
    expiry: '2099-12-31',
  };
}

/** Which pack the n-th event of the load supplies: not the order in which they were made. `count` of them, once each. */
export function shuffledPack(n: number, count: number): Pack {
  // A multiplier that shares no factor with the count visits each number once.
  let step = 514_229;
  while (gcd(step, count) > 1) step += 2;
  return packAt((n * step) % count);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
