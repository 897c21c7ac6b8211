// What is still to be looked at for having passed its time: events in the order in which they came, and beside them the
// few that are kept longer than those around them.
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../../domain/result.ts';
import type { Store } from '../store.ts';
import { eventOf } from './event-table.ts';
import { numberOf } from './rows.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS kept_events (number INTEGER PRIMARY KEY, until TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS kept_events_by_day ON kept_events (until);
`;

export function createRetentionTables(
  database: DatabaseSync,
  meta: Pick<Store, 'meta' | 'setMeta'>,
): Pick<
  Store,
  'eventsToLookAt' | 'lookedAt' | 'eventOf' | 'keepEventUntil' | 'eventsKeptUntil' | 'forgetEvent'
> {
  database.exec(SCHEMA);
  const next = database.prepare(
    'SELECT number, receipt_time_ms FROM events WHERE number > ? ORDER BY number LIMIT ?',
  );
  const byNumber = database.prepare('SELECT * FROM events WHERE number = ?');
  const due = database.prepare(
    'SELECT number FROM kept_events WHERE until < ? ORDER BY until, number LIMIT ?',
  );
  const keep = database.prepare('INSERT OR REPLACE INTO kept_events VALUES (?, ?)');
  const unkeep = database.prepare('DELETE FROM kept_events WHERE number = ?');
  const receipt = database.prepare('SELECT receipt FROM events WHERE number = ?');
  const empty = database.prepare(
    "UPDATE events SET bytes = x'', signature = x'', user = '', receipt = ? WHERE number = ?",
  );
  return {
    eventsToLookAt: (max) =>
      next.all(Number(meta.meta('looked-at') ?? 0), max).map((row) => ({
        number: numberOf(row, 'number'),
        receiptTimeMs: numberOf(row, 'receipt_time_ms'),
      })),
    eventOf(number) {
      const row = byNumber.get(number);
      assert(row, 'an event is never dropped');
      return eventOf(row);
    },
    lookedAt: (number) => meta.setMeta('looked-at', String(number)),
    keepEventUntil: (number, day) => void keep.run(number, day),
    eventsKeptUntil: (day, max) => due.all(day, max).map((row) => numberOf(row, 'number')),
    forgetEvent(number) {
      const answered = String(receipt.get(number)?.receipt ?? '');
      empty.run(withoutPeople(answered), number);
      unkeep.run(number);
    },
  };
}

/** The losing side of a conflict was told who at its own site came first. */
function withoutPeople(receipt: string): string {
  return JSON.stringify(JSON.parse(receipt), (key, value: unknown) => (key === 'user' ? '' : value));
}
