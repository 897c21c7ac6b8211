import { openDB } from 'idb';
import { describe, expect, test } from 'vitest';
import { createBlinder, importKey } from '../../src/adapters/blinder.ts';
import { createCheckpointStore } from '../../src/adapters/checkpoint-store.ts';
import { createDatabase, type Database } from '../../src/adapters/database.ts';
import { createKeyPair, openKeyPair } from '../../src/adapters/device-key.ts';
import { createEnrolmentStore } from '../../src/adapters/enrolment-store.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import { createSnapshotStore } from '../../src/adapters/snapshot-store.ts';
import { createTighteningStore } from '../../src/adapters/tightening-store.ts';
import { createKeyring } from '../../src/app/keyring.ts';
import type { EnrolmentStore, LedgerClient } from '../../src/app/ports.ts';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import type { KeysRequest } from '../../src/domain/wire.ts';
import { damage, freshDatabase, freshName, stored } from '../support/fake-database.ts';
import { allRows, allTombstones } from '../support/outbox-rows.ts';
import {
  enrolmentStoreSuite,
  enrolResponse,
  epochKeys,
  trustOf,
  trustUnder,
} from '../support/port-suites/enrolment-store.ts';
import { outboxRow, START, tombstoneFor } from '../support/port-suites/outbox-store.ts';
import { samplePage, storedSnapshot } from '../support/port-suites/snapshot-store.ts';
import { heldTightening } from '../support/port-suites/tightening-store.ts';
import { blindPack, PACK } from '../support/sample-events.ts';

const tools = { createKeyPair, openKeyPair, importKey, createBlinder };
const open = (database: Database) => createEnrolmentStore(database, tools);

enrolmentStoreSuite('IndexedDB', async () => open(freshDatabase()));

async function enrolled(name: string) {
  const store = open(createDatabase(name));
  const key = await store.createKey();
  await store.save(key, enrolResponse(key.publicKey), 1);
  return store;
}

test('no key that is stored can be exported', async () => {
  const name = freshName();
  const store = await enrolled(name);
  const { pair } = (await stored(name, 'enrolment', 'current')) as { pair: CryptoKeyPair };
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
  await expectSealed(name, ['master']);
  const scope = ['gtin:09506000100012', 'ppn:119000001525'];
  await store.keepKeys(null, scope, epochKeys([1, 2], scope));
  await expectSealed(name, ['containers', ...scope]);
});

/** Of two epochs these keys are there, no others, and none shows its bytes. */
async function expectSealed(name: string, names: readonly string[]): Promise<void> {
  const db = await openDB(name);
  const keys = await db.getAllKeys('keys');
  expect(keys).toEqual(names.flatMap((each) => [1, 2].map((keyId) => [each, keyId])));
  for (const key of await db.getAll('keys')) {
    expect(key).toBeInstanceOf(CryptoKey);
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
  }
  db.close();
}

test('a device that was enrolled before keys had a store of their own keeps its masters', async () => {
  const name = freshName();
  const pair = await createKeyPair();
  const { keys: _, products: __, ...identity } = enrolResponse(new Uint8Array(32));
  const master = await importKey(new Uint8Array(32).fill(7));
  const former = await openDB(name, 2, {
    upgrade(db) {
      for (const each of ['enrolment', 'outbox', 'chain', 'snapshot', 'pages', 'settings', 'evidence'])
        db.createObjectStore(each);
      for (const each of ['tombstones', 'checkpoints', 'tightenings']) db.createObjectStore(each);
    },
  });
  const enrolment = { ...identity, enrolledMs: 5, retiredKeys: [] };
  await former.put('enrolment', { enrolment, pair, epochs: [{ keyId: 1, master }] }, 'current');
  former.close();
  const loaded = await open(createDatabase(name)).load();
  expect(loaded?.enrolment).toEqual({ ...enrolment, products: null });
  expect([loaded?.scope, loaded?.blinder.keyIds]).toEqual([null, [1]]);
  expect(await loaded?.blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
});

test('what was damaged on disk is told, never taken for a device that was not enrolled', async () => {
  const name = freshName();
  const store = await enrolled(name);
  const good = (await stored(name, 'enrolment', 'current')) as Record<string, object>;
  const other = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  for (const value of [
    ...[
      null,
      {},
      { ...good, enrolment: undefined },
      { ...good, enrolment: { ...good.enrolment, role: 'king' } },
    ],
    ...[
      { ...good, enrolment: { ...good.enrolment, enrolledMs: -1 } },
      { ...good, pair: {} },
    ],
    ...[
      { ...good, pair: { publicKey: 'a', privateKey: 'b' } },
      { ...good, scope: undefined },
      { ...good, scope: ['all'] },
    ],
  ]) {
    await damage(name, 'enrolment', 'current', value);
    await expect(store.load()).rejects.toMatchObject({ name: 'StoreError', code: 'damaged' });
  }
  await damage(name, 'enrolment', 'current', good);
  await damage(name, 'keys', ['master', 1], 'm');
  const { blinder } = (await store.load()) ?? {};
  await expect(blinder?.blindPack(1, PACK)).rejects.toMatchObject({ name: 'StoreError', code: 'damaged' });
  await damage(name, 'enrolment', 'current', { ...good, pair: { ...other } });
  await expect(store.load()).rejects.toMatchObject({ name: 'KeyError', code: 'lost' });
});

test('keys of a wrong length are refused before anything is stored', async () => {
  const store = open(freshDatabase());
  const key = await store.createKey();
  for (const master of ['', 'AAAA', 'not base64', encodeBase64(new Uint8Array(33))])
    await expect(
      store.save(key, enrolResponse(key.publicKey, { keys: [{ kind: 'master', keyId: 1, master }] }), 1),
    ).rejects.toMatchObject({ name: 'KeyError', code: 'failed' });
  expect(await store.load()).toBeUndefined();
});

describe('enrolling again', () => {
  async function used() {
    const name = freshName();
    const store = await enrolled(name);
    const database = createDatabase(name);
    const outbox = createOutboxStore(database);
    const checkpoints = createCheckpointStore(database);
    const snapshots = createSnapshotStore(database);
    const row = { ...outboxRow(1), signer: await signerOf(store) };
    expect(await outbox.append(START, row)).toBe(true);
    await checkpoints.replace('ledger', undefined, 'a\n');
    const page = samplePage(1);
    await snapshots.putPages([page]);
    await snapshots.adopt(storedSnapshot(1), [page.sha256]);
    const tightenings = createTighteningStore(database);
    await tightenings.add([heldTightening(3)]);
    return { store, row, outbox, checkpoints, snapshots, tightenings };
  }

  async function signerOf(store: EnrolmentStore) {
    const identity = await store.load();
    if (!identity) throw new Error('not enrolled');
    const { device, actor } = identity.enrolment;
    return { device, actor, publicKey: identity.key.publicKey };
  }

  test('keeps what waits under the former key, and adds nothing more under it', async () => {
    const { store, row, outbox } = await used();
    const key = await store.createKey();
    await store.save(key, enrolResponse(key.publicKey), 2);
    expect(await allRows(outbox)).toEqual([row]);
    const head = await outbox.head();
    expect(head).toEqual({ ...START, place: 1 });
    // A tab that is still open under the former identity.
    await expect(outbox.append(head, { ...row, place: 2 })).rejects.toMatchObject({ code: 'replaced' });
    const next = { ...row, place: 2, signer: await signerOf(store) };
    expect(await outbox.append(head, next)).toBe(true);
  });

  test('can prove what waits, whatever the new scope, and then lets the former keys go', async () => {
    const { store, row, outbox } = await used();
    const key = await store.createKey();
    const narrow = ['gtin:09506000999990'];
    const keys = epochKeys([1, 2], narrow);
    await store.save(key, enrolResponse(key.publicKey, { products: narrow, keys }), 2);
    const reachOf = async () => {
      const identity = await store.load();
      if (!identity) throw new Error('not enrolled');
      expect(await identity.blinder.blindPack(1, PACK)).toBe(undefined);
      // The server grants nothing beyond the scope.
      const answer = async ({ keyIds }: KeysRequest) => ({ keyIds: [1, 2], keys: epochKeys(keyIds, []) });
      const ledger: Pick<LedgerClient, 'keys'> = { keys: answer };
      const ports = { enrolments: store, ledger: ledger as LedgerClient };
      return (await createKeyring({ ports, identity }).reach([PACK.productCode], [1])).blindPack(1, PACK);
    };
    expect(await reachOf()).toEqual(blindPack(PACK));
    await store.keepKeys(narrow, [], []);
    expect(await reachOf()).toEqual(blindPack(PACK));
    await outbox.advance([{ row, settled: tombstoneFor(row, 5) }]);
    expect(await reachOf()).toBe(undefined);
  });

  test('with the same ledger starts a new chain and keeps the data', async () => {
    const { store, outbox, checkpoints, snapshots, tightenings } = await used();
    await outbox.advance([{ row: outboxRow(1), settled: tombstoneFor(outboxRow(1), 5) }]);
    const key = await store.createKey();
    await store.save(key, enrolResponse(key.publicKey), 2);
    expect(await tightenings.all()).toHaveLength(1);
    expect(await outbox.head()).toEqual({ ...START, place: 1 });
    expect(await allTombstones(outbox)).toHaveLength(1);
    expect(await checkpoints.latest('ledger')).toBe('a\n');
    expect(await snapshots.current()).toEqual(storedSnapshot(1));
  });

  test('with the same ledger under other keys still knows what a rollback would be noticed by', async () => {
    const { store, checkpoints, snapshots } = await used();
    const key = await store.createKey();
    await store.save(key, enrolResponse(key.publicKey, { trust: trustUnder(9) }), 2);
    expect(await checkpoints.latest('ledger')).toBe('a\n');
    expect(await snapshots.current()).toEqual(storedSnapshot(1));
  });

  test('with another ledger forgets what the former one said', async () => {
    const { store, outbox, checkpoints, snapshots, tightenings } = await used();
    await outbox.advance([{ row: outboxRow(1), settled: tombstoneFor(outboxRow(1), 5) }]);
    const key = await store.createKey();
    await store.save(key, enrolResponse(key.publicKey, { trust: trustOf('other.example', 9) }), 2);
    expect(await allTombstones(outbox)).toEqual([]);
    expect(await checkpoints.latest('ledger')).toBeUndefined();
    expect(await snapshots.current()).toBeUndefined();
    expect(await tightenings.all()).toEqual([]);
    expect((await snapshots.heldPages()).has(samplePage(1).sha256)).toBe(false);
  });
});
