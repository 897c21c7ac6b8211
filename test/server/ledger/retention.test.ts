// What has passed its time is forgotten, and the log stands as it did.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeAlertStep } from '../../../src/domain/alerts/workflow.ts';
import { fsck } from '../../../src/server/check/fsck.ts';
import { openSource } from '../../../src/server/check/log-source.ts';
import { readTrust } from '../../../src/server/check/log-trust.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { must } from './log-reader.ts';

const [first, second] = packs(2) as [typeof PACK, typeof PACK];
const LATE = { ...PACK, serial: 'LATE', batch: 'LATE', expiry: '2036-06-30' };

let on: TestLedger;
let maker: TestDevice;
let rose: TestDevice;
let lily: TestDevice;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  rose = on.enrol('rose', 'main', 'pharmacy');
  lily = on.enrol('lily', 'corner', 'pharmacy');
  await on.ledger.acceptEvents([maker.next('commission', [first, second]), maker.next('commission', [LATE])]);
});
afterEach(() => on.remove());

const DAY_MS = 86_400_000;

/** By days on which the ledger is up: a clock that is there at a stroke is not believed. */
async function goTo(day: string): Promise<void> {
  const endMs = Date.parse(`${day}T12:00:00Z`);
  for (let daysLeft = 36; daysLeft > 0; daysLeft -= 6) {
    on.time.nowMs = Math.max(on.time.nowMs, endMs - daysLeft * DAY_MS);
    await on.ledger.forgetNow();
  }
  on.time.nowMs = endMs;
}

/** All that the store's file says, its journal included. */
function storeText(): string {
  const database = new DatabaseSync(join(on.folder, 'ledger.sqlite'), { readOnly: true });
  try {
    const tables = ['events', 'alerts', 'alert_steps', 'kept_events'];
    const rows = tables.flatMap((table) => database.prepare(`SELECT * FROM ${table}`).all());
    return rows
      .flatMap(Object.values)
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
      .join('\n');
  } finally {
    database.close();
  }
}

test('an event is forgotten but for its id, its place and its answer, a year past the expiry of its packs', async () => {
  const supply = rose.next('supply', [first], { user: 'anna', reference: 'RX-4711' });
  const [placed] = await on.ledger.acceptEvents([supply]);
  await on.ledger.acceptEvents([rose.next('destroy', [first], { user: 'bert' })]);
  await goTo('2032-12-31');
  expect(await on.ledger.forgetNow()).toEqual({ events: 0, cases: 0 });
  await goTo('2033-01-01');
  expect(await on.ledger.forgetNow()).toEqual({ events: 3, cases: 0 });
  expect(storeText()).not.toMatch(/anna|bert|RX-4711|"serial":"S1"/);
  expect(await on.ledger.forgetNow()).toEqual({ events: 0, cases: 0 });
  await on.ledger.close();
  expect(readFileSync(join(on.folder, 'ledger.sqlite')).toString('latin1')).not.toMatch(/anna|bert|RX-4711/);
  await on.reopen();
  expect(await on.ledger.acceptEvents([supply])).toEqual([
    expect.objectContaining({ ...placed, kind: 'duplicate', conflicts: [] }),
  ]);
  expect(on.ledger.verify(first).finding).toMatchObject({ state: 'supplied' });
  await on.ledger.publishNow();
  const trail = must(on.ledger.trail(first, rose.record));
  expect(trail.steps.map((step) => step.kind === 'open' && step.event)).toEqual([null, null, null]);
  const trust = must(readTrust([on.ledger.ledgerKey, on.ledger.snapshotKey], undefined));
  expect((await fsck(openSource(on.folder), trust)).fault).toBeUndefined();
  // Its device's chain goes on.
  expect((await on.ledger.acceptEvents([rose.next('inspect', [second])]))[0]?.kind).toBe('accepted');
});

test('one whose pack keeps longer is kept longer, and holds up none of those behind it', async () => {
  await on.ledger.acceptEvents([rose.next('supply', [LATE], { user: 'anna' })]);
  await on.ledger.acceptEvents([rose.next('supply', [first], { user: 'bert' })]);
  await goTo('2033-01-01');
  expect(await on.ledger.forgetNow()).toEqual({ events: 2, cases: 0 });
  expect(storeText()).toContain('anna');
  await on.reopen();
  await goTo('2037-07-01');
  expect(await on.ledger.forgetNow()).toEqual({ events: 2, cases: 0 });
  expect(storeText()).not.toContain('anna');
});

test('what waits for an administrator is kept until there is a decision', async () => {
  on.ledger.review.setRevoked(lily.record.device, true);
  const held = lily.next('supply', [first], { user: 'carla' });
  await on.ledger.acceptEvents([held]);
  await goTo('2040-01-01');
  await on.ledger.forgetNow();
  expect(on.ledger.review.held(undefined, 10).map(({ id }) => id)).toEqual([held.id]);
  on.ledger.review.refuse(held.id);
  await goTo('2046-01-01');
  await on.ledger.forgetNow();
  expect(storeText()).not.toContain('carla');
});

test('a closed case goes with its steps, an open one stays', async () => {
  await on.ledger.acceptEvents([rose.next('supply', [first, second])]);
  on.time.nowMs += 24 * 3_600_000;
  await on.ledger.acceptEvents([lily.next('supply', [first]), lily.next('supply', [second])]);
  const everything = { closed: false, before: Number.MAX_SAFE_INTEGER };
  const [one, other] = on.ledger.alerts.list(undefined, everything).alerts;
  const step = encodeAlertStep({
    ...{ type: 'packtrail/v1/alert-step', alert: one?.id ?? '', device: lily.record.device, user: 'dora' },
    ...{ claimedTimeMs: 1, after: 0, nonce: '01'.repeat(16) },
    action: { kind: 'finding', finding: 'root-cause', note: 'scanned twice' },
  });
  must(await on.ledger.alerts.step(lily.record, { bytes: step, signature: lily.sign(step) }));
  const close = { kind: 'close', reason: 'process-error', note: null } as const;
  must(on.ledger.alerts.operatorStep(one?.id ?? '', close, '02'.repeat(16)));
  await goTo('2032-12-31');
  expect((await on.ledger.forgetNow()).cases).toBe(0);
  await goTo('2033-01-01');
  expect((await on.ledger.forgetNow()).cases).toBe(1);
  expect(storeText()).not.toMatch(/dora|scanned twice/);
  expect(on.ledger.alerts.read(undefined, one?.id ?? '')).toBeUndefined();
  const kept = on.ledger.alerts.read(undefined, other?.id ?? '');
  expect(kept).toMatchObject({ keptUntil: '2032-12-31', acts: [{ party: 'attempt' }, { party: 'earlier' }] });
});

test('a clock that leaps ahead costs no evidence, whatever came in meanwhile and however often the server starts', async () => {
  await on.ledger.acceptEvents([rose.next('supply', [first], { user: 'anna' })]);
  const rightMs = on.time.nowMs;
  on.time.nowMs += 10 * 365 * DAY_MS;
  await on.ledger.acceptEvents([rose.next('inspect', [second])]);
  for (let i = 0; i < 3; i++) {
    expect(await on.ledger.forgetNow()).toEqual({ events: 0, cases: 0 });
    await on.reopen();
    on.time.nowMs += DAY_MS;
  }
  const said = on.logged.filter(({ event }) => event === 'nothing-forgotten');
  expect(said).toHaveLength(3);
  expect(said[0]).toMatchObject({ from: new Date(rightMs).toISOString() });
  expect(storeText()).toContain('anna');
  on.time.nowMs = rightMs + 3 * DAY_MS;
  await on.ledger.forgetNow();
  expect(on.logged.filter(({ event }) => event === 'nothing-forgotten')).toHaveLength(3);
  await goTo('2033-01-01');
  expect((await on.ledger.forgetNow()).events).toBeGreaterThan(0);
  expect(storeText()).not.toContain('anna');
});
