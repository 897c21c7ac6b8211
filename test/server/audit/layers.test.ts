// An auditor rebuilds the daily layers of snapshots as it does their bases, and an operator gains nothing by choosing
// what they rest on.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Pack } from '../../../src/domain/pack.ts';
import { type Layer, type Manifest, parseManifest } from '../../../src/domain/snapshot/manifest.ts';
import { createServerBlinder } from '../../../src/server/ledger/server-blinder.ts';
import { PACK } from '../../support/sample-events.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { must } from '../ledger/log-reader.ts';
import {
  type AuditedLedger,
  type Auditor,
  createAuditor,
  DAY_MS,
  liveADay,
  mirror,
  openAuditedLedger,
  voidInServer,
} from './audited-ledger.ts';
import { changeStore, logManifest, newestManifest } from './lying-operator.ts';

const kinds = (ledger: AuditedLedger) =>
  newestManifest(ledger)
    .layers.map(({ kind }) => kind.charAt(0))
    .join('');

/** A base, and a delta for each of the days after it. */
async function openLayered(days = 2): Promise<AuditedLedger> {
  const ledger = await openAuditedLedger();
  await ledger.snapshot();
  for (let day = 0; day < days; day++) {
    ledger.on.time.nowMs += DAY_MS;
    if (day === 0) await liveADay(ledger);
    await ledger.supply(30 + day);
    await ledger.snapshot();
  }
  return ledger;
}

async function attested(auditor: Auditor, size: number): Promise<void> {
  expect(await auditor.look(['--full'])).toMatchObject({ code: 0, last: { event: 'attested', size } });
}

test('through base, layers, the day so far and the next base: resumed, late and from zero alike', async () => {
  const ledger = await openAuditedLedger();
  const { on } = ledger;
  const archive = temporaryFolder();
  const resuming = createAuditor(ledger);
  const seen: string[] = [];
  for (let day = 0; day < 6; day++) {
    on.time.nowMs += day === 5 ? 30 * DAY_MS : DAY_MS;
    if (day === 1) await liveADay(ledger);
    for (const hour of [0, 1]) {
      await ledger.supply(40 + 2 * day + hour);
      const fresh = { ...PACK, serial: `F${day}-${hour}`, expiry: '2031-01-31', batch: 'D' };
      if (day > 1) await on.ledger.acceptEvents([ledger.maker.next('commission', [fresh])]);
      await ledger.snapshot(3_600_000);
      seen.push(kinds(ledger));
    }
    mirror(on.folder, archive);
    expect(await resuming.look([], { stretchWork: 3 })).toMatchObject({ code: 0 });
  }
  expect(seen).toEqual([
    'b',
    'bd',
    'bdd',
    'bdd',
    'bddd',
    'bddd',
    'bdddd',
    'bdddd',
    'bddddd',
    'bddddd',
    'b',
    'bd',
  ]);
  const resumed = await resuming.look(['--full'], { stretchWork: 2 });
  // Most pages of the earlier ones are not published any more.
  const late = await createAuditor(ledger).look();
  const fromArchive = await createAuditor(ledger, archive).look();
  for (const { code, last, told } of [resumed, late, fromArchive]) {
    expect([code, last.event, last.size, last.digest]).toEqual([0, 'attested', 12, resumed.last.digest]);
    expect(told.filter(({ event }) => event === 'carried')).toEqual([]);
  }
});

test('what it keeps are the pages of one snapshot, and it tells when somebody changed them', async () => {
  const ledger = await openLayered(3);
  const auditor = createAuditor(ledger);
  expect((await auditor.look()).code).toBe(0);
  const { DatabaseSync } = await import('node:sqlite');
  const inStore = (sql: string) => {
    const database = new DatabaseSync(join(auditor.folder, 'audit.sqlite'));
    const rows = database.prepare(sql).all();
    database.close();
    return rows;
  };
  const named = newestManifest(ledger).layers.flatMap(({ pages }) => pages.map(({ sha256 }) => sha256));
  const rows = inStore('SELECT sha256, compared FROM pages ORDER BY sha256');
  expect(rows.map((row) => ({ ...row }))).toEqual(named.sort().map((sha256) => ({ sha256, compared: 1 })));
  inStore("UPDATE pages SET bytes = x'00'");
  await ledger.supply(50);
  await ledger.snapshot();
  expect(await auditor.look()).toMatchObject({ code: 3, warnings: expect.stringMatching(/remove it/) });
  rmSync(auditor.folder, { recursive: true });
  await attested(auditor, 5);
});

type Lie = (manifest: Manifest) => Partial<Manifest>;
const withTop = (change: (top: Layer, below: Layer) => Partial<Layer>): Lie =>
  function lie({ layers }) {
    const [below, top] = layers.slice(-2) as [Layer, Layer];
    return { layers: [...layers.slice(0, -1), { ...top, ...change(top, below) }] };
  };

const LIES: Readonly<Record<string, readonly [string, Lie, RegExp]>> = {
  'a change left out': [
    'page-differs',
    withTop(() => ({ pages: [] })),
    /has 0 pages; .*"supplied" since entry/,
  ],
  'a stale layer': ['page-differs', withTop((_, { pages }) => ({ pages })), /Page 0 of its delta over/],
  'a page too many': [
    'page-differs',
    withTop(({ pages }) => ({
      pages: [
        ...pages,
        { ...(pages[0] as Layer['pages'][0]), first: 'ff'.repeat(48), last: 'ff'.repeat(48) },
      ],
    })),
    /has 2 pages; the entries give 1/,
  ],
  'a layer that ends early': [
    'bad-manifest',
    withTop(({ logSize }) => ({ logSize: logSize - 1 })),
    /last layer is over/i,
  ],
  'a layer of another time': [
    'bad-manifest',
    withTop(({ asOfMs }) => ({ asOfMs: asOfMs + 1 })),
    /is as of \d+; the entries give/,
  ],
  'the wrong order': [
    'bad-manifest',
    ({ layers: [base, one, two] }) => ({
      layers: [base as Layer, { ...(one as Layer), pages: (two as Layer).pages }, two as Layer],
    }),
    /It rests on .*; after the manifest before it, it has to rest on/,
  ],
  'a layer taken out': [
    'bad-manifest',
    ({ layers }) => ({ layers: layers.filter((_, i) => i !== 1) }),
    /It rests on a base over \d+ \(1 pages\); .* a base over \d+ \(1 pages\), a delta/,
  ],
  'another salt': ['bad-manifest', () => ({ salt: '00'.repeat(16) }), /with the salt of that one/],
  'a new base under the old salt': [
    'bad-manifest',
    ({ layers }) => ({ layers: [{ ...(layers.at(-1) as Layer), kind: 'base' }] }),
    /Its salt .* is not that of a base over/,
  ],
};

test('manifests that lie of their layers, logged and signed, each retracted after', async () => {
  const ledger = await openLayered();
  const auditor = createAuditor(ledger);
  expect((await auditor.look()).code).toBe(0);
  let leaf = 3;
  for (const [name, [fault, lie, words]] of Object.entries(LIES)) {
    expect(kinds(ledger)).toBe('bdd');
    await logManifest(ledger, lie);
    const { code, last } = await auditor.look();
    const found = [code, last.code, last.leaf, last.words];
    expect(found, name).toEqual([1, fault, leaf, expect.stringMatching(words)]);
    // The void leaf, and the manifest that takes its place and rests on what is right.
    expect((await voidInServer(ledger, String(leaf))).code).toBe(0);
    leaf += 3;
  }
  await attested(auditor, leaf);
});

test('a new pack in another state than the entries say, or left out', async () => {
  const ledger = await openLayered();
  const { on, maker } = ledger;
  const auditor = createAuditor(ledger);
  const fresh: Pack = { ...PACK, serial: 'FRESH', batch: 'D', expiry: '2031-01-31' };
  await on.ledger.acceptEvents([maker.next('commission', [fresh])]);
  const { packId } = createServerBlinder(on.ledger.masters).pack(1, fresh);
  await changeStore(ledger, `UPDATE packs SET state = 1 WHERE pack_id = x'${packId}'`);
  await ledger.snapshot();
  const lied = await auditor.look();
  const words = (said: string) => expect.stringMatching(new RegExp(`delta over .*Pack ${packId} .*${said}`));
  const fault = {
    code: 'page-differs',
    leaf: 3,
    words: words('"active" since entry \\d+; the page says "supplied"'),
  };
  expect(lied).toMatchObject({ code: 1, last: fault });
  await changeStore(ledger, `DELETE FROM packs WHERE pack_id = x'${packId}'`);
  expect((await voidInServer(ledger, '3')).code).toBe(0);
  const left = { code: 'page-differs', leaf: 5, words: words('it is not found') };
  expect(await auditor.look()).toMatchObject({ code: 1, last: left });
});

test('a delta on a base that was retracted', async () => {
  const ledger = await openAuditedLedger();
  const auditor = createAuditor(ledger);
  await changeStore(ledger, 'UPDATE packs SET state = 1');
  await ledger.snapshot();
  await changeStore(ledger, 'UPDATE packs SET state = 0');
  await ledger.supply(30);
  await ledger.snapshot();
  expect(kinds(ledger)).toBe('bd');
  const rotten = newestManifest(ledger);
  expect(await auditor.look()).toMatchObject({ code: 1, last: { code: 'page-differs', leaf: 0 } });
  // What rests on it goes with it, and the next is a base.
  expect((await voidInServer(ledger, '0')).out).toBe('leaf 0 is voided\nleaf 1 is voided');
  expect(kinds(ledger)).toBe('b');
  await attested(auditor, 5);
  await logManifest(ledger, () => ({ layers: rotten.layers, salt: rotten.salt }));
  const words = expect.stringMatching(/It rests on a base over 7 .* it has to rest on a base over 8/);
  expect(await auditor.look()).toMatchObject({ code: 1, last: { code: 'bad-manifest', leaf: 5, words } });
});

test('a manifest that was lost takes its layer from nobody: the auditor builds that too', async () => {
  const ledger = await openLayered(3);
  const folder = join(ledger.on.ledger.snapshotFolder, 'manifest');
  for (const id of readdirSync(folder)) {
    const { number } = must(parseManifest(readFileSync(join(folder, id))));
    if (number === 1 || number === 3) rmSync(join(folder, id));
  }
  expect((await voidInServer(ledger, '--gone')).out).toBe('leaf 0 is voided\nleaf 2 is voided');
  expect(kinds(ledger)).toBe('bddd');
  const auditor = createAuditor(ledger);
  await attested(auditor, 6);
  expect((await auditor.look(['--full'])).told.filter(({ event }) => event === 'rebuilt').length).toBe(2);
});

test('a time in the future is not handed on by a manifest that was retracted', async () => {
  const ledger = await openLayered();
  const auditor = createAuditor(ledger);
  await logManifest(ledger, ({ publishedMs, expiresMs }) => ({
    ...{ publishedMs: publishedMs + 5 * DAY_MS, expiresMs: expiresMs + 5 * DAY_MS },
  }));
  expect(await auditor.look()).toMatchObject({ code: 1, last: { code: 'bad-manifest', leaf: 3 } });
  expect((await voidInServer(ledger, '3')).code).toBe(0);
  expect(newestManifest(ledger).publishedMs).toBe(ledger.on.time.nowMs);
  await attested(auditor, 6);
});
