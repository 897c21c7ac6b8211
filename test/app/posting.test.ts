// One bad row never blocks the rest: rows that the disk has damaged, that a person has dismissed, that were signed
// under a former key, against the real intake of the server.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemorySettingsStore } from '../../src/adapters/memory-stores.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import type { OutboxRow, OutboxStore, Signer } from '../../src/app/outbox-ports.ts';
import { type DeviceKey, LedgerError, type SettingsStore } from '../../src/app/ports.ts';
import { createPosting, type Posted, type Posting } from '../../src/app/posting.ts';
import { parseBase64 } from '../../src/domain/bytes.ts';
import { deviceId, encodeEvent, eventId, NO_PREVIOUS } from '../../src/domain/event.ts';
import { assert } from '../../src/domain/result.ts';
import type { SignedEvent } from '../../src/domain/wire.ts';
import { damage, freshName } from '../support/fake-database.ts';
import { allRows } from '../support/outbox-rows.ts';
import { PACK, packs, sampleEvent } from '../support/sample-events.ts';
import { openTestLedger, type TestLedger } from '../support/signed-events.ts';

const PLACE = { organisation: 'rose', site: 'main' };
const SENT = { failure: undefined, retryAfterMs: undefined };

let on: TestLedger;
let name: string;
let store: OutboxStore;
let batches: number[];
let nowMs: number;
let settings: SettingsStore;
const clock = { nowMs: () => nowMs };

beforeEach(async () => {
  on = await openTestLedger();
  const maker = on.enrol('albus', 'plant', 'manufacturer');
  on.enrol(PLACE.organisation, PLACE.site, 'pharmacy');
  await on.ledger.acceptEvents([maker.next('commission', packs(10))]);
  name = freshName();
  store = createOutboxStore(createDatabase(name));
  batches = [];
  nowMs = 1_800_000_000_000;
  settings = createMemorySettingsStore();
});
afterEach(() => on.remove());

type Device = {
  readonly key: DeviceKey;
  readonly signer: Signer;
  record(count: number): Promise<OutboxRow[]>;
};

/** A chain of its own, in the one outbox. */
function enrol(seed: number): Device {
  const key = createMemoryDeviceKey(new Uint8Array(32).fill(seed));
  const { publicKey } = key;
  const device = deviceId(publicKey);
  on.ledger.addDevice({
    ...PLACE,
    device,
    publicKey,
    role: 'pharmacy',
    products: null,
    revoked: false,
    enrolledMs: 0,
  });
  const signer = { device, publicKey, actor: on.ledger.actorIds(PLACE.organisation, PLACE.site, device) };
  let chain = { sequence: 0, id: NO_PREVIOUS };
  async function recordNext(): Promise<OutboxRow> {
    const sequence = chain.sequence + 1;
    const nonce = `${sequence}`.padStart(32, '0');
    const event = sampleEvent('inspect', [PACK], { ...PLACE, device, sequence, previous: chain.id, nonce });
    const bytes = encodeEvent(event);
    const id = eventId(bytes);
    const signature = await key.sign(bytes);
    const head = await store.head();
    const row = { place: head.place + 1, signer, sequence, id, bytes, signature } as const;
    const waiting = { ...row, progress: { kind: 'waiting' } } as const;
    expect(await store.append(head, waiting)).toBe(true);
    chain = { sequence, id };
    return waiting;
  }
  return {
    ...{ key, signer },
    async record(count) {
      const rows: OutboxRow[] = [];
      for (let i = 0; i < count; i++) rows.push(await recordNext());
      return rows;
    },
  };
}

function signedBytes({ bytes, signature }: SignedEvent, afterLoss: readonly string[]) {
  const [event, mark] = [parseBase64(bytes), parseBase64(signature)];
  assert(event.ok && mark.ok, 'base64');
  const isAfterLoss = afterLoss.includes(eventId(event.value));
  return { bytes: event.value, signature: mark.value, isAfterLoss };
}

function post(device?: Device, isAskingHeld = false): Promise<Posted> {
  return posting(device).post(isAskingHeld);
}

/** What one tab remembers from one time to the next. */
function posting(device?: Device): Posting {
  const postEvents = async (events: readonly SignedEvent[], afterLoss: readonly string[] = []) => {
    batches.push(events.length);
    return on.ledger.acceptEvents(events.map((event) => signedBytes(event, afterLoss)));
  };
  const resign = async ({ signer, bytes }: OutboxRow) =>
    signer.device === device?.signer.device ? device.key.sign(bytes) : undefined;
  // Of the whole client, posting calls this alone.
  return createPosting({ outbox: store, settings, clock, ledger: { postEvents }, resign });
}

/** As enrolling anew does. */
async function leaveChain(): Promise<void> {
  const { place } = await store.head();
  await damage(name, 'chain', 'head', { place, sequence: 0, id: NO_PREVIOUS, device: null });
}

async function answers(): Promise<string[]> {
  return (await allRows(store)).map(({ progress }) =>
    progress.kind === 'rejected' ? progress.reason : progress.kind,
  );
}

async function spoil(row: OutboxRow, change: object): Promise<void> {
  const raw = {
    ...{ ...row, bytes: row.bytes.slice().buffer, signature: row.signature.slice().buffer, stamp: row.place },
    signer: { ...row.signer, publicKey: row.signer.publicKey.slice().buffer },
  };
  await damage(name, 'outbox', row.place, { ...raw, ...change });
}

describe('posting', () => {
  it('sends a long outbox in one batch where it fits', async () => {
    await enrol(1).record(40);
    expect(await post()).toEqual(SENT);
    expect(batches).toEqual([40]);
    expect(new Set(await answers())).toEqual(new Set(['placed']));
  });

  it('sends less at a time where a request is too much for the line, and more again where it is not', async () => {
    await enrol(1).record(240);
    const sizes: number[] = [];
    let failures = 0;
    const { post: postAgain } = createPosting({
      ...{ outbox: store, settings, clock },
      ledger: {
        async postEvents(events, afterLoss = []) {
          sizes.push(events.length);
          const bytes = events.reduce((sum, event) => sum + event.bytes.length, 0);
          if (bytes > 50_000) throw new LedgerError('timeout');
          return on.ledger.acceptEvents(events.map((event) => signedBytes(event, afterLoss)));
        },
      },
    });
    for (; failures < 10; failures++) if ((await postAgain()).failure === undefined) break;
    expect(new Set(await answers())).toEqual(new Set(['placed']));
    expect(failures).toBeLessThan(6);
    expect(sizes.slice(1).some((size, i) => size > (sizes[i] ?? 0))).toBe(true);
  });

  it('tries less at once where a proxy refuses a body of that size', async () => {
    await enrol(1).record(150);
    const { post: postOnce } = createPosting({
      ...{ outbox: store, settings, clock },
      ledger: {
        async postEvents(events, afterLoss = []) {
          batches.push(events.length);
          if (events.length > 40) throw new LedgerError('refused', { refusal: 'too-large' });
          return on.ledger.acceptEvents(events.map((event) => signedBytes(event, afterLoss)));
        },
      },
    });
    expect(await postOnce()).toEqual(SENT);
    expect(new Set(await answers())).toEqual(new Set(['placed']));
  });

  it('leaves a spoilt signature to whoever has the key', async () => {
    const device = enrol(1);
    const [row] = await device.record(2);
    assert(row, 'a row');
    await spoil(row, { signature: new ArrayBuffer(64) });
    // Alone, so that no later signature covers it.
    const one = { ...store, page: (from: number) => store.page(from, 1) };
    const postEvents = async (events: readonly SignedEvent[], afterLoss: readonly string[] = []) =>
      on.ledger.acceptEvents(events.map((event) => signedBytes(event, afterLoss)));
    expect(await createPosting({ outbox: one, settings, clock, ledger: { postEvents } }).post()).toEqual(
      SENT,
    );
    expect(await answers()).toEqual(['waiting', 'placed']);
    expect(await post(device)).toEqual(SENT);
    expect(await answers()).toEqual(['placed', 'placed']);
  });

  it('signs once more what the disk has spoilt', async () => {
    const device = enrol(1);
    const [row] = await device.record(1);
    assert(row, 'a row');
    await spoil(row, { signature: new ArrayBuffer(64) });
    expect(await post(device)).toEqual(SENT);
    expect(await answers()).toEqual(['placed']);
  });

  it('goes on behind a row whose signature nobody can make again, dismissed or not', async () => {
    const device = enrol(1);
    const [row] = await device.record(1);
    assert(row, 'a row');
    await spoil(row, { signature: new ArrayBuffer(64) });
    expect(await post()).toEqual(SENT);
    expect(await answers()).toEqual(['bad-signature']);
    await device.record(1);
    // The next one's signature covers it.
    expect(await post()).toEqual(SENT);
    expect(await answers()).toEqual(['placed', 'placed']);
    const [third] = await device.record(1);
    assert(third, 'a row');
    await spoil(third, { signature: new ArrayBuffer(64) });
    await post();
    await store.remove(third.place);
    await device.record(3);
    expect(await post()).toEqual(SENT);
    expect((await answers()).slice(2)).toEqual(['placed', 'placed', 'placed']);
  });

  it('goes on behind rows that can no longer be read, wherever they lie', async () => {
    const device = enrol(1);
    const rows = await device.record(8);
    for (const place of [1, 4, 5]) await damage(name, 'outbox', place, { bytes: 'gone' });
    expect(await post()).toEqual(SENT);
    expect(await answers()).toEqual(Array(5).fill('placed'));
    const [second] = rows;
    assert(second, 'a row');
    // Another copy of what was lost is found, and handed in after all.
    const [late] = await on.ledger.acceptEvents([second]);
    expect(late?.kind).toBe('accepted');
    await device.record(1);
    expect(await post()).toEqual(SENT);
  });

  it('goes on behind a lost row where those before it were released beside the chain', async () => {
    const device = enrol(1);
    const [first] = await device.record(1);
    await post();
    assert(first, 'a row');
    const twin = encodeEvent(
      sampleEvent('inspect', [PACK], {
        ...{
          ...PLACE,
          device: device.signer.device,
          sequence: 2,
          previous: first.id,
          nonce: 'fe'.repeat(16),
        },
      }),
    );
    await on.ledger.acceptEvents([{ bytes: twin, signature: await device.key.sign(twin) }]);
    await device.record(2);
    await post();
    expect(await answers()).toEqual(['placed', 'broken-chain', 'broken-chain']);
    for (const { id } of on.ledger.review.held(undefined, 10)) on.ledger.review.release(id);
    await post(undefined, true);
    await store.advance(
      (await allRows(store)).map((row) => {
        assert(row.progress.kind === 'placed', 'it was released');
        const { id, bytes, progress } = row;
        return { row, settled: { id, bytes, receipt: progress.receipt } };
      }),
    );
    await device.record(2);
    await damage(name, 'outbox', 4, { bytes: 'gone' });
    expect(await post()).toEqual(SENT);
    expect(await answers()).toEqual(['placed']);
  });

  it('sends rows under a former key, and each chain goes on by itself', async () => {
    const former = enrol(1);
    await former.record(3);
    await leaveChain();
    await enrol(2).record(2);
    on.ledger.review.setRevoked(former.signer.device, true);
    expect(await post()).toEqual(SENT);
    expect(await answers()).toEqual([...Array(3).fill('device-revoked'), 'placed', 'placed']);
    for (const { id } of on.ledger.review.held(undefined, 10)) on.ledger.review.release(id);
    expect(await post()).toEqual(SENT);
    expect((await answers())[0]).toBe('device-revoked');
    expect(await post(undefined, true)).toEqual(SENT);
    expect(await answers()).toEqual(Array(5).fill('placed'));
  });

  it('asks about a few at a time that wait for an administrator, in turn, and about all once some are released', async () => {
    const device = enrol(1);
    await device.record(70);
    on.ledger.review.setRevoked(device.signer.device, true);
    const { post: again } = posting();
    await again();
    expect(new Set(await answers())).toEqual(new Set(['device-revoked']));
    batches = [];
    for (let round = 0; round < 4; round++) expect(await again(true)).toEqual(SENT);
    expect(batches).toEqual([20, 20, 20, 10]);
    const held = on.ledger.review.held(undefined, 100);
    for (const { id } of held.slice(0, 69)) on.ledger.review.release(id);
    for (let round = 0; round < 4; round++) expect(await again(true)).toEqual(SENT);
    expect((await answers()).filter((each) => each === 'device-revoked')).toHaveLength(1);
    expect(batches.slice(4)).toEqual([20, 50, 1, 1, 1]);
  });

  it('stops at one chain that the server will not go on with, and sends the others', async () => {
    const [first] = await enrol(1).record(2);
    await leaveChain();
    await enrol(2).record(1);
    assert(first, 'a row');
    const receipt = { kind: 'accepted', id: first.id, index: 0, parts: 1, receiptTimeMs: 0 } as const;
    const settled = {
      id: first.id,
      bytes: first.bytes,
      receipt: {
        ...receipt,
        undoesIndex: null,
        keyIds: [1],
        containerKeyIds: [],
        batchKeyIds: [],
        repeats: [],
        locked: [],
        unchanged: [],
        alerts: [],
      },
    };
    await store.advance([{ row: first, settled }]);
    expect(await post()).toEqual({ ...SENT, failure: 'server' });
    expect(await answers()).toEqual(['waiting', 'placed']);
  });

  describe('a server that wants to be left alone', () => {
    const busy = (retryAfterMs: number) =>
      new LedgerError('refused', { refusal: 'too-many-requests', retryAfterMs });
    const refuse = (retryAfterMs: number) => {
      const ledger = { postEvents: () => Promise.reject(busy(retryAfterMs)) };
      return createPosting({ outbox: store, settings, clock, ledger }).post();
    };

    it('is by every tab and the service worker, also after a reload', async () => {
      await enrol(1).record(1);
      expect(await refuse(30_000)).toEqual({ failure: 'server', retryAfterMs: 30_000 });
      nowMs += 29_000;
      expect(await post()).toEqual({ failure: 'server', retryAfterMs: 1_000 });
      expect(batches).toEqual([]);
      nowMs += 1_000;
      expect(await post()).toEqual(SENT);
      expect(batches).toEqual([1]);
    });

    it('is not for longer than an hour, nor by a clock that was set back', async () => {
      await enrol(1).record(1);
      await refuse(86_400_000);
      nowMs += 3_599_999;
      expect(await post()).toMatchObject({ retryAfterMs: 1 });
      nowMs -= 86_400_000;
      expect(await post()).toEqual(SENT);
    });
  });
});
