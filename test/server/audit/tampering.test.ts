// An auditor finds wrong what is wrong, names it, and cosigns nothing that holds it until it is retracted.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeBundle, parseBundle } from '../../../src/domain/ledger/entry-bundle.ts';
import { FOLD_VERSION } from '../../../src/domain/ledger/fold.ts';
import { parseProofFile } from '../../../src/domain/ledger/proof-file.ts';
import type { Manifest } from '../../../src/domain/snapshot/manifest.ts';
import { parseSnapshotLeaf } from '../../../src/domain/snapshot/manifest.ts';
import { createServerBlinder } from '../../../src/server/ledger/server-blinder.ts';
import { openTestLedger } from '../../support/signed-events.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { withFlip } from '../check/sample-ledger.ts';
import { must } from '../ledger/log-reader.ts';
import {
  type AuditedLedger,
  createAuditor,
  DAY_MS,
  liveADay,
  mirror,
  openAuditedLedger,
  voidInServer,
} from './audited-ledger.ts';
import { changeStore, logManifest } from './lying-operator.ts';

async function openLived(): Promise<AuditedLedger> {
  const ledger = await openAuditedLedger();
  await liveADay(ledger);
  await ledger.snapshot();
  return ledger;
}

describe('files', () => {
  test('one byte of a page', async () => {
    const ledger = await openLived();
    const auditor = createAuditor(ledger);
    const pages = join(ledger.on.folder, 'snapshots', 'page');
    const [name = ''] = readdirSync(pages);
    for (const at of [0, 100]) {
      await withFlip(join(pages, name), at, async () => {
        const words = expect.stringMatching(new RegExp(`page/${name}.*byte ${at}\\.`));
        const fault = { event: 'fault', code: 'file-differs', leaf: 0, words };
        expect(await auditor.look()).toMatchObject({ code: 1, last: fault });
        expect(existsSync(join(auditor.folder, 'cosignature'))).toBe(false);
      });
    }
    expect(await auditor.look()).toMatchObject({ code: 0, last: { event: 'attested' } });
    rmSync(join(pages, name));
    const other = createAuditor(ledger);
    expect(await other.look()).toMatchObject({ code: 3, last: { event: 'fault', code: 'gone' } });
  });

  test('one byte of a manifest; a manifest that is gone', async () => {
    const ledger = await openLived();
    const auditor = createAuditor(ledger);
    const manifests = join(ledger.on.folder, 'snapshots', 'manifest');
    const [name = ''] = readdirSync(manifests);
    await withFlip(join(manifests, name), 40, async () => {
      expect(await auditor.look()).toMatchObject({ code: 1, last: { code: 'file-differs', leaf: 0 } });
    });
    rmSync(join(manifests, name));
    expect(await auditor.look()).toMatchObject({ code: 3, last: { code: 'gone', leaf: 0 } });
  });

  test('two entries swapped, an entry altered, a leaf altered; the stored state stays clean', async () => {
    const ledger = await openLived();
    const auditor = createAuditor(ledger);
    const folder = join(ledger.on.folder, 'log', 'tile', 'entries', '000.p');
    const width = Number(readdirSync(folder)[0]);
    const file = join(folder, String(width));
    const kept = readFileSync(file);
    const entries = [...must(parseBundle(kept, width))];
    [entries[8], entries[9]] = [entries[9] as Uint8Array, entries[8] as Uint8Array];
    writeFileSync(file, encodeBundle(entries));
    expect(await auditor.look([], { stretchWork: 3 })).toMatchObject({
      ...{ code: 1, last: { event: 'fault', code: 'bad-entry', entry: 8 } },
    });
    writeFileSync(file, kept);
    await withFlip(file, kept.length - 1, async () => {
      const fault = { code: 'bad-entry', entry: width - 1, words: expect.stringMatching(/was logged/) };
      expect(await auditor.look()).toMatchObject({ code: 1, last: fault });
    });
    const leaf = join(ledger.on.folder, 'snapshots', 'tile', 'entries', '000.p', '1');
    await withFlip(leaf, 20, async () => {
      expect(await createAuditor(ledger).look()).toMatchObject({ code: 1, last: { code: 'bad-log' } });
    });
    expect(await auditor.look(['--full'])).toMatchObject({ code: 0, last: { event: 'attested', size: 1 } });
  });

  test('a stored state that somebody changed', async () => {
    const ledger = await openLived();
    const auditor = createAuditor(ledger);
    await auditor.look();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(auditor.folder, 'audit.sqlite'));
    database.exec('UPDATE packs SET winner_index = 3 WHERE winner_index = 0');
    database.close();
    expect((await auditor.look()).code).toBe(0);
    expect(await auditor.look(['--full'])).toMatchObject({ code: 1, last: { code: 'state-differs' } });
  });
});

describe('an operator who lies', () => {
  test('one pack in another state: the auditor names the pack and what it is', async () => {
    const ledger = await openLived();
    const auditor = createAuditor(ledger);
    expect((await auditor.look()).code).toBe(0);
    await ledger.supply(30);
    const pack = ledger.stock[30];
    if (!pack) throw new Error('there are more packs');
    const ids = createServerBlinder(ledger.on.ledger.masters).pack(1, pack);
    // Supplied, says the ledger's entry; the snapshot is to leave that out.
    const lie = (state: number) => `UPDATE packs SET state = ${state} WHERE pack_id = x'${ids.packId}'`;
    await changeStore(ledger, lie(0));
    await ledger.snapshot();
    const { code, last } = await auditor.look();
    expect([code, last.code, last.leaf]).toEqual([1, 'page-differs', 1]);
    expect(last.words).toMatch(
      new RegExp(
        `Manifest 2 \\(leaf 1\\).*Pack ${ids.packId} of product ${ids.productId}.*"supplied" since entry \\d+; the page says "active"`,
      ),
    );
    // Later ones wait, however right they are.
    await changeStore(ledger, lie(1));
    await ledger.snapshot();
    expect(await auditor.look()).toMatchObject({ code: 1, last: { leaf: 1 } });
    expect((await voidInServer(ledger, '1')).out).toBe('leaf 1 is voided');
    const after = await auditor.look(['--full']);
    expect(after).toMatchObject({ code: 0, last: { event: 'attested', size: 4 } });
    expect(after.told.some(({ event, leaf }) => event === 'rebuilt' && leaf === 2)).toBe(true);
  });

  test('a recall left out; a pack left out', async () => {
    for (const [sql, words] of [
      [
        'UPDATE batches SET recalled = 0',
        /Batch .* is, by the entries, recalled.*the page says not recalled/,
      ],
      ['DELETE FROM packs WHERE pack_id = (SELECT max(pack_id) FROM packs)', /in the page it is not found/],
    ] as const) {
      const ledger = await openAuditedLedger();
      await liveADay(ledger);
      await changeStore(ledger, sql);
      await ledger.snapshot();
      const { code, last } = await createAuditor(ledger).look();
      expect([code, last.code, last.words]).toEqual([1, 'page-differs', expect.stringMatching(words)]);
    }
  });

  test('a field of a manifest, logged and signed', async () => {
    const lies: readonly (readonly [string, (manifest: Manifest) => Partial<Manifest>, RegExp])[] = [
      ['bad-manifest', ({ number }) => ({ number }), /has the number 1, but is manifest 2/],
      ['bad-manifest', ({ asOfMs }) => ({ asOfMs: asOfMs + 1 }), /Its asOfMs is/],
      ['bad-manifest', ({ packs }) => ({ packs: packs - 1 }), /Its packs is 360; the entries give 361/],
      ['bad-manifest', () => ({ market: 'other' }), /Its market is other; the entries give demo/],
      ['bad-manifest', () => ({ salt: '00'.repeat(16) }), /Its salt 0000.* is not that of a base/],
      ['bad-manifest', ({ publishedMs }) => ({ publishedMs: publishedMs - 1 }), /before the one above it/],
      ['bad-manifest', ({ publishedMs }) => ({ publishedMs: publishedMs + DAY_MS }), /It says that it was/],
      ['bad-manifest', ({ publishedMs }) => ({ expiresMs: publishedMs + 8 * DAY_MS }), /expires at/],
      ['bad-manifest', ({ publishedMs }) => ({ expiresMs: publishedMs }), /expires at/],
      [
        'bad-manifest',
        ({ layers }) => ({ layers: layers.map((l) => ({ ...l, logSize: 1 })) }),
        /its last layer is over 1 entries/i,
      ],
      ['page-differs', ({ layers }) => ({ layers: layers.map((l) => ({ ...l, pages: [] })) }), /has 0 pages/],
      [
        'unsupported',
        ({ foldVersion }) => ({ foldVersion: foldVersion + 1 }),
        new RegExp(`built by fold ${FOLD_VERSION + 1}`),
      ],
    ];
    for (const [kind, lie, words] of lies) {
      const ledger = await openLived();
      await logManifest(ledger, lie);
      const { code, last } = await createAuditor(ledger).look();
      const exit = kind === 'unsupported' ? 3 : 1;
      expect([code, last.code, last.words]).toEqual([exit, kind, expect.stringMatching(words)]);
    }
  });

  test('two histories of one ledger, and one that forgot: both signed checkpoints are kept', async () => {
    const ledger = await openLived();
    const { on } = ledger;
    await on.ledger.close();
    const folder = temporaryFolder();
    cpSync(on.folder, folder, { recursive: true });
    await on.reopen();
    const other = await openTestLedger({ folder });
    onTestFinished(() => other.remove());
    const elm = other.enrol('elm', 'main', 'pharmacy');
    await other.ledger.acceptEvents([elm.next('supply', ledger.stock.slice(80, 81))]);
    await other.ledger.publishNow();

    const place = temporaryFolder();
    const auditor = createAuditor(ledger, place);
    mirror(on.folder, place);
    expect((await auditor.look()).code).toBe(0);
    await ledger.supply(60);
    await on.ledger.publishNow();
    mirror(on.folder, place);
    expect((await auditor.look()).code).toBe(0);
    for (const words of [/two roots for one size/, /smaller than it was/]) {
      rmSync(place, { recursive: true });
      mirror(folder, place);
      const { code, last } = await auditor.look();
      expect([code, last.code, last.words]).toEqual([1, 'bad-log', expect.stringMatching(words)]);
      expect(last.evidence).toHaveLength(2);
      rmSync(place, { recursive: true });
      await ledger.supply(61);
      await on.ledger.publishNow();
      mirror(on.folder, place);
      expect((await auditor.look()).code).toBe(0);
    }
  });
});

const readNewest = ({ on }: AuditedLedger) =>
  must(parseProofFile(readFileSync(join(on.folder, 'snapshots', 'latest.tlog-proof'))));

describe('void', () => {
  test('the latest manifest: devices are given another as it is retracted', async () => {
    const ledger = await openLived();
    await changeStore(ledger, 'UPDATE packs SET state = 0, winner_index = 1000 WHERE state <> 0');
    await ledger.snapshot();
    const auditor = createAuditor(ledger);
    expect(await auditor.look()).toMatchObject({ code: 1, last: { leaf: 1 } });
    // A builder that goes on lying gains nothing.
    expect((await voidInServer(ledger, '1')).out).toBe('leaf 1 is voided');
    const fault = { code: 'page-differs', leaf: 3 };
    expect(await auditor.look()).toMatchObject({ code: 1, last: fault });
    const proof = readNewest(ledger);
    expect(proof.index).toBe(3);
    expect(must(parseSnapshotLeaf(proof.extra ?? new Uint8Array())).kind).toBe('manifest');
    expect(Number(proof.checkpoint.split('\n')[1])).toBe(4);
  });

  test('an idle manifest, bad in its dates alone: the later ones over the same layers stand', async () => {
    const ledger = await openLived();
    // The second and the third have the same empty layer over the base.
    for (let i = 0; i < 3; i++) await ledger.snapshot();
    const leaf = readNewest(ledger).index - 1;
    expect((await voidInServer(ledger, String(leaf))).out).toBe(`leaf ${leaf} is voided`);
  });

  test('what cannot be voided', async () => {
    const ledger = await openLived();
    const attempt = (...args: string[]) => voidInServer(ledger, ...args);
    expect(await attempt('7')).toMatchObject({ code: 1, warnings: expect.stringMatching(/no leaf 7/) });
    expect((await attempt('0')).code).toBe(0);
    expect(await attempt('0')).toMatchObject({ code: 1, warnings: expect.stringMatching(/voided already/) });
    expect(await attempt('1')).toMatchObject({ code: 1, warnings: expect.stringMatching(/no manifest/) });
    for (const args of [[], ['x'], ['1', '--gone'], ['--what']])
      expect((await attempt(...args)).code).toBe(2);
    const { runVoid } = await import('../../../src/server/audit/void-command.ts');
    const warnings: string[] = [];
    const io = { print: () => undefined, warn: (line: string) => warnings.push(line), clock: Date.now };
    expect(await runVoid(['1', '--data', ledger.on.folder], io)).toBe(1);
    expect(warnings.join()).toMatch(/already writing .*stop it first/);
    expect(await runVoid(['1', '--data', temporaryFolder()], io)).toBe(1);
  });

  test('manifests that were lost, for an auditor who comes late', async () => {
    const ledger = await openLived();
    for (let i = 0; i < 5; i++) {
      await ledger.supply(70 + i);
      await ledger.snapshot();
    }
    const folder = join(ledger.on.ledger.snapshotFolder, 'manifest');
    for (const name of readdirSync(folder)) {
      const { number } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      if (number <= 3) rmSync(join(folder, name));
    }
    const auditor = createAuditor(ledger);
    expect(await auditor.look()).toMatchObject({ code: 3, last: { code: 'gone', leaf: 0 } });
    expect((await voidInServer(ledger, '--gone')).out.split('\n')).toHaveLength(3);
    expect(await auditor.look()).toMatchObject({ code: 0, last: { event: 'attested', size: 9 } });
    expect((await voidInServer(ledger, '--gone')).out).toMatch(/nothing to void/);
  });
});
