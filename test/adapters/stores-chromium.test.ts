// What a fake IndexedDB cannot show: a real browser stores the keys, gives them back after a reload, and shows their
// bytes to nobody.
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeBase64, parseBase64, utf8ToBytes } from '../../src/domain/bytes.ts';
import {
  findChromium,
  type HarnessPage,
  launchChromium,
  NO_CHROMIUM,
  serveHarness,
} from '../support/chromium.ts';
import { enrolResponse } from '../support/port-suites/enrolment-store.ts';
import { outboxRow, START } from '../support/port-suites/outbox-store.ts';
import { samplePage, storedSnapshot } from '../support/port-suites/snapshot-store.ts';
import { blindPack, PACK } from '../support/sample-events.ts';

const chromiumPath = findChromium();
const source = (name: string) =>
  JSON.stringify(new URL(`../../src/adapters/${name}.ts`, import.meta.url).pathname);

describe.skipIf(chromiumPath === undefined)(`in a browser${chromiumPath ? '' : ` (${NO_CHROMIUM})`}`, () => {
  let browser: Browser;
  let harness: HarnessPage;
  let page: Page;

  beforeAll(async () => {
    harness = await serveHarness(`
      import { createBlinder, importKey } from ${source('blinder')};
      import { createDatabase } from ${source('database')};
      import { createKeyPair, openKeyPair } from ${source('device-key')};
      import { createEnrolmentStore } from ${source('enrolment-store')};
      import { createOutboxStore } from ${source('outbox-store')};
      import { createSnapshotStore } from ${source('snapshot-store')};
      import { createStoragePromise } from ${source('storage-promise')};
      const database = createDatabase('test');
      Object.assign(window, {
        enrolments: createEnrolmentStore(database, { createKeyPair, openKeyPair, importKey, createBlinder }),
        outbox: createOutboxStore(database),
        snapshots: createSnapshotStore(database),
        storagePromise: createStoragePromise(),
        toBase64: (bytes) => btoa(String.fromCharCode(...bytes)),
        fromBase64: (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
      });
    `);
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(harness.url);
  });

  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });

  /** Runs in the page, where the stores are globals. */
  function run<T>(code: string): Promise<T> {
    return page.evaluate(`(async () => { ${code} })()`);
  }

  function bytesOf(base64: string): Uint8Array {
    const bytes = parseBase64(base64);
    if (!bytes.ok) throw new Error(bytes.detail);
    return bytes.value;
  }

  test('a device is the same one after a reload, and its keys stay inside', async () => {
    const { keys, ...identity } = enrolResponse(new Uint8Array(32));
    const publicKey = await run<string>(`
      const key = await enrolments.createKey();
      await enrolments.save(key, ${JSON.stringify({ ...identity, keys })}, 1);
      return toBase64(key.publicKey);
    `);
    await page.reload();
    const loaded = await run<{ enrolment: unknown; publicKey: string; signature: string; blind: unknown }>(`
      const { enrolment, key, blinder } = await enrolments.load();
      const signature = toBase64(await key.sign(new TextEncoder().encode('a message')));
      const blind = await blinder.blindPack(1, ${JSON.stringify(PACK)});
      return { enrolment, publicKey: toBase64(key.publicKey), signature, blind };
    `);
    expect(loaded.enrolment).toEqual({ ...identity, enrolledMs: 1, retiredKeys: [] });
    expect(loaded.publicKey).toBe(publicKey);
    expect(loaded.blind).toEqual(blindPack(PACK));
    const message = utf8ToBytes('a message');
    expect(ed25519.verify(bytesOf(loaded.signature), message, bytesOf(publicKey))).toBe(true);
    const refusals = await run<string[]>(`
      const open = indexedDB.open('test');
      await new Promise((resolve) => { open.onsuccess = resolve; });
      const tx = open.result.transaction(['enrolment', 'keys']);
      const [request, keys] = [tx.objectStore('enrolment').get('current'), tx.objectStore('keys').getAll()];
      await new Promise((resolve) => { tx.oncomplete = resolve; });
      open.result.close();
      const { pair } = request.result;
      const refusal = (format, key) => crypto.subtle.exportKey(format, key).then(() => 'shown', (error) => error.name);
      return Promise.all([refusal('pkcs8', pair.privateKey), ...keys.result.map((each) => refusal('raw', each))]);
    `);
    expect(refusals).toEqual(Array(3).fill('InvalidAccessError'));
  });

  test('events and pages are there after a reload, to the byte', async () => {
    const row = outboxRow(1);
    // A row counts only under the device that is enrolled.
    const signer = { ...row.signer, device: enrolResponse(new Uint8Array(32)).device };
    const stored = {
      ...{ ...row, bytes: encodeBase64(row.bytes), signature: encodeBase64(row.signature) },
      signer: { ...signer, publicKey: encodeBase64(signer.publicKey) },
    };
    const { sha256, bytes } = samplePage(1, 60 * 1024);
    const { manifest, proof } = storedSnapshot(1);
    await run(`
      const row = ${JSON.stringify(stored)};
      const bytes = { bytes: fromBase64(row.bytes), signature: fromBase64(row.signature),
        signer: { ...row.signer, publicKey: fromBase64(row.signer.publicKey) } };
      if (!(await outbox.append(${JSON.stringify(START)}, { ...row, ...bytes }))) throw new Error('head');
      await snapshots.putPages([{ sha256: '${sha256}', bytes: new Uint8Array(${bytes.length}).fill(1) }]);
      const manifest = fromBase64('${encodeBase64(manifest)}');
      await snapshots.adopt({ manifest, proof: ${JSON.stringify(proof)}, scope: null }, ['${sha256}']);
    `);
    await page.reload();
    const read = await run<{ rows: object[]; head: object; page: string; manifest: string }>(`
      const rows = (await outbox.page(1, 100)).rows.map((row) =>
        ({ ...row, bytes: toBase64(row.bytes), signature: toBase64(row.signature),
          signer: { ...row.signer, publicKey: toBase64(row.signer.publicKey) } }));
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await snapshots.page('${sha256}')));
      const page = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return { rows, head: await outbox.head(), page, manifest: toBase64((await snapshots.current()).manifest) };
    `);
    expect(read).toEqual({
      rows: [stored],
      head: { place: 1, sequence: 1, id: row.id },
      page: sha256,
      manifest: encodeBase64(manifest),
    });
  });

  test('asks the browser to keep the storage, and takes its answer', async () => {
    const [before, asked, after] = await run<boolean[]>(`
      const before = await storagePromise.persisted();
      return [before, await storagePromise.ask(), await storagePromise.persisted()];
    `);
    expect(before).toBe(false);
    expect(after).toBe(asked);
  });
});
