import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fsck } from '../../../src/server/check/fsck.ts';
import { openSource } from '../../../src/server/check/log-source.ts';
import { readTrust } from '../../../src/server/check/log-trust.ts';
import { inOrder } from '../../../src/server/check/ordered-reads.ts';
import { sampleLog } from '../../support/sample-log.ts';
import { serveFolder } from '../../support/static-server.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { ledgerEntries } from './sample-ledger.ts';

describe('a folder and a server alike', () => {
  test.each(['folder', 'server'])('%s: reads, bounds and misses', async (kind) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'a'));
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'a/ten'), '0123456789');
    const source = openSource(kind === 'folder' ? `${folder}/b` : `${(await serveFolder(folder)).url}/b`);
    const beside = source.beside('../a/');
    const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
    expect(text(await beside.read('ten', 10))).toBe('0123456789');
    expect(text(await beside.read('ten', 4))).toBe('01234');
    expect(await beside.read('none', 4)).toBe(undefined);
    expect(await beside.read('ten/none', 4)).toBe(undefined);
    expect(await beside.list('.')).toEqual(kind === 'folder' ? ['ten'] : undefined);
  });
});

test('a server that fails for a moment is asked again, one that refuses is not', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), 'x');
  const server = await serveFolder(folder);
  const statuses = [503, 429];
  server.fault = () => statuses.shift();
  expect((await openSource(server.url).read('file', 9))?.length).toBe(1);
  expect(server.asked).toHaveLength(3);
  server.fault = () => 403;
  await expect(openSource(server.url).read('file', 9)).rejects.toMatchObject({ code: 'denied' });
  expect(server.asked).toHaveLength(4);
  server.fault = () => 503;
  await expect(openSource(server.url).read('file', 9)).rejects.toMatchObject({ code: 'unreachable' });
});

describe('fsck of a URL', () => {
  const log = sampleLog(ledgerEntries(600));
  const trust = readTrust([log.vkey], undefined);
  const policy = trust.ok ? trust.value : undefined;

  test('needs a token for the bundles, and says so', async () => {
    const folder = temporaryFolder();
    log.write(join(folder, 'log'), 600);
    const server = await serveFolder(folder, 'secret');
    const place = `${server.url}/log`;
    expect(await fsck(openSource(place, { token: 'secret' }), policy)).toMatchObject({
      ...{ fault: undefined, log: { entries: 600 } },
    });
    // From the server's own address as well.
    expect((await fsck(openSource(server.url, { token: 'secret' }), policy)).fault).toBe(undefined);
    await expect(fsck(openSource(place), policy)).rejects.toMatchObject({ code: 'denied' });
    await expect(fsck(openSource(place, { token: 'other' }), policy)).rejects.toMatchObject({
      code: 'denied',
    });
    server.fault = (path) => (path === 'log/tile/entries/001' ? 404 : undefined);
    const missing = await fsck(openSource(place, { token: 'secret' }), policy);
    expect(missing.fault).toMatchObject({ code: 'missing', path: 'tile/entries/001' });
    server.fault = (path) => (path === 'log/tile/0/001' ? 500 : undefined);
    await expect(fsck(openSource(place, { token: 'secret' }), policy)).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  test('a web page where a checkpoint should be is no log', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'checkpoint'), '<!doctype html>');
    const server = await serveFolder(folder);
    const { fault } = await fsck(openSource(server.url), policy);
    expect(fault).toMatchObject({ code: 'bad-checkpoint' });
  });
});

describe('inOrder', () => {
  test('keeps the order and the bound', async () => {
    let running = 0;
    let most = 0;
    const read = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5));
      running -= 1;
      return item * 2;
    };
    const found: number[] = [];
    for await (const [item, result] of inOrder([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, read)) {
      expect(result).toBe(item * 2);
      found.push(item);
    }
    expect(found).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most).toBe(3);
  });

  test('a failure comes in its turn', async () => {
    const read = async (item: number) => {
      if (item === 2) throw new Error('second');
      return item;
    };
    const seen: number[] = [];
    await expect(async () => {
      for await (const [item] of inOrder([1, 2, 3], 3, read)) seen.push(item);
    }).rejects.toThrow('second');
    expect(seen).toEqual([1]);
  });
});
