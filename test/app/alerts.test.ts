// Alerts on a device: the list that is held without a network, steps that count once, and packs that are held back.
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemorySettingsStore } from '../../src/adapters/memory-stores.ts';
import { createAlerts } from '../../src/app/alerts.ts';
import type { AlertsModel } from '../../src/app/alerts-model.ts';
import { type AlertClient, LedgerError, type SettingsStore } from '../../src/app/ports.ts';
import { alertId } from '../../src/domain/alerts/alert.ts';
import type { AlertLine, AlertResponse } from '../../src/domain/alerts/alert-wire.ts';
import { afterStep, parseAlertStep, stepId, whyNoStep } from '../../src/domain/alerts/workflow.ts';
import { parseBase64 } from '../../src/domain/bytes.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { createFakeClock, gs1, judge, openedWorld, rowsOf, supply } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const EVENT = 'ab'.repeat(32);
const line = (i: number): AlertLine => ({
  ...{ id: alertId('demo', EVENT, i, 'A7'), kind: 'A7', cause: 'not-active', state: 'new' },
  ...{ raisedMs: 1, changedMs: 1, operation: 'supply', packState: 'supplied' },
  ...{ pack: { ...PACK, serial: `S${i}` }, standing: 'attempt', isEarlierKnown: true },
  findings: { attempt: 'pending', earlier: 'pending' },
});

/** A server's desk over lines in memory, by the domain's own rules; the network can fail before or after the server. */
function createDesk(count: number) {
  const lines = Array.from({ length: count }, (_, i) => line(i));
  const steps = new Map<string, Set<string>>();
  const desk = {
    fails: undefined as 'before' | 'after' | undefined,
    asked: [] as string[],
    recorded: () => [...steps.values()].reduce((sum, ids) => sum + ids.size, 0),
    client: {} as AlertClient,
    lines,
  };
  async function through<T>(work: () => T): Promise<T> {
    if (desk.fails === 'before') throw new LedgerError('offline');
    const done = work();
    if (desk.fails === 'after') throw new LedgerError('timeout');
    return done;
  }
  const answerOf = (alert: AlertLine): AlertResponse => ({
    ...{ alert, index: 7, acts: [], distanceKm: null, keptUntil: '2033-01-01' },
    steps: [...(steps.get(alert.id) ?? [])].map(() => ({
      ...{ standing: 'attempt', isOwn: true, receivedMs: 1, user: 'user-1', kind: 'investigate' },
      ...{ finding: null, reason: null, note: null, isNoteWithheld: false },
    })),
  });
  const found = (id: string) => {
    const alert = lines.find((each) => each.id === id);
    if (!alert) throw new LedgerError('refused', { refusal: 'not-found' });
    return alert;
  };
  desk.client = {
    list: (isClosed, before, tag) =>
      through(() => {
        desk.asked.push(`${isClosed} ${before} ${tag}`);
        const all = lines.filter(({ state }) => (state === 'closed') === isClosed);
        const from = before ?? 0;
        const alerts = all.slice(from, from + 100);
        const mark = `${alerts.map(({ id, state }) => id + state).join()}`;
        const made = stepId(new TextEncoder().encode(mark)).slice(0, 32);
        if (made === tag) return undefined;
        return { alerts, next: from + 100 < all.length ? from + 100 : null, tag: made };
      }),
    read: (id) => through(() => answerOf(found(id))),
    step: ({ bytes }) =>
      through(() => {
        const raw = parseBase64(bytes);
        const step = parseAlertStep(raw.ok ? raw.value : new Uint8Array());
        if (!raw.ok || !step.ok) throw new LedgerError('refused', { refusal: 'malformed' });
        const { alert: id, after, action } = step.value;
        const held = steps.get(id) ?? new Set<string>();
        const own = stepId(raw.value);
        const alert = found(id);
        if (held.has(own)) return { refused: null, alert: answerOf(alert) };
        const refused = after === held.size ? whyNoStep(alert, action, 'attempt') : ('stale' as const);
        if (refused) return { refused, alert: answerOf(alert) };
        steps.set(id, held.add(own));
        const at = lines.indexOf(alert);
        lines[at] = { ...alert, ...afterStep(alert, action, 'attempt') };
        return { refused: null, alert: answerOf(lines[at] as AlertLine) };
      }),
  };
  return desk;
}

let settings: SettingsStore;
let desk: ReturnType<typeof createDesk>;
let nonces = 0;
const clock = createFakeClock();
const key = createMemoryDeviceKey(new Uint8Array(32).fill(5));

function start(device = '0a'.repeat(16)): Promise<AlertsModel> {
  const random = { bytes: (length: number) => new Uint8Array(length).fill(++nonces) };
  const ledger = { alerts: async () => desk.client } as Parameters<typeof createAlerts>[0]['ports']['ledger'];
  return createAlerts({ ports: { clock, random, settings, ledger }, enrolment: { device }, key });
}

beforeEach(() => {
  settings = createMemorySettingsStore();
  desk = createDesk(3);
});

describe('the list', () => {
  test('is held without a network, with its age, and says that the network is missing', async () => {
    await (await start()).refresh();
    await clock.advance(3_600_000);
    desk.fails = 'before';
    const alerts = await start();
    expect(alerts.open.value).toMatchObject({ asOfMs: clock.nowMs() - 3_600_000, failure: undefined });
    await alerts.refresh();
    expect(alerts.open.value).toMatchObject({ failure: 'offline', asOfMs: clock.nowMs() - 3_600_000 });
    expect(alerts.open.value.lines).toHaveLength(3);
  });

  test('of another enrolment, or damaged, is not shown', async () => {
    await (await start()).refresh();
    expect((await start('0b'.repeat(16))).open.value.lines).toEqual([]);
    const kept = (await settings.get('alerts')) ?? '';
    for (const damaged of [kept.slice(0, -3), kept.replace('"A7"', '"A8"'), '{}', '']) {
      await settings.set('alerts', damaged);
      expect((await start()).open.value).toMatchObject({ lines: [], asOfMs: undefined });
    }
  });

  test('is asked for by its tag, and stays where nothing is new', async () => {
    const alerts = await start();
    await alerts.refresh();
    await alerts.refresh();
    expect(desk.asked[1]).toMatch(/^false undefined [0-9a-f]{32}$/);
    expect(alerts.open.value.lines).toHaveLength(3);
  });

  test('of what is closed goes on page by page', async () => {
    desk = createDesk(230);
    desk.lines.forEach((each, i) => {
      desk.lines[i] = { ...each, state: 'closed' };
    });
    const alerts = await start();
    await alerts.refreshClosed();
    expect(alerts.closed.value).toMatchObject({ hasMore: true, lines: { length: 100 } });
    while (alerts.closed.value.hasMore) await alerts.more(true);
    expect(new Set(alerts.closed.value.lines.map(({ id }) => id)).size).toBe(230);
  });

  test('of what is open is known whole, since packs are held back by it, without a network too', async () => {
    desk = createDesk(230);
    await (await start()).refresh();
    desk.fails = 'before';
    const alerts = await start();
    expect(alerts.open.value.lines).toHaveLength(230);
    expect(alerts.openOn({ ...PACK, serial: 'S229' })?.id).toBe(desk.lines[229]?.id);
    desk.fails = undefined;
    desk.lines[229] = { ...line(229), state: 'closed' };
    await alerts.refresh();
    expect(alerts.openOn({ ...PACK, serial: 'S229' })).toBeUndefined();
  });

  test('is written when it changes, and now and then for its age', async () => {
    const { set } = settings;
    let writes = 0;
    settings = {
      ...settings,
      set: async (name, value) => {
        writes += 1;
        await set(name, value);
      },
    };
    const alerts = await start();
    for (let minute = 0; minute < 10; minute++) {
      await alerts.refresh();
      await clock.advance(60_000);
    }
    expect(writes).toBe(1);
    await clock.advance(10 * 60_000);
    await alerts.refresh();
    expect(writes).toBe(2);
    desk.lines[1] = { ...line(1), state: 'closed' };
    await alerts.refresh();
    expect(writes).toBe(3);
  });
});

describe('a step', () => {
  async function shown(): Promise<AlertsModel> {
    const alerts = await start();
    await alerts.refresh();
    await alerts.read(desk.lines[0]?.id ?? '');
    return alerts;
  }
  const found = { kind: 'finding', finding: 'root-cause', note: 'scanned twice' } as const;

  test('is recorded, and a closed case leaves the open list', async () => {
    const alerts = await shown();
    expect(alerts.openOn({ ...PACK, serial: 'S0' })?.id).toBe(desk.lines[0]?.id);
    await alerts.take(found);
    await alerts.take({ kind: 'close', reason: 'process-error', note: null });
    expect(alerts.detail.value).toMatchObject({ kind: 'shown', response: { alert: { state: 'closed' } } });
    expect(alerts.openOn({ ...PACK, serial: 'S0' })).toBeUndefined();
    expect((await start()).openOn({ ...PACK, serial: 'S0' })).toBeUndefined();
  });

  test('whose answer was lost is sent again as it was, and counts once', async () => {
    const alerts = await shown();
    desk.fails = 'after';
    await alerts.take(found);
    expect(alerts.detail.value).toMatchObject({ kind: 'shown', failure: 'timeout', isSending: false });
    expect(desk.recorded()).toBe(1);
    desk.fails = undefined;
    await alerts.take(found);
    expect(alerts.detail.value).toMatchObject({ failure: undefined, refused: undefined });
    expect(desk.recorded()).toBe(1);
  });

  test('that the rules refuse says why, and changes nothing', async () => {
    const alerts = await shown();
    await alerts.take({ kind: 'close', reason: 'falsification', note: null });
    expect(alerts.detail.value).toMatchObject({ refused: 'authority-only' });
    expect(desk.recorded()).toBe(0);
  });

  test('on a case that was left meanwhile does not bring it back', async () => {
    const alerts = await shown();
    const taking = alerts.take(found);
    alerts.leave();
    await taking;
    expect(alerts.detail.value).toEqual({ kind: 'none' });
    desk.fails = 'before';
    await alerts.read(desk.lines[1]?.id ?? '');
    expect(alerts.detail.value).toEqual({ kind: 'failed', why: 'offline' });
  });
});

describe('a pack with an open alert', () => {
  const active = SHELF.find((item) => item.id === 'active')?.printed ?? PACK;

  test('is not handed on, offline too, until its case is closed; it may still be locked', async () => {
    desk.lines[0] = { ...line(0), pack: active };
    const { world, app } = await openedWorld();
    world.answers.alerts = async () => desk.client;
    await (await app.alerts.load())?.refresh();
    world.setOnline(false);
    const again = await world.openApp();
    const model = await again.alerts.load();
    const scan = await judge(again, gs1(active));
    expect(again.offers(scan)).toContain('lock');
    expect(again.offers(scan)).not.toContain('supply');
    const refused = { kind: 'not-allowed', why: 'alert-open' };
    expect(await again.outbox.record(supply(scan))).toEqual(refused);
    expect(await rowsOf(world)).toEqual([]);
    world.setOnline(true);
    await model?.read(desk.lines[0]?.id ?? '');
    await model?.take({ kind: 'finding', finding: 'root-cause', note: null });
    await model?.take({ kind: 'close', reason: 'technical-error', note: null });
    expect(again.offers(scan)).toContain('supply');
    expect(await again.outbox.record(supply(scan))).toBeUndefined();
  });
});
