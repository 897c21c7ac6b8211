// Events that wait for an administrator: those that were answered so and have not been answered otherwise since.
import type { DatabaseSync } from 'node:sqlite';
import { HELD_REJECTIONS } from '../../../domain/receipt.ts';
import type { Store } from '../store.ts';
import { type EventIds, eventOf } from './event-table.ts';
import { blob, numberOf } from './rows.ts';

/** The index is added to stores that were made without it. */
export function createHeldEvents(
  database: DatabaseSync,
  ids: EventIds,
): Pick<Store, 'heldCount' | 'heldEvents' | 'settleHeld'> {
  const reasons = HELD_REJECTIONS.map((reason) => `'${reason}'`).join(', ');
  const isHeld = `log_index IS NULL AND json_extract(receipt, '$.reason') IN (${reasons})`;
  database.exec(`CREATE INDEX IF NOT EXISTS held_events ON events (device, number) WHERE ${isHeld}`);
  const from = `FROM events INDEXED BY held_events WHERE ${isHeld}`;
  const count = database.prepare(`SELECT count(*) AS held ${from} AND device = ?`);
  const ofOne = database.prepare(`SELECT * ${from} AND device = ? ORDER BY number LIMIT ?`);
  const ofAll = database.prepare(`SELECT * ${from} ORDER BY number LIMIT ?`);
  const settle = database.prepare(
    'UPDATE events SET receipt = ?, log_index = ?, receipt_time_ms = ? WHERE number = ?',
  );
  return {
    heldCount: (device) => numberOf(count.get(blob(device)) ?? {}, 'held'),
    heldEvents: (device, max) =>
      (device === undefined ? ofAll.all(max) : ofOne.all(blob(device), max)).map(eventOf),
    settleHeld(id, receipt, index, receiptTimeMs) {
      settle.run(JSON.stringify(receipt), index ?? null, receiptTimeMs, ids.numberOf(id) ?? null);
    },
  };
}
