// The state that the fold left: packs, batches, withdrawn products.
import type { DatabaseSync } from 'node:sqlite';
import { BLIND_ID_BYTES } from '../../../domain/blinding.ts';
import type { BatchRecord } from '../../../domain/ledger/fold.ts';
import { PACK_STATES, type PackState } from '../../../domain/pack.ts';
import type { BatchReading } from '../../../domain/snapshot/layers.ts';
import { joinPacks, type PackedPacks } from '../../../domain/snapshot/packs.ts';
import { createRecentMap } from '../recent-map.ts';
import type { Store } from '../store.ts';
import { blob, bytesOf, damaged, type Forgetful, hexOf, numberOf, type Row } from './rows.ts';

const ID_HEX = 32;

/** Packs are too many and too random to be worth remembering; batches and products are few. */
const BATCHES_MAX = 10_000;
const PRODUCTS_MAX = 10_000;

export function createFoldTables(
  database: DatabaseSync,
): Pick<Store, 'pack' | 'putPack' | 'batch' | 'putBatch' | 'withdrawn' | 'putWithdrawn'> & Forgetful {
  const batches = createRecentMap<BatchRecord | null>(BATCHES_MAX);
  const products = createRecentMap<boolean>(PRODUCTS_MAX);
  const pack = database.prepare(
    `SELECT batch_id, key_id, state, winner_index, winner_site_id, conflict_open FROM packs
     WHERE product_id = ? AND pack_id = ?`,
  );
  // Most changes are to packs that stand, and their whole key is known: no need to look them up by serial first.
  const changePack = database.prepare(
    `UPDATE packs SET state = ?, winner_index = ?, winner_site_id = ?, conflict_open = ?
     WHERE product_id = ? AND batch_id = ? AND pack_id = ?`,
  );
  const addPack = database.prepare('INSERT INTO packs VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const batch = database.prepare('SELECT * FROM batches WHERE product_id = ? AND batch_id = ?');
  const putBatch = database.prepare('INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?, ?)');
  const withdrawn = database.prepare('SELECT 1 FROM withdrawn WHERE product_id = ?');
  const putWithdrawn = database.prepare('INSERT OR IGNORE INTO withdrawn VALUES (?)');

  function readBatch(key: string): BatchRecord | null {
    const row = batch.get(blob(key.slice(0, ID_HEX)), blob(key.slice(ID_HEX)));
    return row ? batchOf(row) : null;
  }

  return {
    pack(key) {
      const productId = key.slice(0, ID_HEX);
      const row = pack.get(blob(productId), blob(key.slice(ID_HEX)));
      return (
        row && {
          state: stateOf(row),
          keyId: numberOf(row, 'key_id'),
          productId,
          batchId: hexOf(row, 'batch_id'),
          winnerIndex: numberOf(row, 'winner_index'),
          winnerSiteId: hexOf(row, 'winner_site_id'),
          conflictOpen: numberOf(row, 'conflict_open') === 1,
        }
      );
    },
    putPack(key, record) {
      const ids = [blob(record.productId), blob(record.batchId), blob(key.slice(ID_HEX))] as const;
      const state = PACK_STATES.indexOf(record.state);
      const winner = [record.winnerIndex, blob(record.winnerSiteId), record.conflictOpen ? 1 : 0] as const;
      if (changePack.run(state, ...winner, ...ids).changes === 0)
        addPack.run(...ids, record.keyId, state, ...winner);
    },
    batch: (key) => batches.get(key, () => readBatch(key)) ?? undefined,
    putBatch(key, record) {
      const { productId, batchId, keyId, expiry, packs, recalled } = record;
      putBatch.run(blob(productId), blob(batchId), keyId, expiry, packs, recalled ? 1 : 0);
      batches.set(key, record);
    },
    withdrawn: (productId) => products.get(productId, () => withdrawn.get(blob(productId)) !== undefined),
    putWithdrawn(productId) {
      putWithdrawn.run(blob(productId));
      products.set(productId, true);
    },
    forget() {
      batches.clear();
      products.clear();
    },
  };
}

/** Rows that are objects at one time; packed they take a tenth of that. */
const ROWS_AT_ONCE = 8_192;

/** Batches between two keys, in the order of snapshots; one batch's packs are in memory at a time. */
export function* readBatches(database: DatabaseSync, first: string, last: string): Generator<BatchReading> {
  const batches = database.prepare(
    `SELECT batches.*, withdrawn.product_id IS NOT NULL AS withdrawn FROM batches LEFT JOIN withdrawn
     USING (product_id) WHERE (product_id, batch_id) BETWEEN (?, ?) AND (?, ?) ORDER BY product_id, batch_id`,
  );
  const ofBatch = 'SELECT pack_id, state FROM packs WHERE product_id = ? AND batch_id = ? AND pack_id > ?';
  const packs = database.prepare(`${ofBatch} ORDER BY pack_id LIMIT ${ROWS_AT_ONCE}`);
  const packsSince = database.prepare(
    `${ofBatch} AND winner_index >= ? ORDER BY pack_id LIMIT ${ROWS_AT_ONCE}`,
  );
  const range = [first, last].flatMap((key) => [blob(key.slice(0, ID_HEX)), blob(key.slice(ID_HEX))]);
  for (const row of batches.iterate(...range)) {
    const batch = { ...batchOf(row), withdrawn: numberOf(row, 'withdrawn') === 1 };
    const ids = [blob(batch.productId), blob(batch.batchId)] as const;
    yield {
      batch,
      packs: () => packed((after) => packs.all(...ids, after)),
      packsSince: (logSize) => packed((after) => packsSince.all(...ids, after, logSize)),
    };
  }
}

function packed(rowsAfter: (packId: Uint8Array) => readonly Row[]): PackedPacks {
  const slices: PackedPacks[] = [];
  let after = new Uint8Array(0);
  for (;;) {
    const rows = rowsAfter(after);
    slices.push(packRows(rows));
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_AT_ONCE) return joinPacks(slices);
    after = Uint8Array.from(bytesOf(last, 'pack_id'));
  }
}

function packRows(rows: readonly Row[]): PackedPacks {
  const ids = new Uint8Array(rows.length * BLIND_ID_BYTES);
  const states = new Uint8Array(rows.length);
  rows.forEach((row, i) => {
    ids.set(bytesOf(row, 'pack_id'), i * BLIND_ID_BYTES);
    states[i] = numberOf(row, 'state');
  });
  return { ids, states };
}

function batchOf(row: Row) {
  return {
    keyId: numberOf(row, 'key_id'),
    productId: hexOf(row, 'product_id'),
    batchId: hexOf(row, 'batch_id'),
    expiry: numberOf(row, 'expiry'),
    packs: numberOf(row, 'packs'),
    recalled: numberOf(row, 'recalled') === 1,
  };
}

function stateOf(row: Row): PackState {
  const state = PACK_STATES[numberOf(row, 'state')];
  if (state === undefined) throw damaged('state');
  return state;
}
