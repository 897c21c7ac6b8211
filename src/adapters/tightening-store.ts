// Recalls, withdrawals and locks in IndexedDB, from when they are proven until a snapshot that contains them is in use.
import type { TighteningStore } from '../app/ports-tightening.ts';
import { TIGHTENING_OPERATIONS } from '../domain/ledger/tightening.ts';
import { ENTRY_PACKS_MAX } from '../domain/limits.ts';
import { hex, integer, list, oneOf, record } from '../domain/shape.ts';
import { type Database, readStored } from './database.ts';

const heldShape = record({
  index: integer(0),
  operation: oneOf(TIGHTENING_OPERATIONS),
  eventId: hex(32),
  ...{ productId: hex(16), batchId: hex(16), expiry: integer(0, 99_991_231) },
  packIds: list(hex(16), ENTRY_PACKS_MAX),
  receivedMs: integer(0),
});

export function createTighteningStore(database: Database): TighteningStore {
  return {
    all: () =>
      database.read(['tightenings'], async (tx) =>
        (await tx.objectStore('tightenings').getAll()).map((value) =>
          readStored(heldShape, value, 'tightening'),
        ),
      ),

    async add(tightenings) {
      if (tightenings.length === 0) return;
      // Strictly, although they can be fetched again: after a power cut the device may be offline for days.
      await database.writeStrictly(['tightenings'], async (tx) => {
        const store = tx.objectStore('tightenings');
        for (const each of tightenings)
          if ((await store.getKey(each.index)) === undefined) await store.put(each, each.index);
      });
    },

    sweep: (logSize) =>
      database.writeRelaxed(['tightenings'], (tx) =>
        tx.objectStore('tightenings').delete(IDBKeyRange.upperBound(logSize, true)),
      ),
  };
}
