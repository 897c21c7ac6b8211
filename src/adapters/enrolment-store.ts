// Who this device is, in IndexedDB: identity, key pair and epoch masters in one record, the keys as objects that
// the browser stores without ever showing their bytes.
import { type Blinder, type DeviceKey, type Enrolment, type EnrolmentStore, KeyError } from '../app/ports.ts';
import { parseBase64 } from '../domain/bytes.ts';
import { assert, err, ok } from '../domain/result.ts';
import { integer, list, record, type Shape } from '../domain/shape.ts';
import { type EnrolResponse, enrolResponseShape } from '../domain/wire.ts';
import { type Database, readStored, type WriteTransaction } from './database.ts';
import { parseHead, START } from './database-chain.ts';

type EpochKey = { readonly keyId: number; readonly master: CryptoKey };

/** How keys are made and used, without a store's knowing. */
export type KeyTools = {
  createKeyPair(): Promise<CryptoKeyPair>;
  openKeyPair(pair: CryptoKeyPair): Promise<DeviceKey>;
  /** Wipes the bytes given. */
  importMaster(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey>;
  createBlinder(epochs: readonly EpochKey[]): Blinder;
};

const keyShape: Shape<CryptoKey> = (value, path) =>
  value instanceof CryptoKey ? ok(value) : err('malformed', `${path}: a key expected`);

const EPOCHS_MAX = 16;

// The masters are kept apart, so the response's own shape reads the identity with none.
const identityShape: Shape<Enrolment> = (value, path) => {
  if (typeof value !== 'object' || value === null) return err('malformed', `${path}: object expected`);
  const { enrolledMs, ...identity } = value as Record<string, unknown>;
  const time = integer(0)(enrolledMs, `${path}.enrolledMs`);
  if (!time.ok) return time;
  const response = enrolResponseShape({ ...identity, keys: [] }, path);
  if (!response.ok) return response;
  return ok(enrolmentOf(response.value, time.value));
};

const storedShape = record({
  enrolment: identityShape,
  pair: record({ publicKey: keyShape, privateKey: keyShape }),
  epochs: list(record({ keyId: integer(0, 0xffff_ffff), master: keyShape }), EPOCHS_MAX),
});

export function createEnrolmentStore(database: Database, tools: KeyTools): EnrolmentStore {
  const pairs = new WeakMap<DeviceKey, CryptoKeyPair>();
  return {
    async load() {
      const value = await database.read(['enrolment'], (tx) => tx.objectStore('enrolment').get('current'));
      if (value === undefined) return undefined;
      const { enrolment, pair, epochs } = readStored(storedShape, value, 'enrolment');
      return { enrolment, key: await tools.openKeyPair(pair), blinder: tools.createBlinder(epochs) };
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
      const epochs = await Promise.all(
        response.keys.map(async ({ keyId, master }) => ({
          keyId,
          master: await tools.importMaster(parseMaster(master)),
        })),
      );
      const enrolment = enrolmentOf(response, nowMs);
      await database.writeStrictly([...FORMER], async (tx) => {
        await leaveFormer(tx, enrolment);
        const { publicKey, privateKey } = pair;
        await tx
          .objectStore('enrolment')
          .put({ enrolment, pair: { publicKey, privateKey }, epochs }, 'current');
      });
    },
  };
}

function enrolmentOf({ keys: _, ...identity }: EnrolResponse, enrolledMs: number): Enrolment {
  return { ...identity, enrolledMs };
}

function parseMaster(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = parseBase64(base64);
  if (!bytes.ok || bytes.value.length !== 32) throw new KeyError('failed', 'not an epoch master');
  const master = new Uint8Array(bytes.value);
  bytes.value.fill(0);
  return master;
}

const OF_LEDGER = ['tombstones', 'checkpoints', 'snapshot', 'pages', 'tightenings'] as const;
const FORMER = ['enrolment', 'outbox', 'chain', ...OF_LEDGER] as const;

/**
 * A new key starts a new chain of events; what was signed under the former one stays and is still sent. Under another
 * ledger nothing of what the device has seen holds any more, and would look like a fork.
 */
async function leaveFormer(tx: WriteTransaction, next: Enrolment): Promise<void> {
  const known = parseHead(await tx.objectStore('chain').get('head'));
  const lastKey = (await tx.objectStore('outbox').openKeyCursor(null, 'prev'))?.key ?? 0;
  const place = Math.max(known.ok ? known.value.place : 0, lastKey);
  await tx.objectStore('chain').put({ ...START, place, device: next.device }, 'head');
  const former = await tx.objectStore('enrolment').get('current');
  if (former === undefined) return;
  const identity = storedShape(former, 'enrolment');
  if (identity.ok && identity.value.enrolment.ledgerKey === next.ledgerKey) return;
  for (const name of OF_LEDGER) await tx.objectStore(name).clear();
}
