// Everything that an outbox holds, read page by page as the app reads it.
import type { OutboxRow, OutboxStore, Tombstone } from '../../src/app/outbox-ports.ts';

/** A short page, so that turning one is tested too. */
const PAGE_ROWS = 7;

export async function allRows(store: OutboxStore): Promise<readonly OutboxRow[]> {
  const rows: OutboxRow[] = [];
  for (let from: number | undefined = 1; from !== undefined; ) {
    const page = await store.page(from, PAGE_ROWS);
    rows.push(...page.rows);
    from = page.next;
  }
  return rows;
}

export async function allTombstones(store: OutboxStore): Promise<readonly Tombstone[]> {
  const tombstones: Tombstone[] = [];
  for (let [since, isMore] = [0, true]; isMore; ) {
    const changes = await store.changes(since, PAGE_ROWS);
    tombstones.push(...changes.tombstones);
    [since, isMore] = [changes.stamp, changes.isMore];
  }
  return tombstones;
}
