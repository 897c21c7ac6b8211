// What a server holds of its one enrolled device, compared with what that device's screens had called recorded.
import { join } from 'node:path';
import { NEWCOMER_PLACES } from '../../src/domain/demo/places.ts';
import { eventId, NO_PREVIOUS, type PackEvent, parseEvent } from '../../src/domain/event.ts';
import { parseEntry } from '../../src/domain/ledger/entry.ts';
import { assert } from '../../src/domain/result.ts';
import { fsck } from '../../src/server/check/fsck.ts';
import { openSource } from '../../src/server/check/log-source.ts';
import { readTrust } from '../../src/server/check/log-trust.ts';
import { openSqliteStore } from '../../src/server/ledger/sqlite/sqlite-store.ts';
import type { Server } from '../../src/server/main.ts';

export type Act = { readonly serial: string; readonly operation: 'supply' | 'undo' };

/** Throws where they differ, where the device's chain is broken, or where fsck finds fault; else the log's size. */
export async function checkHeld(
  { ledger }: Server,
  dataFolder: string,
  acts: readonly Act[],
): Promise<number> {
  await ledger.publishNow();
  const trust = readTrust([ledger.ledgerKey, ledger.snapshotKey], undefined);
  assert(trust.ok, 'the log has keys');
  const { fault, log } = await fsck(openSource(dataFolder), trust.value);
  if (fault) throw new Error(`${fault.place} ${fault.path}: ${fault.words}`);
  const events = heldEvents(dataFolder);
  checkChain(events);
  const held = events.map(({ event: { operation, packs } }) => `${operation} ${packs[0]?.serial}`);
  const said = acts.map(({ operation, serial }) => `${operation} ${serial}`);
  const lost = said.filter((each) => !held.includes(each));
  const unsaid = held.filter((each) => !said.includes(each));
  if (lost.length > 0 || unsaid.length > 0 || held.length !== said.length)
    throw new Error(`lost: ${lost.join(', ')}; never called recorded: ${unsaid.join(', ')}`);
  return log?.size ?? 0;
}

type Held = { readonly id: string; readonly event: PackEvent };

/** In the order of the log. Throws where an entry is not of its event, or an event stands twice. */
function heldEvents(dataFolder: string): readonly Held[] {
  const store = openSqliteStore(join(dataFolder, 'ledger.sqlite'));
  const ids = new Set<string>();
  const events: Held[] = [];
  try {
    for (let index = 0; index < store.ledgerLog.size(); index++) {
      const stored = store.eventAt(index);
      // A later part of the event before it.
      if (!stored) continue;
      const event = parseEvent(stored.bytes);
      const entry = parseEntry(store.ledgerLog.entry(index) ?? new Uint8Array());
      if (!event.ok || !entry.ok || entry.value.eventId !== eventId(stored.bytes))
        throw new Error(`entry ${index} is not of its event`);
      if (ids.has(stored.id)) throw new Error(`${stored.id} stands twice`);
      ids.add(stored.id);
      if (event.value.site === NEWCOMER_PLACES.pharmacy.site)
        events.push({ id: stored.id, event: event.value });
    }
    const device = events[0]?.event.device ?? '';
    assert(store.heldCount(device) === 0, 'nothing waits for an administrator');
    assert(store.chain(device).nextSequence === events.length + 1, 'nothing was rejected');
  } finally {
    store.close();
  }
  return events;
}

function checkChain(events: readonly Held[]): void {
  let previous = NO_PREVIOUS;
  for (const [i, { id, event }] of events.entries()) {
    assert(event.sequence === i + 1, `sequence ${event.sequence} in place ${i + 1}`);
    assert(event.previous === previous, `event ${event.sequence} follows another than the one before it`);
    assert(event.device === events[0]?.event.device, 'one device recorded all');
    previous = id;
  }
}
