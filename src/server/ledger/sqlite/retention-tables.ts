// What is still to be looked at for having passed its time: events in the order in which they came, and beside them the
// few that are kept longer than those around them.
import type { DatabaseSync } from 'node:sqlite';
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
): Pick<Store, 'eventsToLookAt' | 'lookedAt' | 'keepEventUntil' | 'eventsKeptUntil' | 'forgetEvent'> {
  database.exec(SCHEMA);
  const next = database.prepare('SELECT * FROM events WHERE number > ? ORDER BY number LIMIT ?');
  const due = database.prepare(
    'SELECT events.* FROM kept_events JOIN events USING (number) WHERE until < ? ORDER BY until, number LIMIT ?',
  );
  const keep = database.prepare('INSERT OR REPLACE INTO kept_events VALUES (?, ?)');
  const unkeep = database.prepare('DELETE FROM kept_events WHERE number = ?');
  const receipt = database.prepare('SELECT receipt FROM events WHERE number = ?');
  const empty = database.prepare(
    "UPDATE events SET bytes = x'', signature = x'', user = '', receipt = ? WHERE number = ?",
  );
  const numbered = (row: Parameters<typeof eventOf>[0]) => ({
    number: numberOf(row, 'number'),
    event: eventOf(row),
  });
  return {
    eventsToLookAt: (max) => next.all(Number(meta.meta('looked-at') ?? 0), max).map(numbered),
    lookedAt: (number) => meta.setMeta('looked-at', String(number)),
    keepEventUntil: (number, day) => void keep.run(number, day),
    eventsKeptUntil: (day, max) => due.all(day, max).map(numbered),
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
