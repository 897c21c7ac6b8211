// Alerts as the ledger raises them with the events, and as people work them through.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AlertKind, alertId } from '../../../src/domain/alerts/alert.ts';
import type { AlertLine } from '../../../src/domain/alerts/alert-wire.ts';
import { type AlertAction, encodeAlertStep } from '../../../src/domain/alerts/workflow.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import type { Position } from '../../../src/domain/position.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import {
  openTestLedger,
  type SignedEventOf,
  type TestDevice,
  type TestLedger,
} from '../../support/signed-events.ts';
import { must } from './log-reader.ts';

const HOUR_MS = 3_600_000;
const SSCC = '095060001000000018';
const [first, second, third] = packs(3) as [typeof PACK, typeof PACK, typeof PACK];
const everything = { closed: false, before: Number.MAX_SAFE_INTEGER };

let on: TestLedger;
let maker: TestDevice;
let rose: TestDevice;
let lily: TestDevice;
let depot: TestDevice;
let office: TestDevice;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  rose = on.enrol('rose', 'main', 'pharmacy');
  lily = on.enrol('lily', 'corner', 'pharmacy');
  depot = on.enrol('carrier', 'depot', 'wholesaler');
  office = on.enrol('agency', 'office', 'authority');
  await send(
    maker.next('commission', packs(20)),
    maker.next('commission', packs(1, { serial: 'OLD', batch: 'OLD', expiry: '2026-12-31' })),
  );
});
afterEach(() => on.remove());

async function send(...events: SignedEventOf[]): Promise<string[]> {
  const receipts = await on.ledger.acceptEvents(events);
  return receipts.map((receipt) => (receipt.kind === 'rejected' ? receipt.reason : receipt.kind));
}

const alertsOf = (reader: TestDevice | undefined, closed = false) =>
  on.ledger.alerts.list(reader?.record, { ...everything, closed }).alerts;
const say = ({ kind, cause, pack, standing }: AlertLine) => `${kind} ${cause} ${pack.serial} ${standing}`;
const said = (reader: TestDevice | undefined) => alertsOf(reader).map(say);

describe('what is raised', () => {
  test('an attempt on what another has supplied: one alert, for both sites, however often it is sent', async () => {
    await send(rose.next('supply', [first]));
    on.time.nowMs += 13 * HOUR_MS;
    const attempt = lily.next('supply', [first]);
    expect(await send(attempt)).toEqual(['conflict']);
    expect(await send(attempt, attempt)).toEqual(['duplicate', 'duplicate']);
    await on.reopen();
    expect(await send(attempt)).toEqual(['duplicate']);
    expect(said(lily)).toEqual(['A7 not-active S1 attempt']);
    expect(said(rose)).toEqual(['A7 not-active S1 earlier']);
    expect(said(office)).toEqual(['A7 not-active S1 authority']);
    expect(said(undefined)).toEqual(['A7 not-active S1 operator']);
    expect([said(maker), said(depot)]).toEqual([[], []]);
    expect(alertsOf(lily)[0]?.id).toBe(alertId('demo', attempt.id, 0, 'A7'));
  });

  test('each pack of a bulk is a case of its own, at its place in the event', async () => {
    const others = [
      { ...PACK, serial: 'X' },
      first,
      { ...second, expiry: '2030-01-31' },
      { ...third, batch: 'B9' },
    ];
    const event = rose.next('supply', others);
    await send(event);
    expect(said(rose).sort()).toEqual([
      ...['A2 unknown-batch S3 attempt', 'A3 unknown-pack X attempt', 'A52 expiry-mismatch S2 attempt'],
    ]);
    expect(
      alertsOf(rose)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(
      [
        alertId('demo', event.id, 3, 'A2'),
        alertId('demo', event.id, 0, 'A3'),
        alertId('demo', event.id, 2, 'A52'),
      ].sort(),
    );
    // The maker is party to what its own packs are said to carry.
    expect(said(maker).sort()).toEqual(['A2 unknown-batch S3 earlier', 'A52 expiry-mismatch S2 earlier']);
  });

  test('its receipt names each to the device that raised it, also when it asks again', async () => {
    await send(rose.next('supply', [first, second]));
    on.time.nowMs += DEMO_MARKET.doubleScan.toleranceMs + 1;
    const again = rose.next('supply', [third, first], { claimedTimeMs: on.time.nowMs });
    const elsewhere = lily.next('supply', [second]);
    const [repeat, copied] = await on.ledger.acceptEvents([again, elsewhere]);
    const named = (event: SignedEventOf, pack: number, kind: AlertKind) =>
      ({ pack, kind, id: alertId('demo', event.id, pack, kind) }) as const;
    expect(repeat).toMatchObject({ kind: 'accepted', alerts: [named(again, 1, 'A7')] });
    const both = [named(elsewhere, 0, 'A7'), named(elsewhere, 0, 'copied-serial')];
    expect(copied).toMatchObject({ kind: 'conflict', alerts: both });
    expect(alertsOf(lily).map(({ id }) => id)).toEqual(expect.arrayContaining(both.map(({ id }) => id)));
    await on.reopen();
    expect(await on.ledger.acceptEvents([elsewhere])).toMatchObject([{ kind: 'duplicate', alerts: both }]);
  });

  test('expired, recalled and withdrawn packs raise none, nor does an undo too late', async () => {
    const old = packs(1, { serial: 'OLD', batch: 'OLD', expiry: '2026-12-31' });
    const supply = rose.next('supply', [third]);
    expect(await send(supply, rose.next('supply', old))).toEqual(['accepted', 'conflict']);
    on.time.nowMs += DEMO_MARKET.undoWindowMs + 1;
    expect(await send(rose.next('undo', [third], { undoes: supply.id }))).toEqual(['conflict']);
    await send(maker.next('recall', [], { batches: [{ productCode: PACK.productCode, batch: 'B1' }] }));
    expect(await send(rose.next('supply', [first]))).toEqual(['conflict']);
    await send(maker.next('withdraw', [], { batches: [{ productCode: PACK.productCode, batch: null }] }));
    expect(await send(rose.next('supply', [second]))).toEqual(['conflict']);
    expect(said(office)).toEqual([]);
  });

  test('a site may repeat itself a few times within minutes; more often, or later, is an alert', async () => {
    const { toleranceMs, repeatsMax } = DEMO_MARKET.doubleScan;
    await send(rose.next('supply', [first, second]));
    for (let i = 0; i < repeatsMax; i++)
      expect(await send(rose.next('supply', [first]))).toEqual(['accepted']);
    expect(said(rose)).toEqual([]);
    await send(rose.next('supply', [first]));
    expect(said(rose)).toEqual(['A7 repeat S1 attempt']);
    on.time.nowMs += toleranceMs + 1;
    await send(rose.next('supply', [second], { claimedTimeMs: on.time.nowMs }));
    expect(said(rose)).toEqual(['A7 repeat S2 attempt', 'A7 repeat S1 attempt']);
  });

  test('two tills that scan one pack within minutes raise none, however late the ledger hears of one', async () => {
    const till = on.enrol('rose', 'main', 'pharmacy');
    await send(rose.next('supply', [first, second]));
    const claimedTimeMs = on.time.nowMs + 60_000;
    const late = till.next('supply', [first], { claimedTimeMs });
    on.time.nowMs += 6 * HOUR_MS;
    expect(await on.ledger.acceptEvents([late])).toMatchObject([
      { kind: 'accepted', repeats: [0], alerts: [] },
    ]);
    const muchLater = { claimedTimeMs: claimedTimeMs + DEMO_MARKET.doubleScan.toleranceMs };
    await send(till.next('supply', [second], muchLater));
    expect(said(rose)).toEqual(['A7 repeat S2 attempt']);
  });

  test('an undo of such a repeat changes nothing and raises none; another act of the site is one', async () => {
    const supply = rose.next('supply', [first]);
    const again = rose.next('supply', [first]);
    await send(supply, again);
    const [undone] = await on.ledger.acceptEvents([rose.next('undo', [first], { undoes: again.id })]);
    expect(undone).toMatchObject({ kind: 'accepted', unchanged: [0], alerts: [] });
    expect(said(office)).toEqual([]);
    expect(await send(rose.next('sample', [first]))).toEqual(['conflict']);
    expect(said(rose)).toEqual(['A24 not-active S1 attempt']);
    expect(await send(rose.next('undo', [first], { undoes: supply.id }))).toEqual(['accepted']);
    expect(on.ledger.verify(first).finding).toMatchObject({ state: 'active' });
  });

  test('nor does an undo of what came second elsewhere, or of what another till has undone', async () => {
    const till = on.enrol('lily', 'corner', 'pharmacy');
    await send(rose.next('supply', [first]));
    on.time.nowMs += 13 * HOUR_MS;
    const second = lily.next('supply', [first]);
    expect(await send(second)).toEqual(['conflict']);
    const before = said(office);
    const undo = lily.next('undo', [first], { undoes: second.id });
    const unmade = { kind: 'conflict', conflicts: [{ why: 'undo-not-possible', alert: null }], alerts: [] };
    expect(await on.ledger.acceptEvents([undo])).toMatchObject([unmade]);

    const supply = lily.next('supply', [third]);
    await send(supply, lily.next('undo', [third], { undoes: supply.id }));
    const again = till.next('undo', [third], { undoes: supply.id });
    expect(await on.ledger.acceptEvents([again])).toMatchObject([unmade]);
    expect(said(office)).toEqual(before);
    // What was destroyed has no undo, whoever asks for it.
    const destroyed = lily.next('destroy', [third]);
    await send(destroyed, lily.next('undo', [third], { undoes: destroyed.id }));
    expect(said(lily)).toContain('A24 undo-not-possible S3 attempt');
  });

  test('looks in between hide no repeats', async () => {
    const { repeatsMax } = DEMO_MARKET.doubleScan;
    await send(rose.next('supply', [first]));
    for (let i = 0; i <= repeatsMax; i++) {
      expect(said(rose)).toEqual([]);
      for (let look = 0; look < repeatsMax; look++) await send(office.next('inspect', [first]));
      await send(rose.next('supply', [first]));
    }
    expect(said(rose)).toEqual(['A7 repeat S1 attempt']);
  });

  test('an event that names one pack too often repeats itself', async () => {
    const { repeatsMax } = DEMO_MARKET.doubleScan;
    await send(
      rose.next(
        'supply',
        Array.from({ length: repeatsMax + 2 }, () => first),
      ),
    );
    expect(said(rose)).toEqual(['A7 repeat S1 attempt']);
  });

  test('a released event raises its alerts when it is released', async () => {
    await send(rose.next('supply', [first]));
    on.time.nowMs += 13 * HOUR_MS;
    on.ledger.review.setRevoked(lily.record.device, true);
    const held = lily.next('supply', [first]);
    expect(await send(held)).toEqual(['device-revoked']);
    expect(said(office)).toEqual([]);
    on.ledger.review.release(held.id);
    expect(said(office)).toEqual(['A7 not-active S1 authority']);
  });
});

describe('a copied serial', () => {
  const COPIED = 'copied-serial seen-elsewhere S1';

  test('two sites within hours: an alert of its own, once', async () => {
    await send(rose.next('supply', [first]));
    on.time.nowMs += HOUR_MS;
    await send(lily.next('supply', [first]), lily.next('supply', [first]));
    expect(said(lily)).toEqual([
      'A7 not-active S1 attempt',
      ...[`${COPIED} attempt`, 'A7 not-active S1 attempt'],
    ]);
    expect(said(rose)).toContain(`${COPIED} earlier`);
  });

  test('goods that come in after they were supplied elsewhere, and a look at them', async () => {
    const claimedTimeMs = on.time.nowMs;
    await send(rose.next('supply', [first]), lily.next('receive', [first], { claimedTimeMs }));
    await send(rose.next('supply', [second]), lily.next('inspect', [second]));
    expect(said(lily)).toEqual([...['copied-serial seen-elsewhere S2 attempt', `${COPIED} attempt`]]);
  });

  test('not goods that came in before, of which the ledger hears late', async () => {
    const claimedTimeMs = on.time.nowMs;
    on.time.nowMs += 6 * HOUR_MS;
    await send(rose.next('supply', [first, second]));
    on.time.nowMs += HOUR_MS;
    await send(depot.next('receive', [first], { claimedTimeMs }));
    expect(said(office)).toEqual([]);
    await send(depot.next('receive', [second], { claimedTimeMs: on.time.nowMs }));
    expect(said(depot)).toEqual(['copied-serial seen-elsewhere S2 attempt']);
  });

  test('a refused attempt counts as seen, before the pack is supplied elsewhere', async () => {
    await send(lily.next('supply', [{ ...first, expiry: '2030-01-31' }]));
    await on.reopen();
    expect(await send(rose.next('supply', [first]))).toEqual(['accepted']);
    expect(said(rose)).toEqual([`${COPIED} attempt`]);
    expect(said(lily)).toEqual([`${COPIED} earlier`, 'A52 expiry-mismatch S1 attempt']);
  });

  describe('at sites whose places are known', () => {
    const BERLIN = { latitude: 52.52, longitude: 13.405 };
    const POTSDAM = { latitude: 52.391, longitude: 13.064 };
    const MUNICH = { latitude: 48.137, longitude: 11.575 };
    const place = (device: TestDevice, position: Position) =>
      on.ledger.review.setPosition(device.record.organisation, device.record.site, position);
    /** Seen at Rose's and so many minutes later at Lily's. */
    const seenAfter = async (minutes: number) => {
      await send(rose.next('inspect', [first]));
      on.time.nowMs += minutes * 60_000;
      await send(lily.next('inspect', [first]));
      return said(lily);
    };

    test.each([
      ['500 km in an hour: no pack came that way', MUNICH, 60, [`${COPIED} attempt`]],
      ['500 km in six hours: it may have come', MUNICH, 360, []],
      ['27 km in ten minutes', POTSDAM, 10, [`${COPIED} attempt`]],
      ['27 km in half an hour', POTSDAM, 30, []],
      ['next door, at once', BERLIN, 0, []],
      ['500 km after the market’s hours', MUNICH, 60 * 13, []],
    ])('%s', async (_, there, minutes, raised) => {
      expect([place(rose, BERLIN), place(lily, there)]).toEqual([true, true]);
      await on.reopen();
      expect(await seenAfter(minutes)).toEqual(raised);
    });

    test('the distance is told to who looks after the market, and to no site', async () => {
      place(rose, BERLIN);
      place(lily, MUNICH);
      await seenAfter(60);
      const id = alertsOf(lily)[0]?.id ?? '';
      expect(on.ledger.alerts.read(office.record, id)?.distanceKm).toBe(504);
      expect(on.ledger.alerts.read(undefined, id)?.distanceKm).toBe(504);
      expect(on.ledger.alerts.read(lily.record, id)?.distanceKm).toBeNull();
    });

    test('where one of them is not known, hours count alone', async () => {
      place(rose, BERLIN);
      expect(await seenAfter(360)).toEqual([`${COPIED} attempt`]);
      expect(place({ ...lily, record: { ...lily.record, site: 'nowhere' } }, BERLIN)).toBe(false);
    });
  });

  test('not after the market’s hours, nor at the same site, nor where authorities look, nor where it travelled', async () => {
    const containers = [SSCC];
    await send(rose.next('supply', [first]), office.next('inspect', [first]), rose.next('inspect', [first]));
    on.time.nowMs += DEMO_MARKET.copiedSerial.withinMs + 1;
    await send(lily.next('inspect', [first]));
    await send(depot.next('pack', [second, third], { containers }), depot.next('inspect', [second]));
    await send(depot.next('inspect', [third]), depot.next('ship', [], { containers }));
    await send(rose.next('supply', [second]), lily.next('receive', [third]));
    expect(said(office)).toEqual([]);
  });
});

describe('how a case is worked through', () => {
  let id: string;
  let taken = 0;

  beforeEach(async () => {
    await send(rose.next('supply', [first]));
    on.time.nowMs += 13 * HOUR_MS;
    await send(lily.next('supply', [first], { user: 'lily-1' }));
    id = alertsOf(lily)[0]?.id ?? '';
  });

  function bytesOf(device: TestDevice, action: AlertAction, after?: number): Uint8Array {
    const seen = after ?? on.ledger.alerts.read(undefined, id)?.steps.length ?? 0;
    const nonce = (++taken).toString(16).padStart(32, '0');
    const by = { device: device.record.device, user: 'user-7', claimedTimeMs: 1 };
    return encodeAlertStep({ type: 'packtrail/v1/alert-step', alert: id, ...by, after: seen, action, nonce });
  }
  const take = async (device: TestDevice, action: AlertAction, after?: number) => {
    const bytes = bytesOf(device, action, after);
    return must(await on.ledger.alerts.step(device.record, { bytes, signature: device.sign(bytes) }));
  };
  const found: AlertAction = { kind: 'finding', finding: 'root-cause', note: 'ours, scanned twice' };
  const close: AlertAction = { kind: 'close', reason: 'process-error', note: null };

  test('finding, close with a reason; it survives a restart, and the list keeps open from closed', async () => {
    expect((await take(lily, close)).refused).toBe('cause-not-found');
    expect((await take(lily, found)).refused).toBeNull();
    expect((await take(lily, close)).alert.alert.state).toBe('closed');
    await on.reopen();
    expect([alertsOf(lily), alertsOf(rose)]).toEqual([[], []]);
    expect(alertsOf(lily, true)).toMatchObject([
      { id, state: 'closed', findings: { attempt: 'root-cause' } },
    ]);
    expect((await take(rose, found)).refused).toBe('closed');
  });

  test('a site sees its own user and notes, of another location neither; the authority sees who', async () => {
    await take(lily, found);
    await take(office, { kind: 'investigate', note: 'we call you' });
    const [own, other, above] = [lily, rose, office].map((each) => on.ledger.alerts.read(each.record, id));
    expect(own?.acts).toMatchObject([
      { party: 'attempt', act: { where: 'this-site', user: 'lily-1', operation: 'supply' } },
      { party: 'earlier', act: { where: 'another-location' } },
    ]);
    expect(own?.steps[0]).toMatchObject({ isOwn: true, user: 'user-7', note: 'ours, scanned twice' });
    expect(other?.acts[0]).toEqual({ party: 'attempt', act: { where: 'another-location' } });
    expect(other?.steps).toMatchObject([
      { isOwn: false, user: null, note: null, isNoteWithheld: true, finding: 'root-cause' },
      { standing: 'authority', user: null, note: 'we call you', isNoteWithheld: false },
    ]);
    expect(JSON.stringify(other)).not.toMatch(/lily|corner/);
    expect(above?.acts).toMatchObject([
      { act: { where: 'named', organisation: 'The lily', site: 'At corner', role: 'pharmacy' } },
      { act: { where: 'named', site: 'At main' } },
    ]);
  });

  test('only the authority and the operator close it as a falsification', async () => {
    const falsified: AlertAction = { kind: 'close', reason: 'falsification', note: 'a copy' };
    await take(lily, found);
    expect((await take(lily, falsified)).refused).toBe('authority-only');
    await take(rose, { kind: 'escalate', note: 'ours left the house' });
    expect((await take(lily, close)).refused).toBe('authority-only');
    expect(must(on.ledger.alerts.operatorStep(id, falsified, '0f'.repeat(16))).refused).toBeNull();
    expect((await take(office, { kind: 'investigate', note: null })).alert.alert.state).toBe(
      'under-investigation',
    );
    expect((await take(office, falsified)).alert.steps.map(({ kind }) => kind)).toEqual([
      ...['finding', 'escalate', 'close', 'investigate', 'close'],
    ]);
  });

  test('the same step again is recorded once, and one that did not see the last is told so', async () => {
    const bytes = bytesOf(lily, found);
    const signed = { bytes, signature: lily.sign(bytes) };
    for (let i = 0; i < 3; i++) must(await on.ledger.alerts.step(lily.record, signed));
    expect(on.ledger.alerts.read(undefined, id)?.steps).toHaveLength(1);
    expect((await take(rose, found, 0)).refused).toBe('stale');
    expect(on.ledger.alerts.read(undefined, id)?.steps).toHaveLength(1);
  });

  test('a step needs the signature of the device whose it is, and a party’s place', async () => {
    const bytes = bytesOf(lily, found);
    const step = (device: TestDevice, signature: Uint8Array) =>
      on.ledger.alerts.step(device.record, { bytes, signature });
    expect(await step(lily, rose.sign(bytes))).toMatchObject({ error: 'bad-signature' });
    expect(await step(rose, lily.sign(bytes))).toMatchObject({ error: 'bad-signature' });
    const strange = bytesOf(depot, found);
    const signed = { bytes: strange, signature: depot.sign(strange) };
    expect(await on.ledger.alerts.step(depot.record, signed)).toMatchObject({ error: 'not-found' });
    expect(on.ledger.alerts.read(depot.record, id)).toBeUndefined();
    expect(on.ledger.alerts.read(undefined, id)?.steps).toEqual([]);
  });

  test('the store itself refuses to change or drop a step', async () => {
    await take(lily, found);
    const file = new DatabaseSync(join(on.folder, 'ledger.sqlite'));
    expect(() => file.exec("UPDATE alert_steps SET user = 'x'")).toThrow(/stays as it was taken/);
    expect(() => file.exec('DELETE FROM alert_steps')).toThrow(/goes with its case/);
    file.close();
  });
});

test('the list goes on where an answer had no room', async () => {
  const unknown = packs(130).map((pack) => ({ ...pack, serial: `U${pack.serial}` }));
  await send(rose.next('supply', unknown));
  const { alerts, next, tag } = on.ledger.alerts.list(rose.record, everything);
  const rest = on.ledger.alerts.list(rose.record, { closed: false, before: next ?? 0 });
  expect(new Set([...alerts, ...rest.alerts].map(({ id }) => id)).size).toBe(130);
  expect([alerts.length, rest.alerts.length, rest.next]).toEqual([100, 30, null]);
  expect(on.ledger.alerts.list(rose.record, everything).tag).toBe(tag);
});
