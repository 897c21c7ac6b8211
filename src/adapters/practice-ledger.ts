// Practice: a small ledger in the browser's memory, filled with the demo market's packs. Nothing of it reaches a
// server; everything else is real - events, fold, tree, checkpoints, snapshots - so that what one learns here holds.
import { type Clock, type LedgerClient, LedgerError, type LogName, type RandomSource } from '../app/ports.ts';
import { bytesToHex, parseBase64, utf8ToBytes } from '../domain/bytes.ts';
import { demoActs } from '../domain/demo/journey.ts';
import { DEMO_PLACES, type DemoPlace, NEWCOMER_PLACES } from '../domain/demo/places.ts';
import { DEMO_PRODUCTS } from '../domain/demo/products.ts';
import { createEpochBlinder } from '../domain/epoch-blinder.ts';
import { epochKeysOf } from '../domain/epoch-keys.ts';
import { BARE_EVENT, deviceId, encodeEvent, eventId, NO_PREVIOUS, type PackEvent } from '../domain/event.ts';
import { findInLedger } from '../domain/ledger/finding.ts';
import { makeTrust } from '../domain/ledger/trust.ts';
import { DEMO_MARKET } from '../domain/market.ts';
import { expiryNumber } from '../domain/pack.ts';
import { assert, ok } from '../domain/result.ts';
import type { EnrolResponse } from '../domain/wire.ts';
import { createPracticeBook, type PracticeBook } from './practice-book.ts';
import { createPracticeLog } from './practice-log.ts';
import { createPracticeSnapshots } from './practice-snapshot.ts';

export type PracticeLedger = {
  readonly ledger: LedgerClient;
  /** What a server would have answered to the device's enrolment. */
  readonly enrolment: EnrolResponse;
};

/** `publicKey`: of the device that practises. */
export function createPracticeLedger(parts: {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly publicKey: Uint8Array;
}): PracticeLedger {
  const { clock, random, publicKey } = parts;
  const nowMs = () => clock.nowMs();
  const { market } = DEMO_MARKET;
  const place = NEWCOMER_PLACES.pharmacy;
  const device = deviceId(publicKey);
  const master = random.bytes(32);
  const blinder = createEpochBlinder(KEY_ID, master);
  // `.invalid` (RFC 2606): an origin is a name, and this one must never resolve to a host.
  const ledgerLog = createPracticeLog('practice.packtrail.invalid/ledger', random.bytes(32));
  const snapshotLog = createPracticeLog('practice.packtrail.invalid/snapshots', random.bytes(32));
  const logOf = (name: LogName) => (name === 'ledger' ? ledgerLog : snapshotLog);
  const self = { ...place, device, publicKey };
  const book = createPracticeBook({ log: ledgerLog, blinder, rules: DEMO_MARKET, device: self, nowMs });
  fillMarket(book, random, nowMs());
  const salt = bytesToHex(random.bytes(16));
  const snapshots = createPracticeSnapshots({ market, ledgerLog, snapshotLog, book, salt, nowMs });
  const trust = makeTrust({ number: 1, ledgerKeys: [ledgerLog.vkey], snapshotKeys: [snapshotLog.vkey] });
  assert(trust.ok, 'the keys of the practice logs');
  const { organisation, site, siteName, role } = place;

  return {
    ledger: {
      enrol: refuse,
      keys: async ({ keyIds, products }) => ({
        keyIds: [KEY_ID],
        keys: keyIds.includes(KEY_ID) ? [epochKeysOf({ keyId: KEY_ID, master }, products)] : [],
      }),
      invite: refuse,
      postEvents: async (events) =>
        events.map(({ bytes, signature }) => book.take(decoded(bytes), decoded(signature))),
      verify: async (pack) => ({
        finding: findInLedger(blinder.blindPack(pack), expiryNumber(pack.expiry), book.states),
        asOfMs: nowMs(),
        logSize: ledgerLog.size(),
      }),
      trail: async (pack) => {
        // Journeys come with the first one.
        const { trailOf } = await import('../domain/ledger/trail.ts').catch(refuse);
        const prove = (index: number) => ok(ledgerLog.prove(index));
        const view = { ...book, pack: book.states.pack, prove, site: siteOf };
        const steps = trailOf(view, blinder.blindPack(pack), place);
        assert(steps.ok, 'what is in the log is proven');
        return { checkpoint: ledgerLog.checkpoint(), steps: steps.value };
      },
      tightenings: async (from, tag) => book.tightenings(from, tag),
      catalogue: async () => ({ products: DEMO_PRODUCTS }),
      alerts: refuse,
      checkpoint: async (log) => logOf(log).checkpoint(),
      cosignedCheckpoint: async () => undefined,
      logKeys: async () => undefined,
      tile: async (log, path) => found(logOf(log).tile(path)),
      latestSnapshot: async () => snapshots.latest(),
      bundle: async (id, from, length) => inOne(found(snapshots.bundle(id)).subarray(from, from + length)),
      clockSkew: () => undefined,
      isReached: () => true,
      heldOfDevice: () => undefined,
    },
    enrolment: {
      ...{ device, market, organisation, site, siteName, role },
      trust: trust.value,
      actor: blinder.blindActor({ organisation, site, device }),
      products: null,
      keys: [epochKeysOf({ keyId: KEY_ID, master }, null)],
      former: null,
    },
  };
}

const KEY_ID = 1;

/** The shelf's packs, and the fewest others that the demo market can do with. */
const PACKS = 64;

/** The market's last act is this old; those before it lie some hours apart, as a trail should look. */
const LAST_ACT_MS = 3_600_000;
const BETWEEN_ACTS_MS = 5 * 3_600_000;

function fillMarket(book: PracticeBook, random: RandomSource, nowMs: number): void {
  const chains = new Map<string, { readonly sequence: number; readonly previous: string }>();
  const acts = [...demoActs(PACKS, nowMs)];
  acts.forEach(({ actor, packs, ...act }, i) => {
    const { organisation, site } = DEMO_PLACES[actor];
    const { sequence, previous } = chains.get(site) ?? { sequence: 1, previous: NO_PREVIOUS };
    const claimedTimeMs = nowMs - LAST_ACT_MS - (acts.length - 1 - i) * BETWEEN_ACTS_MS;
    const event: PackEvent = {
      ...{ v: 1, alg: 'Ed25519', market: DEMO_MARKET.market, organisation, site },
      ...{ device: deviceId(utf8ToBytes(site)), sequence, previous, user: 'demo', claimedTimeMs },
      ...{ ...BARE_EVENT, ...act },
      packs: packs.map((pack) => ({ ...pack, entryMode: 'file', seal: 'not-checked' })),
      nonce: bytesToHex(random.bytes(16)),
    };
    const bytes = encodeEvent(event);
    chains.set(site, { sequence: sequence + 1, previous: eventId(bytes) });
    const { kind } = book.book(event, bytes, claimedTimeMs);
    assert(kind === 'accepted', kind);
  });
}

const PLACES: readonly DemoPlace[] = [...Object.values(DEMO_PLACES), ...Object.values(NEWCOMER_PLACES)];

function siteOf(event: { readonly organisation: string; readonly site: string }) {
  const place = PLACES.find((each) => each.organisation === event.organisation && each.site === event.site);
  return place ? { organisation: place.organisationName, site: place.siteName, role: place.role } : null;
}

const refuse = () => Promise.reject(new LedgerError('refused', { refusal: 'unavailable' }));

/** Nobody but the app itself sends here. */
function decoded(base64: string): Uint8Array {
  const bytes = parseBase64(base64);
  assert(bytes.ok, base64);
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
