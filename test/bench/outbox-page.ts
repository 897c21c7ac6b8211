// The browser's side of the outbox bench: a device with a long outbox in the real IndexedDB, under the app's own
// modules, and the peers beside it. Built into a page and called from outbox.ts.
import { createBlinder, importKey } from '../../src/adapters/blinder.ts';
import { createBrowserClock } from '../../src/adapters/browser-clock.ts';
import { createCheckpointStore } from '../../src/adapters/checkpoint-store.ts';
import { createDatabase } from '../../src/adapters/database.ts';
import { createKeyPair, openKeyPair } from '../../src/adapters/device-key.ts';
import { createEnrolmentStore } from '../../src/adapters/enrolment-store.ts';
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
import { createLocks } from '../../src/adapters/locks.ts';
import { storedRow } from '../../src/adapters/outbox-row.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import { createSettingsStore } from '../../src/adapters/settings-store.ts';
import { createLogFollower } from '../../src/app/checkpoint-follower.ts';
import { createDelivery } from '../../src/app/delivery.ts';
import { enrolDevice } from '../../src/app/enrolment.ts';
import { createJournal } from '../../src/app/journal.ts';
import { createKeyring } from '../../src/app/keyring.ts';
import type { OutboxRow } from '../../src/app/outbox-ports.ts';
import { createPosting } from '../../src/app/posting.ts';
import { createTrustKeeper } from '../../src/app/trust-keeper.ts';
import { bytesToHex, encodeBase64 } from '../../src/domain/bytes.ts';
import { BARE_EVENT, encodeEvent, eventId, parseEvent } from '../../src/domain/event.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';

export type OutboxPage = {
  enrol(code: string, keyHash: string): Promise<void>;
  fill(packs: readonly Pack[]): Promise<void>;
  /** Until the ledger has been proven to hold all; the milliseconds, of them for posting. */
  drain(): Promise<{ readonly ms: number; readonly postMs: number }>;
  /** One request and two transactions for each event, nothing proven. */
  drainSingly(): Promise<{ readonly ms: number; readonly events: number }>;
  /** What a start reads, and the longest time for which nothing else could run. */
  start(): Promise<{ readonly ms: number; readonly blockedMs: number }>;
  /** The same read and parsed at once. */
  startAtOnce(): Promise<{ readonly ms: number; readonly blockedMs: number }>;
};

const ALL = 100_000;
const database = createDatabase('bench');
const outbox = createOutboxStore(database);
const settings = createSettingsStore(database);
const clock = createBrowserClock();
const enrolments = createEnrolmentStore(database, { createKeyPair, openKeyPair, importKey, createBlinder });
const ledger = createLedgerHttp({
  async device() {
    const identity = await enrolments.load();
    return identity && { id: identity.enrolment.device, key: identity.key };
  },
});

async function identityOf() {
  const identity = await enrolments.load();
  assert(identity, 'enrolled');
  return identity;
}

async function fill(packs: readonly Pack[]): Promise<void> {
  const { enrolment, key } = await identityOf();
  const { market, organisation, site, device, actor } = enrolment;
  const signer = { device, publicKey: key.publicKey, actor };
  let { place, sequence, id: previous } = await outbox.head();
  const rows: OutboxRow[] = [];
  for (const pack of packs) {
    sequence += 1;
    place += 1;
    const bytes = encodeEvent({
      ...{ v: 1, alg: key.alg, market, organisation, site, device, sequence, previous, user: 'user-1' },
      ...{ claimedTimeMs: Date.now(), operation: 'supply' },
      packs: [{ ...pack, entryMode: 'scanned', seal: 'intact' }],
      ...{ ...BARE_EVENT, verdict: 'active', certainty: 'on-this-device', snapshot: 'ab'.repeat(32) },
      nonce: bytesToHex(crypto.getRandomValues(new Uint8Array(16))),
    });
    previous = eventId(bytes);
    const signature = await key.sign(bytes);
    rows.push({ place, signer, sequence, id: previous, bytes, signature, progress: { kind: 'waiting' } });
  }
  // As if they had been recorded one by one, which is not what is measured.
  await database.writeStrictly(['outbox', 'chain'], async (tx) => {
    const { stamp } = await outboxStamp();
    await Promise.all(
      rows.map((row, i) => tx.objectStore('outbox').put(storedRow(row, stamp + 1 + i), row.place)),
    );
    const chain = tx.objectStore('chain');
    await chain.put({ place, sequence, id: previous, device }, 'head');
    await chain.put({ stamp: stamp + rows.length, removals: 0, removed: [] }, 'changes');
  });
  async function outboxStamp() {
    return { stamp: lastStamp };
  }
}
let lastStamp = 0;

async function drain() {
  const identity = await identityOf();
  const { enrolment, key } = identity;
  const checkpoints = createCheckpointStore(database);
  const trust = createTrustKeeper({ ledger, enrolments }, enrolment);
  const follower = createLogFollower({ ledger, checkpoints, clock }, trust);
  const keyring = createKeyring({ ports: { enrolments, ledger }, identity });
  const ports = { outbox, settings, clock, ledger, locks: createLocks() };
  const delivery = createDelivery({ ports, enrolment, key, keyring, follower });
  const startMs = performance.now();
  let postMs = 0;
  for (;;) {
    const outcome = await delivery.deliver(false);
    postMs ||= performance.now() - startMs;
    assert(outcome.failure === undefined, `delivery: ${outcome.failure}`);
    if (!outcome.pending) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const ms = performance.now() - startMs;
  assert((await outbox.page(1, 1)).rows.length === 0, 'everything has left');
  return { ms, postMs };
}

async function drainSingly() {
  const { rows } = await outbox.page(1, ALL);
  const startMs = performance.now();
  for (const row of rows) {
    const { post } = createPosting({ outbox: onlyRow(row), settings, clock, ledger });
    const { failure } = await post();
    assert(failure === undefined, `posting: ${failure}`);
    const [placed] = (await outbox.page(row.place, 1)).rows;
    assert(placed?.progress.kind === 'placed', 'answered');
    const { id, bytes } = row;
    await outbox.advance([{ row, settled: { id, bytes, receipt: placed.progress.receipt } }]);
  }
  return { ms: performance.now() - startMs, events: rows.length };
}

function onlyRow(row: OutboxRow): typeof outbox {
  let isSent = false;
  return {
    ...outbox,
    async page() {
      const rows = isSent ? [] : [row];
      isSent = true;
      return { rows, damaged: [], next: undefined };
    },
  };
}

async function blockedDuring(work: () => Promise<unknown>) {
  const channel = new MessageChannel();
  let lastMs = performance.now();
  let blockedMs = 0;
  let isOver = false;
  channel.port1.onmessage = () => {
    const nowMs = performance.now();
    blockedMs = Math.max(blockedMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) channel.port2.postMessage(0);
  };
  channel.port2.postMessage(0);
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  blockedMs = Math.max(blockedMs, performance.now() - lastMs);
  isOver = true;
  return { ms, blockedMs };
}

const page: OutboxPage = {
  async enrol(code, keyHash) {
    const enrolled = await enrolDevice({ enrolments, ledger, clock: createBrowserClock() }, code, keyHash);
    assert(enrolled.ok, `enrolled: ${JSON.stringify(enrolled)}`);
  },
  async fill(packs) {
    for (let since = 0, isMore = true; isMore; ) {
      const changes = await outbox.changes(since, ALL);
      [since, isMore, lastStamp] = [changes.stamp, changes.isMore, changes.stamp];
    }
    await fill(packs);
  },
  drain,
  drainSingly,
  async start() {
    const { enrolment } = await identityOf();
    return blockedDuring(() => createJournal(outbox, enrolment.device).read());
  },
  startAtOnce: () =>
    blockedDuring(async () => {
      const rows = await database.read(['outbox'], (tx) => tx.objectStore('outbox').getAll());
      return rows.map((row) => {
        const bytes = new Uint8Array((row as { readonly bytes: ArrayBuffer }).bytes);
        return [eventId(bytes), parseEvent(bytes), encodeBase64(bytes)];
      });
    }),
};
Object.assign(globalThis, { outboxPage: page });
