// Every verdict of the demo shelf, judged on the device from a snapshot that it fetched and verified itself.
import { describe, expect, it } from 'vitest';
import { LedgerError } from '../../src/app/ports.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { shelfElements } from '../../src/domain/demo/shelf-print.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { createWorld, gs1, idle, judge, supply } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const EXPECTED: { readonly [id: string]: Verdict } = {
  active: { kind: 'active' },
  'active-ifa': { kind: 'active' },
  'active-month': { kind: 'active' },
  supplied: { kind: 'not-active', state: 'supplied' },
  destroyed: { kind: 'not-active', state: 'destroyed' },
  exported: { kind: 'not-active', state: 'exported' },
  sample: { kind: 'not-active', state: 'sample' },
  'free-sample': { kind: 'not-active', state: 'free-sample' },
  locked: { kind: 'not-active', state: 'locked' },
  stolen: { kind: 'not-active', state: 'stolen' },
  recalled: { kind: 'recalled', state: 'active' },
  withdrawn: { kind: 'withdrawn', state: 'active' },
  expired: { kind: 'expired', state: undefined },
  'batch-mismatch': { kind: 'mismatch', field: 'batch' },
  'expiry-mismatch': { kind: 'mismatch', field: 'expiry' },
  'never-issued': { kind: 'not-in-data' },
};

const scanOf = (item: (typeof SHELF)[number]) =>
  `${item.carrier === 'ifa' ? ']d1' : ']d2'}${shelfElements(item)}`;
const active = SHELF.find((item) => item.id === 'active')?.printed ?? PACK;

describe('verdicts on this device', () => {
  for (const item of SHELF.filter(({ id }) => id !== 'unreadable'))
    it(`${item.id}: ${JSON.stringify(EXPECTED[item.id])}`, async () => {
      const world = await createWorld();
      const app = await world.openApp();
      const scan = await judge(app, scanOf(item));
      expect(scan.judgment.verdict).toEqual(EXPECTED[item.id]);
      expect(scan.judgment.certainty).toBe('on-this-device');
      expect(scan.pack).toEqual(item.printed);
      expect(scan.expiryDayUnspecified).toBe(item.id === 'active-month');
      expect(scan.opinion.kind).toBe('agrees');
      expect(scan.productName).toBe(item.productName);
    });

  it('a code printed without separators cannot be read safely', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    const item = SHELF.find(({ id }) => id === 'unreadable');
    await app.scanner.readText(item ? scanOf(item) : '', 'scanned');
    expect(app.scanner.state.value).toMatchObject({ kind: 'failed', failure: { kind: 'unreadable' } });
  });

  it('calls itself offline while nobody answers, whatever the browser says, and goes on asking', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    expect(app.online.value).toBe(true);
    let asked = 0;
    world.answers = {
      isReached: () => false,
      tightenings: () => {
        asked += 1;
        return Promise.reject(new LedgerError('offline'));
      },
    };
    await world.clock.advance(60_000);
    expect(app.online.value).toBe(false);
    expect(asked).toBeGreaterThan(0);
    world.answers = {};
    await world.clock.advance(5_000);
    expect(app.online.value).toBe(true);
  });

  it('says no more than cannot-tell before there is any data', async () => {
    const world = await createWorld();
    world.setOnline(false);
    const app = await world.openApp();
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'no-snapshot' });
    expect(scan.opinion).toEqual({ kind: 'offline' });
    expect(app.sync.data.value).toEqual({ kind: 'none' });
  });

  it('works offline from what it stored, after being opened again', async () => {
    const world = await createWorld();
    await world.openApp();
    world.setOnline(false);
    const app = await world.openApp();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
  });

  it('lets data that has expired warn, but not vouch', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    world.setOnline(false);
    await world.clock.advance(80 * 3_600_000);
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({
      kind: 'cannot-tell',
      why: 'snapshot-expired',
    });
    const stolen = SHELF.find(({ id }) => id === 'stolen')?.printed ?? PACK;
    expect((await judge(app, gs1(stolen))).judgment.verdict).toEqual({ kind: 'not-active', state: 'stolen' });
  });

  it('says when the ledger disagrees, and acts on its word', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    world.ledger.act('supply', [active]);
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'active' });
    expect(scan.opinion).toMatchObject({
      kind: 'disagrees',
      judgment: { verdict: { kind: 'not-active', state: 'supplied' }, certainty: 'in-ledger' },
    });
    expect(await app.outbox.record(supply(scan))).toEqual({ kind: 'not-allowed', why: 'not-active' });
  });

  it('hears the ledger vouch for a pack that is newer than its data', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    const fresh = { ...PACK, serial: 'FRESH1' };
    world.ledger.act('commission', [fresh]);
    const scan = await judge(app, gs1(fresh));
    expect(scan.judgment.verdict).toEqual({ kind: 'not-in-data' });
    expect(scan.opinion).toMatchObject({ judgment: { verdict: { kind: 'active' } } });
    expect(await app.outbox.record(supply(scan))).toBeUndefined();
  });
});

describe('a product outside the scope', () => {
  it('is said to be outside, never missing, and is asked about live', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    await app.sync.changeScope(['gtin:09506000100029']);
    const outside = await judge(app, gs1(active));
    expect(outside.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'outside-scope' });
    expect(outside.opinion).toMatchObject({ kind: 'agrees', judgment: { verdict: { kind: 'active' } } });
    world.setOnline(false);
    const offline = await judge(app, gs1({ ...active, serial: 'NEVER1' }));
    expect(offline.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'outside-scope' });
    expect(offline.opinion).toEqual({ kind: 'offline' });
    world.setOnline(true);
    await app.sync.changeScope([active.productCode]);
    await idle();
    await idle();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
  });
});

describe('data that was tampered with on the device', () => {
  it('a damaged manifest is never believed', async () => {
    const world = await createWorld();
    await world.openApp();
    world.setOnline(false);
    const stored = await world.ports.snapshots.current();
    const manifest = stored?.manifest ?? new Uint8Array(0);
    manifest[50] = (manifest[50] ?? 0) ^ 1;
    await world.ports.snapshots.adopt({ manifest, proof: stored?.proof ?? '', scope: null }, []);
    const app = await world.openApp();
    expect(app.sync.data.value.kind).toBe('damaged');
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'snapshot-damaged' });
  });

  it('a tampered page vouches for nothing and is fetched again', async () => {
    const world = await createWorld();
    await world.openApp();
    const [sha256 = ''] = await pagesHeld(world);
    const bytes = (await world.ports.snapshots.page(sha256)) ?? new Uint8Array(1);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await world.ports.snapshots.putPages([{ sha256, bytes }]);
    world.setOnline(false);
    const app = await world.openApp();
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'snapshot-damaged' });
    world.setOnline(true);
    await idle();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
  });

  it('a device that was set back does not take old data for fresh or expired packs for good', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    world.clock.jump(-20 * 365 * 86_400_000);
    const expired = SHELF.find(({ id }) => id === 'expired')?.printed ?? PACK;
    const scan = await judge(app, gs1(expired));
    expect(scan.judgment.verdict.kind).toBe('expired');
    expect(scan.opinion).toMatchObject({ kind: 'agrees', judgment: { verdict: { kind: 'expired' } } });
    expect(app.offers(scan)).not.toContain('supply');
  });

  it("a device that was set back and holds no data takes the ledger's time", async () => {
    const world = await createWorld();
    world.answers = {
      latestSnapshot: () => Promise.reject(new LedgerError('timeout')),
      verify: async (pack) => ({ ...(await world.ledger.client.verify(pack)), asOfMs: startMs }),
    };
    const app = await world.openApp();
    const startMs = world.clock.nowMs();
    world.clock.jump(-20 * 365 * 86_400_000);
    const expired = SHELF.find(({ id }) => id === 'expired')?.printed ?? PACK;
    expect((await judge(app, gs1(expired))).opinion).toMatchObject({
      judgment: { verdict: { kind: 'expired' } },
    });
  });
});

async function pagesHeld(world: Awaited<ReturnType<typeof createWorld>>): Promise<string[]> {
  const stored = await world.ports.snapshots.current();
  const text = new TextDecoder().decode(stored?.manifest);
  return [...text.matchAll(/"sha256":"([0-9a-f]{64})"/g)].map((match) => match[1] ?? '');
}
