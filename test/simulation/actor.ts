// Those of the market who have no phone here: the maker, the authority, a pharmacy elsewhere. Their events come straight
// to the server, and again until it has answered.
import { deviceId, encodeEvent, eventId, NO_PREVIOUS, type PackEvent } from '../../src/domain/event.ts';
import type { Operation, Pack } from '../../src/domain/pack.ts';
import type { Ledger, SignedBytes, SiteRecord } from '../../src/server/ledger/ledger.ts';
import { sampleEvent } from '../support/sample-events.ts';
import type { Chance } from './chance.ts';
import { createSeededKey } from './seeded-keys.ts';

export type Actor = {
  enrol(ledger: Ledger): void;
  record(operation: Operation, packs: readonly Pack[], change?: Partial<PackEvent>): Promise<void>;
  /** Sends what has not been answered yet; what the server does not survive waits for its next life. */
  send(ledger: Ledger | undefined): Promise<void>;
};

export function createActor(place: Pick<SiteRecord, 'site' | 'role'>, chance: Chance): Actor {
  const key = createSeededKey(chance.bytes(32));
  const { site, role } = place;
  const at = { organisation: site, site } as const;
  const device = deviceId(key.publicKey);
  let sequence = 0;
  let previous = NO_PREVIOUS;
  let waiting: readonly SignedBytes[] = [];

  return {
    enrol(ledger) {
      ledger.addSite({ ...at, role, organisationName: site, siteName: site });
      const products = null;
      ledger.addDevice({
        device,
        publicKey: key.publicKey,
        ...at,
        role,
        products,
        revoked: false,
        enrolledMs: 0,
      });
    },
    async record(operation, packs, change = {}) {
      sequence += 1;
      const nonce = sequence.toString(16).padStart(32, '0');
      const bytes = encodeEvent(
        sampleEvent(operation, packs, { ...at, device, sequence, previous, nonce, ...change }),
      );
      previous = eventId(bytes);
      waiting = [...waiting, { bytes, signature: await key.sign(bytes) }];
    },
    async send(ledger) {
      if (!ledger || waiting.length === 0) return;
      const answered = await ledger.acceptEvents(waiting).catch(() => undefined);
      if (answered) waiting = [];
    },
  };
}
