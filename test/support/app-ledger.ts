// A small real ledger behind the app's port, made of practice's parts: it holds the demo shelf, takes the device's
// events, and lets a test play the other places of the market and make the ledger lie.
import { createPracticeBook, type PracticeBook } from '../../src/adapters/practice-book.ts';
import { createPracticeLog, type PracticeLog } from '../../src/adapters/practice-log.ts';
import { createPracticeSnapshots } from '../../src/adapters/practice-snapshot.ts';
import { type Clock, type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { parseBase64, utf8ToBytes } from '../../src/domain/bytes.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { createEpochBlinder } from '../../src/domain/epoch-blinder.ts';
import { epochKeysOf } from '../../src/domain/epoch-keys.ts';
import { deviceId, encodeEvent, type PackEvent } from '../../src/domain/event.ts';
import { findInLedger } from '../../src/domain/ledger/finding.ts';
import { trailOf } from '../../src/domain/ledger/trail.ts';
import { makeTrust, type TrustParts } from '../../src/domain/ledger/trust.ts';
import { DEMO_MARKET, type Role } from '../../src/domain/market.ts';
import { expiryNumber, type Operation, type Pack } from '../../src/domain/pack.ts';
import type { PlacedReceipt, Receipt } from '../../src/domain/receipt.ts';
import { assert, ok } from '../../src/domain/result.ts';
import type { EnrolResponse } from '../../src/domain/wire.ts';
import { sampleEvent } from './sample-events.ts';

export type TestLedger = {
  readonly client: LedgerClient;
  readonly enrolment: EnrolResponse;
  readonly book: PracticeBook;
  readonly log: PracticeLog;
  readonly snapshotLog: PracticeLog;
  /** Another place of the market does something. */
  act(operation: Operation, packs: readonly Pack[], change?: Partial<PackEvent>): PlacedReceipt;
  /** Events of the device under test that have a place in the log, in its order. */
  readonly taken: readonly { readonly id: string; readonly receipt: Receipt }[];
};

export type TestLedgerParts = {
  readonly clock: Clock;
  readonly publicKey: Uint8Array;
  readonly role: Role;
  /** Packs beyond the shelf's; another set under the same keys makes a fork. */
  readonly extra?: readonly Pack[];
  /** Signs the logs; another number is another ledger. */
  readonly keySeed?: number;
  /** Whom the device is told to demand; nobody by default. */
  readonly cosigners?: Pick<TrustParts, 'witnesses' | 'auditors'> | undefined;
};

const SALT = '5a'.repeat(16);
const OTHER_PLACE = { organisation: 'org-2', site: 'site-2' } as const;

export const MASTER = { keyId: 1, master: new Uint8Array(32).fill(7) };

export function createTestLedger(parts: TestLedgerParts): TestLedger {
  const { clock, publicKey, role, extra = [], keySeed = 1 } = parts;
  const nowMs = () => clock.nowMs();
  const blinder = createEpochBlinder(MASTER.keyId, MASTER.master);
  const log = createPracticeLog('test.packtrail.invalid/ledger', new Uint8Array(32).fill(keySeed));
  const snapshotLog = createPracticeLog(
    'test.packtrail.invalid/snapshots',
    new Uint8Array(32).fill(keySeed + 100),
  );
  const place = { organisation: 'org-1', site: 'site-1', role };
  const device = deviceId(publicKey);
  const book = createPracticeBook({
    log,
    blinder,
    rules: DEMO_MARKET,
    device: { ...place, device, publicKey },
    nowMs,
  });
  const taken: { id: string; receipt: Receipt }[] = [];
  let acts = 0;

  function act(operation: Operation, packs: readonly Pack[], change: Partial<PackEvent> = {}): PlacedReceipt {
    acts += 1;
    const nonce = acts.toString(16).padStart(32, '0');
    const there = { ...OTHER_PLACE, device: deviceId(utf8ToBytes('another')), nonce, ...change };
    const event = sampleEvent(operation, packs, there);
    return book.book(event, encodeEvent(event), nowMs());
  }

  function fill(): void {
    const issued = [...SHELF.flatMap((item) => item.issued ?? []), ...extra];
    const known = new Map(issued.map((pack) => [`${pack.productCode} ${pack.serial}`, pack]));
    act('commission', [...known.values()]);
    for (const { issued: pack, decommission, recalled, withdrawn } of SHELF) {
      if (!pack) continue;
      if (decommission) act(decommission, [pack]);
      const { productCode, batch } = pack;
      if (recalled) act('recall', [], { batches: [{ productCode, batch }] });
      if (withdrawn) act('withdraw', [], { batches: [{ productCode, batch: null }] });
    }
  }

  function take(base64: string, signature: string): Receipt {
    const receipt = book.take(decoded(base64), decoded(signature));
    if (receipt.kind === 'accepted' || receipt.kind === 'conflict') taken.push({ id: receipt.id, receipt });
    return receipt;
  }

  fill();
  const snapshots = createPracticeSnapshots({
    ...{ market: 'demo', ledgerLog: log, snapshotLog, book },
    salt: SALT,
    nowMs,
  });
  const client: LedgerClient = {
    enrol: async () => enrolment,
    keys: async ({ keyIds, products }) => ({
      keyIds: [1],
      keys: keyIds.includes(1) ? [epochKeysOf(MASTER, products)] : [],
    }),
    invite: async () => ({ code: 'c'.repeat(24), expiresMs: nowMs() + 600_000 }),
    postEvents: async (events) => events.map(({ bytes, signature }) => take(bytes, signature)),
    verify: async (pack) => ({
      finding: findInLedger(blinder.blindPack(pack), expiryNumber(pack.expiry), book.states),
      asOfMs: nowMs(),
      logSize: log.size(),
    }),
    trail: async (pack) => {
      const steps = trailOf(
        {
          ...book,
          ...{ pack: book.states.pack, prove: (index) => ok(log.prove(index)) },
          site: ({ organisation, site }) => ({ organisation, site, role: 'pharmacy' as const }),
        },
        blinder.blindPack(pack),
        place,
      );
      assert(steps.ok, 'what is in the log is proven');
      return { checkpoint: log.checkpoint(), steps: steps.value };
    },
    alerts: () => Promise.reject(new LedgerError('refused', { refusal: 'unavailable' })),
    tightenings: async (from, tag) => book.tightenings(from, tag),
    catalogue: async () => ({
      products: SHELF.map(({ printed, productName }) => ({
        productCode: printed.productCode,
        name: productName,
      })),
    }),
    checkpoint: async (name) => (name === 'ledger' ? log : snapshotLog).checkpoint(),
    cosignedCheckpoint: async () => undefined,
    logKeys: async () => undefined,
    tile: async (name, path) => found((name === 'ledger' ? log : snapshotLog).tile(path)),
    latestSnapshot: async () => snapshots.latest(),
    bundle: async (id, from, length) => inOne(found(snapshots.bundle(id)).subarray(from, from + length)),
    clockSkew: () => undefined,
    isReached: () => true,
    heldOfDevice: () => undefined,
  };
  const trust = makeTrust({
    ...{ number: 1, ledgerKeys: [log.vkey], snapshotKeys: [snapshotLog.vkey], ...parts.cosigners },
  });
  assert(trust.ok, 'the keys of two logs');
  const enrolment: EnrolResponse = {
    ...{ ...place, device, market: 'demo', siteName: 'Test site', role },
    trust: trust.value,
    actor: blinder.blindActor({ ...place, device }),
    products: null,
    keys: [epochKeysOf(MASTER, null)],
    former: null,
  };
  return { client, enrolment, book, log, snapshotLog, act, taken };
}

function decoded(base64: string): Uint8Array {
  const bytes = parseBase64(base64);
  if (!bytes.ok) throw new LedgerError('refused', { refusal: 'malformed' });
  return bytes.value;
}

/** Nothing is on its way here for long enough to come in parts. */
async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function found(bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw new LedgerError('refused', { refusal: 'not-found' });
  return bytes;
}
