// False alarms: the cause is named before an attempt leaves that would raise an alert.
import { describe, expect, it } from 'vitest';
import { LedgerError } from '../../src/app/ports.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import type { KeyedScan } from '../../src/domain/keyboard/keyed-scan.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { gs1, idle, judge, keyed, openedWorld, rowsOf, shown, supply } from '../support/app-fakes.ts';
import { GERMAN_LIKE, typeText } from '../support/keyboard.ts';
import { PACK } from '../support/sample-events.ts';

const active = SHELF.find((item) => item.id === 'active')?.printed ?? PACK;
const unverified = { reason: 'technical-problem' } as const;

describe('a misread code', () => {
  const cases: readonly [string, Partial<Pack>, string][] = [
    ['Caps Lock', { serial: active.serial.toLowerCase() }, 'caps-lock'],
    ['a number glued to the serial', { serial: `${active.serial}7141` }, 'lost-separator'],
    ['the first of the month', { expiry: `${active.expiry.slice(0, 8)}01` }, 'unspecified-day'],
  ];
  for (const [what, change, cause] of cases)
    it(`names ${what}, and records nothing on it`, async () => {
      const { world, app } = await openedWorld();
      world.setOnline(false);
      const scan = await judge(app, gs1({ ...active, ...change }));
      expect(scan.cause).toBe(cause);
      const failure = await app.outbox.record(supply(scan, unverified));
      expect(failure).toMatchObject({ kind: 'not-allowed' });
      expect(await rowsOf(world)).toEqual([]);
    });

  it('keeps a supply under Art. 29 back as well', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    const scan = await judge(app, gs1({ ...active, serial: active.serial.toLowerCase() }));
    expect(scan.judgment.verdict.kind).toBe('not-in-data');
    expect(await app.outbox.record(supply(scan, unverified))).toEqual({
      kind: 'not-allowed',
      why: 'misread',
    });
  });

  it('is told from one that is in nobody’s data', async () => {
    const { app } = await openedWorld();
    expect((await judge(app, gs1({ ...active, serial: 'NOWHERE1' }))).cause).toBeUndefined();
    expect((await judge(app, gs1(active))).cause).toBeUndefined();
  });
});

describe('a handheld scanner without identifiers, set up here for another keyboard', () => {
  const issued = SHELF.find((item) => item.issued?.serial.endsWith('Y'))?.issued ?? PACK;
  const text = gs1(issued).replace(/^\]d2/, '');
  const garbled = (each: string) => ({ ...keyed(typeText(each, GERMAN_LIKE)), usText: undefined });

  async function setUp() {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    const { setup, release } = await app.scanner.openSetup();
    setup.begin();
    for (;;) {
      const { value } = setup.step;
      if (value.kind !== 'baseline' && value.kind !== 'dead-key') break;
      world.wedge(garbled(value.code));
    }
    await setup.keep('Counter');
    release();
    const scanned = async (scan: KeyedScan) => {
      world.wedge(scan);
      await idle();
      return shown(app);
    };
    return { world, app, scanned };
  }

  it('is believed where the data holds the pack', async () => {
    const { scanned } = await setUp();
    expect(await scanned(garbled(text))).toMatchObject({
      ...{ pack: issued, judgment: { verdict: { kind: 'active' } }, cause: undefined },
      notes: [{ code: 'layout-unconfirmed' }],
    });
  });

  it('is not taken for another one, whose codes need no mending', async () => {
    const { world, app, scanned } = await setUp();
    const scan = await scanned(keyed(text));
    expect(scan).toMatchObject({
      ...{
        pack: { serial: issued.serial.replace('Y', 'Z') },
        judgment: { verdict: { kind: 'not-in-data' } },
      },
      ...{ cause: 'other-scanner', notes: [{ code: 'layout-unconfirmed' }] },
    });
    const failure = await app.outbox.record(supply(scan, unverified));
    expect(failure).toEqual({ kind: 'not-allowed', why: 'misread' });
    expect(await rowsOf(world)).toEqual([]);
    await app.scanner.recheck();
    expect(shown(app).cause).toBe('other-scanner');
  });
});

describe('an expiry written as a month', () => {
  const month = SHELF.find((item) => item.id === 'active-month')?.printed ?? PACK;
  const printed = (pack: Pack) =>
    gs1(pack).replace(/17\d{6}/, `17${pack.expiry.slice(0, 7).replace('-', '')}`);

  it('is refused by its name where the market has dates checked first', async () => {
    const { app } = await openedWorld();
    await app.scanner.readText(printed(month), 'scanned');
    expect(app.scanner.state.value).toMatchObject({
      ...{ kind: 'failed', failure: { kind: 'unreadable', problem: 'month-date' } },
    });
  });

  it('is judged as the end of that month where the market has it submitted, and the card says so', async () => {
    const { world, app } = await openedWorld({ market: 'gr' });
    world.setOnline(false);
    const scan = await judge(app, printed(month));
    expect(scan).toMatchObject({ pack: month, expiryDayUnspecified: true, cause: 'month-date' });
    expect(scan.judgment.verdict).toEqual({ kind: 'active' });
    expect(await app.outbox.record(supply(scan))).toBeUndefined();
  });

  it('records nothing where the data holds the pack under another month', async () => {
    const { world, app } = await openedWorld({ market: 'gr' });
    world.setOnline(false);
    const scan = await judge(app, printed({ ...month, expiry: '2033-05-31' }));
    expect(scan.cause).toBe('month-date');
    expect(scan.judgment.verdict.kind).not.toBe('active');
    expect(await app.outbox.record(supply(scan, unverified))).toMatchObject({ kind: 'not-allowed' });
    expect(await rowsOf(world)).toEqual([]);
  });
});

describe('the site’s own act', () => {
  it('a moment ago is a double scan; later it is one that has not been sent', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    await app.outbox.record(supply(await judge(app, gs1(active))));
    expect((await judge(app, gs1(active))).cause).toBe('double-scan');
    await world.clock.advance(11 * 60_000);
    expect((await judge(app, gs1(active))).cause).toBe('own-pending-event');
    world.setOnline(true);
    await idle();
    expect((await judge(app, gs1(active))).cause).toBeUndefined();
    expect(shown(app).undoable).toBeDefined();
  });
});

describe('a first opening', () => {
  it('goes into the event, and is not undone', async () => {
    const { app } = await openedWorld();
    expect(await app.outbox.record(supply(await judge(app, gs1(active)), { opened: true }))).toBeUndefined();
    await idle();
    const scan = shown(app);
    expect(scan.undoable).toBeUndefined();
    expect(await app.outbox.undo({ scan, handedOver: false })).toEqual({
      kind: 'not-allowed',
      why: 'opened',
    });
  });
});

describe('an undo that met an open conflict', () => {
  it('shows the lock as soon as the receipt says so', async () => {
    const { world, app } = await openedWorld();
    world.answers = { latestSnapshot: () => Promise.reject(new LedgerError('timeout')) };
    await app.outbox.record(supply(await judge(app, gs1(active))));
    await idle();
    world.ledger.act('supply', [active]);
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    await idle();
    world.setOnline(false);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      ...{ verdict: { kind: 'not-active', state: 'locked' }, fromOutbox: 'receipt' },
    });
  });
});
