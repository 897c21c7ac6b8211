// The full events behind the log: exact bytes, signature, and the answer that each got.
import type { DatabaseSync } from 'node:sqlite';
import { NO_PREVIOUS } from '../../../domain/event.ts';
import type { DeviceChain } from '../../../domain/ledger/admission.ts';
import { OPERATIONS } from '../../../domain/pack.ts';
import { receiptShape } from '../../../domain/receipt.ts';
import { parseJson } from '../../../domain/shape.ts';
import { createRecentMap } from '../recent-map.ts';
import type { Store, StoredEvent } from '../store.ts';
import { createLateIndex, type LateIndex } from './late-index.ts';
import type { Forgetful } from './rows.ts';
import { blob, bytesOf, damaged, hexOf, numberOf, type Row, textOf, wordOf } from './rows.ts';

const CHAINS_MAX = 10_000;

/** Events by id. */
export type EventIds = Pick<LateIndex, 'forget' | 'writeWhenFull'> & {
  add(id: string, number: number): void;
  numberOf(id: string): number | undefined;
};

export function createEventIds(database: DatabaseSync): EventIds {
  const find = database.prepare('SELECT number FROM event_ids WHERE id = ?');
  const after = database.prepare('SELECT number, id FROM events WHERE number > ? ORDER BY number');
  const { add, waiting, forget, writeWhenFull } = createLateIndex(database, {
    name: 'event-ids',
    insert: 'INSERT INTO event_ids VALUES (?, ?)',
    *rowsAfter(number) {
      for (const row of after.iterate(number)) yield [hexOf(row, 'id'), numberOf(row, 'number')];
    },
  });
  return {
    ...{ add, forget, writeWhenFull },
    numberOf(id) {
      const [number] = waiting(id);
      if (number !== undefined) return number;
      const row = find.get(blob(id));
      return row && numberOf(row, 'number');
    },
  };
}

export function createEventTable(
  database: DatabaseSync,
  ids: EventIds,
): Pick<Store, 'event' | 'eventAt' | 'addEvent' | 'chain' | 'holdsPlace'> & Forgetful {
  const chains = createRecentMap<DeviceChain>(CHAINS_MAX);
  const byNumber = database.prepare('SELECT * FROM events WHERE number = ?');
  const byIndex = database.prepare('SELECT * FROM events WHERE log_index = ?');
  const last = database.prepare(
    'SELECT id, sequence FROM events WHERE device = ? AND in_chain = 1 ORDER BY sequence DESC LIMIT 1',
  );
  const place = database.prepare('SELECT 1 FROM events WHERE device = ? AND sequence = ? AND in_chain = 1');
  const add = database.prepare('INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');

  function readChain(device: string): DeviceChain {
    const row = last.get(blob(device));
    return row
      ? { nextSequence: numberOf(row, 'sequence') + 1, previous: hexOf(row, 'id') }
      : { nextSequence: 1, previous: NO_PREVIOUS };
  }

  return {
    event(id) {
      const number = ids.numberOf(id);
      const row = number === undefined ? undefined : byNumber.get(number);
      return row && eventOf(row);
    },
    eventAt(index) {
      const row = byIndex.get(index);
      return row && eventOf(row);
    },
    addEvent(event, inChain) {
      const { lastInsertRowid } = add.run(
        ...([blob(event.id), event.bytes, event.signature, blob(event.device), event.sequence] as const),
        ...([inChain ? 1 : 0, event.organisation, event.site, event.user, event.operation] as const),
        ...([event.receiptTimeMs, event.index ?? null, JSON.stringify(event.receipt)] as const),
      );
      ids.add(event.id, Number(lastInsertRowid));
      // One that comes late fills a gap, and the chain goes on where it was.
      if (inChain && event.sequence >= chains.get(event.device, () => readChain(event.device)).nextSequence)
        chains.set(event.device, { nextSequence: event.sequence + 1, previous: event.id });
    },
    holdsPlace: (device, sequence) => place.get(blob(device), sequence) !== undefined,
    chain: (device) => chains.get(device, () => readChain(device)),
    forget: chains.clear,
  };
}

export function eventOf(row: Row): StoredEvent {
  const receipt = parseJson(textOf(row, 'receipt'), receiptShape);
  if (!receipt.ok) throw damaged(`receipt: ${receipt.detail}`);
  return {
    id: hexOf(row, 'id'),
    bytes: bytesOf(row, 'bytes'),
    signature: bytesOf(row, 'signature'),
    device: hexOf(row, 'device'),
    sequence: numberOf(row, 'sequence'),
    organisation: textOf(row, 'organisation'),
    site: textOf(row, 'site'),
    user: textOf(row, 'user'),
    operation: wordOf(row, 'operation', OPERATIONS),
    receiptTimeMs: numberOf(row, 'receipt_time_ms'),
    index: row.log_index === null ? undefined : numberOf(row, 'log_index'),
    receipt: receipt.value,
  };
}
