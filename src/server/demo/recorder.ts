// A device that lives in this process: signs events in one unbroken chain, as a phone would. The demo market's
// organisations act through it, so that nothing they do bypasses the ledger's checks.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import {
  BARE_EVENT,
  deviceId,
  encodeEvent,
  eventId,
  NO_PREVIOUS,
  type PackEvent,
} from '../../domain/event.ts';
import type { Ledger, SignedBytes, SiteRecord } from '../ledger/ledger.ts';

/** What differs from event to event; the rest is the device's. */
export type RecordedAct = Pick<PackEvent, 'operation' | 'packs'> &
  Partial<Pick<PackEvent, 'containers' | 'batches' | 'undoes' | 'reason' | 'reference'>>;

export type Recorder = {
  readonly device: string;
  record(act: RecordedAct): SignedBytes;
  /** The ledger takes nothing more from this device; what it recorded stays. */
  retire(): void;
};

/** Enrols a new device at the site. Its key exists in this process alone. */
export function createRecorder(
  ledger: Ledger,
  market: string,
  place: SiteRecord,
  clock: () => number,
): Recorder {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  // RFC 8410: the last 32 bytes of an Ed25519 key's SPKI are the key.
  const rawKey = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  const device = deviceId(rawKey);
  const { organisation, site, role } = place;
  const entry = { device, publicKey: rawKey, organisation, site, role, products: null, enrolledMs: clock() };
  ledger.addDevice({ ...entry, revoked: false });
  let sequence = 0;
  let previous = NO_PREVIOUS;
  return {
    device,
    record(act) {
      const bytes = encodeEvent({
        ...{ v: 1, alg: 'Ed25519', market, organisation, site, device },
        ...{ sequence: ++sequence, previous, user: 'demo', claimedTimeMs: clock() },
        ...{ ...BARE_EVENT, ...act, nonce: randomBytes(16).toString('hex') },
      });
      previous = eventId(bytes);
      return { bytes, signature: new Uint8Array(sign(null, bytes, privateKey)) };
    },
    retire: () => ledger.addDevice({ ...entry, revoked: true }),
  };
}
