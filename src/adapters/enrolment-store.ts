// Who this device is, in IndexedDB: identity and key pair in one record, the blinding keys of its scope in a store
// beside it, all as objects that the browser keeps without ever showing their bytes.
import { type Blinder, type DeviceKey, type Enrolment, type EnrolmentStore, KeyError } from '../app/ports.ts';
import { parseBase64 } from '../domain/bytes.ts';
import type { EpochKeys } from '../domain/epoch-keys.ts';
import { keysBefore, retiredKeysShape } from '../domain/ledger/trust.ts';
import { assert, err, ok } from '../domain/result.ts';
import { integer, optional, record, type Shape } from '../domain/shape.ts';
import { isSameScope, type Scope, scopeShape } from '../domain/snapshot/scope.ts';
import { type EnrolResponse, enrolResponseShape } from '../domain/wire.ts';
import { type Database, keyShape, readStored, type WriteTransaction } from './database.ts';
import { parseHead, START } from './database-chain.ts';

type KeySource = {
  readonly keyIds: readonly number[];
  key(keyId: number, name: string): Promise<CryptoKey | undefined>;
};

/** How keys are made and used, without a store's knowing. */
export type KeyTools = {
  createKeyPair(): Promise<CryptoKeyPair>;
  openKeyPair(pair: CryptoKeyPair): Promise<DeviceKey>;
  /** Wipes the bytes given. */
  importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey>;
  createBlinder(source: KeySource): Blinder;
};

// The keys are kept apart, so the response's own shape reads the identity with none.
const identityShape: Shape<Enrolment> = (value, path) => {
  if (typeof value !== 'object' || value === null) return err('malformed', `${path}: object expected`);
  const { enrolledMs, retiredKeys, ...identity } = value as Record<string, unknown>;
  const time = integer(0)(enrolledMs, `${path}.enrolledMs`);
  if (!time.ok) return time;
  const retired = retiredKeysShape(retiredKeys, `${path}.retiredKeys`);
  if (!retired.ok) return retired;
  const response = enrolResponseShape({ ...identity, keys: [] }, path);
  if (!response.ok) return response;
  return ok(enrolmentOf(response.value, time.value, retired.value));
};

const storedShape = record({
  enrolment: identityShape,
  pair: record({ publicKey: keyShape, privateKey: keyShape }),
  scope: scopeShape,
  /** The last place of rows that were signed under a former key. */
  formerPlace: optional(integer(0), 0),
});

export function createEnrolmentStore(database: Database, tools: KeyTools): EnrolmentStore {
  const pairs = new WeakMap<DeviceKey, CryptoKeyPair>();

  /** Keys are looked up one by one: a scope may have thousands. */
  async function openBlinder(scope: Scope): Promise<Blinder> {
    const mark = markOf(scope);
    const names = await database.read(['keys'], (tx) =>
      tx.objectStore('keys').getAllKeys(IDBKeyRange.bound([mark, 0], [mark, Number.POSITIVE_INFINITY])),
    );
    return tools.createBlinder({
      keyIds: names.map(([, keyId]) => keyId),
      async key(keyId, name) {
        const value = await database.read(['keys'], (tx) => tx.objectStore('keys').get([name, keyId]));
        return value === undefined ? undefined : readStored(keyShape, value, 'keys');
      },
    });
  }

  return {
    async load() {
      const value = await database.read(['enrolment'], (tx) => tx.objectStore('enrolment').get('current'));
      if (value === undefined) return undefined;
      const { enrolment, pair, scope, formerPlace } = readStored(storedShape, value, 'enrolment');
      if (formerPlace > 0) await dropFormerKeys(database);
      const key = await tools.openKeyPair(pair);
      return { enrolment, key, scope, blinder: await openBlinder(scope) };
    },

    async createKey() {
      const pair = await tools.createKeyPair();
      const key = await tools.openKeyPair(pair);
      pairs.set(key, pair);
      return key;
    },

    async save(key, response, nowMs) {
      const pair = pairs.get(key);
      assert(pair, 'a key that this store made');
      const keys = await importAll(response.keys, tools);
      const scope = response.products;
      await database.writeStrictly([...FORMER], async (tx) => {
        const { retiredKeys, formerPlace } = await leaveFormer(tx, response);
        const enrolment = enrolmentOf(response, nowMs, retiredKeys);
        const { publicKey, privateKey } = pair;
        await tx
          .objectStore('enrolment')
          .put({ enrolment, pair: { publicKey, privateKey }, scope, formerPlace }, 'current');
        await putKeys(tx, keys);
      });
    },

    async keepKeys(expected, scope, added) {
      const keys = await importAll(added, tools);
      const isKept = await database.writeStrictly(['enrolment', 'keys'], async (tx) => {
        const value: unknown = await tx.objectStore('enrolment').get('current');
        const stored = readStored(storedShape, value, 'enrolment');
        if (!isSameScope(stored.scope, expected)) return false;
        await tx.objectStore('enrolment').put({ ...stored, scope }, 'current');
        await dropOutside(tx, scope);
        await putKeys(tx, keys);
        return true;
      });
      return isKept ? openBlinder(scope) : undefined;
    },

    async borrow(lent) {
      const keys = new Map((await importAll(lent, tools)).map(({ name, key }) => [name.join('|'), key]));
      return tools.createBlinder({
        keyIds: lent.map(({ keyId }) => keyId),
        async key(keyId, name) {
          const lentKey = keys.get(`${name}|${keyId}`);
          if (lentKey) return lentKey;
          const former = [formerName(name), keyId] as const;
          const value = await database.read(['keys'], (tx) => tx.objectStore('keys').get([...former]));
          return value === undefined ? undefined : readStored(keyShape, value, 'keys');
        },
      });
    },

    changeTrust: (trust, retiredKeys) =>
      database.writeStrictly(['enrolment'], async (tx) => {
        const value = await tx.objectStore('enrolment').get('current');
        if (value === undefined) return;
        const stored = readStored(storedShape, value, 'enrolment');
        if (stored.enrolment.trust.number >= trust.number) return;
        const enrolment = { ...stored.enrolment, trust, retiredKeys };
        await tx.objectStore('enrolment').put({ ...stored, enrolment }, 'current');
      }),
  };
}

function enrolmentOf(
  { keys: _, ...identity }: EnrolResponse,
  enrolledMs: number,
  retiredKeys: readonly string[],
): Enrolment {
  return { ...identity, enrolledMs, retiredKeys };
}

/** The key that the device has of each epoch, whatever its products are. */
function markOf(scope: Scope): 'master' | 'containers' {
  return scope === null ? 'master' : 'containers';
}

type NamedKey = { readonly name: [string, number]; readonly key: CryptoKey };

function importAll(epochs: readonly EpochKeys[], { importKey }: KeyTools): Promise<readonly NamedKey[]> {
  const named = epochs.flatMap((epoch): [string, number, string][] => {
    const { keyId } = epoch;
    if (epoch.kind === 'master') return [['master', keyId, epoch.master]];
    const products = epoch.products.map(({ productCode, subkey }) => [productCode, keyId, subkey] as const);
    return [
      ['containers', keyId, epoch.containers],
      ...products.map((each): [string, number, string] => [...each]),
    ];
  });
  return Promise.all(
    named.map(async ([name, keyId, key]) => ({ name: [name, keyId], key: await importKey(parseKey(key)) })),
  );
}

function parseKey(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = parseBase64(base64);
  if (!bytes.ok || bytes.value.length !== 32) throw new KeyError('failed', 'not a blinding key');
  const key = new Uint8Array(bytes.value);
  bytes.value.fill(0);
  return key;
}

async function putKeys(tx: WriteTransaction, keys: readonly NamedKey[]): Promise<void> {
  for (const { name, key } of keys) await tx.objectStore('keys').put(key, name);
}

async function dropOutside(tx: WriteTransaction, scope: Scope): Promise<void> {
  const kept = new Set([markOf(scope), ...(scope ?? [])]);
  for (const name of await tx.objectStore('keys').getAllKeys())
    if (!kept.has(name[0]) && !isFormer(name[0])) await tx.objectStore('keys').delete(name);
}

const OF_LEDGER = ['tombstones', 'checkpoints', 'snapshot', 'pages', 'tightenings'] as const;
const FORMER = ['enrolment', 'keys', 'outbox', 'chain', ...OF_LEDGER] as const;

/**
 * A new key starts a new chain of events; what was signed under the former one stays and is still sent. Under another
 * ledger nothing of what the device has seen holds any more, and would look like a fork; under the same one it is what
 * a rollback would be noticed by, so the keys that it was seen under stay known. Gives those, and the last place of rows
 * that the former blinding keys are kept for.
 */
async function leaveFormer(
  tx: WriteTransaction,
  next: EnrolResponse,
): Promise<{ readonly retiredKeys: readonly string[]; readonly formerPlace: number }> {
  const known = parseHead(await tx.objectStore('chain').get('head'));
  const lastKey = (await tx.objectStore('outbox').openKeyCursor(null, 'prev'))?.key ?? 0;
  const place = Math.max(known.ok ? known.value.place : 0, lastKey);
  await tx.objectStore('chain').put({ ...START, place, device: next.device }, 'head');
  const former = await tx.objectStore('enrolment').get('current');
  const identity = former === undefined ? undefined : storedShape(former, 'enrolment');
  const retiredKeys = identity?.ok ? keysBefore(identity.value.enrolment, next.trust) : undefined;
  if (retiredKeys && lastKey > 0) await keepFormerKeys(tx);
  else await tx.objectStore('keys').clear();
  if (retiredKeys) return { retiredKeys, formerPlace: lastKey };
  if (identity) for (const name of OF_LEDGER) await tx.objectStore(name).clear();
  return { retiredKeys: [], formerPlace: 0 };
}

const formerName = (name: string): string => `former ${name}`;

function isFormer(name: string): boolean {
  return name.startsWith('former ');
}

/** What was signed before may name products that the new enrolment has no keys of, and must still be proven. */
async function keepFormerKeys(tx: WriteTransaction): Promise<void> {
  const store = tx.objectStore('keys');
  for (const [name, keyId] of await store.getAllKeys()) {
    if (isFormer(name)) continue;
    await store.put(await store.get([name, keyId]), [formerName(name), keyId]);
    await store.delete([name, keyId]);
  }
}

/** Once nothing is left that they could prove. */
async function dropFormerKeys(database: Database): Promise<void> {
  await database.writeStrictly(['enrolment', 'keys', 'outbox'], async (tx) => {
    const first = (await tx.objectStore('outbox').openKeyCursor())?.key ?? Number.POSITIVE_INFINITY;
    const stored = readStored(storedShape, await tx.objectStore('enrolment').get('current'), 'enrolment');
    if (first <= stored.formerPlace) return;
    await tx.objectStore('enrolment').put({ ...stored, formerPlace: 0 }, 'current');
    for (const name of await tx.objectStore('keys').getAllKeys())
      if (isFormer(name[0])) await tx.objectStore('keys').delete(name);
  });
}
