// The disk under a running server fills up. SQLite's own bound on its file stands in for the disk: what it answers at
// the end of its pages is the same SQLITE_FULL, from the same place.
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test, vi } from 'vitest';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { eventsResponseShape } from '../../src/domain/wire.ts';
import { fsck } from '../../src/server/check/fsck.ts';
import { openSource } from '../../src/server/check/log-source.ts';
import { readTrust } from '../../src/server/check/log-trust.ts';
import { enrolPhone, openWorld } from './support/world.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const MORE_THAN_FITS = 2_000;
const [item] = SHELF;
const packs = item ? [{ ...item.printed, entryMode: 'scanned', seal: 'intact' } as const] : [];

test('events are turned away with a time to come back, nothing is half kept, and all are taken once there is room', async () => {
  const databases = new Set<DatabaseSync>();
  const { exec } = DatabaseSync.prototype;
  vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    databases.add(this);
    exec.call(this, sql);
  });
  const world = await openWorld();
  const bound = (pages: number | string) => {
    for (const database of databases)
      if (database.isOpen) database.prepare(`PRAGMA max_page_count = ${pages}`).get();
  };
  const phone = await enrolPhone(world, 'pharmacy');
  const post = (events: readonly object[]) => world.post('/api/events', { events });
  const receipts = (response: { json(): unknown }) => {
    const parsed = eventsResponseShape(response.json(), '$');
    return parsed.ok ? parsed.value.receipts : [];
  };
  const accepted: string[] = [];
  bound(1);
  for (let sent = 0; sent < MORE_THAN_FITS; sent += 50) {
    const batch = Array.from({ length: 50 }, () => phone.sign({ operation: 'inspect', packs }));
    const answer = await post(batch);
    if (answer.statusCode === 200) {
      accepted.push(...receipts(answer).map(({ id }) => id));
      continue;
    }
    expect([answer.statusCode, answer.json()]).toEqual([503, { error: 'unavailable' }]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await world.get('/api/health')).statusCode).toBe(200);
    expect(world.logLines.join('')).toContain('The disk under the data folder is full.');
    const size = Number((await world.get('/log/checkpoint')).body.split('\n')[1]);

    bound(1_000_000);
    const again = receipts(await post(batch));
    expect(again.map(({ kind }) => kind)).toEqual(batch.map(() => 'accepted'));
    const indexes = again.flatMap((receipt) => ('index' in receipt ? [receipt.index] : []));
    expect(new Set(indexes).size).toBe(50);
    expect(Math.min(...indexes)).toBeGreaterThanOrEqual(size);
    await world.ledger.publishNow();
    const trust = readTrust([world.ledger.ledgerKey, world.ledger.snapshotKey], undefined);
    expect(trust.ok && (await fsck(openSource(world.folder), trust.value)).fault).toBe(undefined);
    expect(Number((await world.get('/log/checkpoint')).body.split('\n')[1])).toBe(Math.max(...indexes) + 1);
    await world.close();
    return;
  }
  throw new Error(`${accepted.length} events were taken without the disk ever being full`);
});
