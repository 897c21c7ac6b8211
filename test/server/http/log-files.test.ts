import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundlesOf, bytesIn } from '../../../src/domain/snapshot/bundle.ts';
import { parseManifest } from '../../../src/domain/snapshot/manifest.ts';
import { enrolPhone, openWorld, READER_TOKEN, type World } from '../support/world.ts';

let world: World;
let token: string;
let inspector: string;
beforeAll(async () => {
  world = await openWorld();
  token = await (await enrolPhone(world)).openSession();
  inspector = await (await enrolPhone(world, 'inspector')).openSession();
});
afterAll(() => world.close());

/** The published files below a folder, by the path under which they are served. */
function published(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describe('the log', () => {
  test('its checkpoint is for everyone, fresh, and not sent twice', async () => {
    const first = await world.get('/log/checkpoint');
    expect(first.body).toBe(readFileSync(join(world.ledger.logFolder, 'checkpoint'), 'utf8'));
    expect(first.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=1',
    });
    const again = await world.get('/log/checkpoint', undefined, {
      'if-none-match': String(first.headers.etag),
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  test('its tiles are for everyone and for ever', async () => {
    const tiles = published(world.ledger.logFolder).filter((path) => /^tile\/\d/.test(path));
    expect(tiles.length).toBeGreaterThan(0);
    for (const path of tiles) {
      const answer = await world.get(`/log/${path}`);
      expect(answer.rawPayload.equals(readFileSync(join(world.ledger.logFolder, path)))).toBe(true);
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    }
  });

  test('its entries are for auditors and inspectors; for others they are not there', async () => {
    const bundle = published(world.ledger.logFolder).find((path) => path.startsWith('tile/entries/'));
    const path = `/log/${bundle}`;
    for (const reader of [READER_TOKEN, inspector]) {
      const answer = await world.get(path, reader);
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([
        200,
        'private, max-age=31536000, immutable',
      ]);
      expect(answer.headers.vary).toContain('authorization');
    }
    for (const reader of [undefined, token, `${READER_TOKEN}x`, READER_TOKEN.slice(0, -1)]) {
      const answer = await world.get(path, reader);
      expect([answer.statusCode, answer.body]).toEqual([404, '{"error":"not-found"}']);
    }
  });
});

describe('snapshots', () => {
  test('their log is for everyone', async () => {
    const folder = world.ledger.snapshotFolder;
    const paths = published(folder).filter((path) => path === 'checkpoint' || path.startsWith('tile/'));
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths) {
      const answer = await world.get(`/snapshot/${path}`);
      expect(answer.rawPayload.equals(readFileSync(join(folder, path)))).toBe(true);
    }
  });

  test('the newest one, its manifest and pages are for sessions and auditors', async () => {
    const paths = published(world.ledger.snapshotFolder).filter((path) =>
      /^(latest|manifest|page|bundle)/.test(path),
    );
    for (const path of paths) {
      expect((await world.get(`/snapshot/${path}`)).statusCode).toBe(401);
      expect((await world.get(`/snapshot/${path}`, READER_TOKEN)).statusCode).toBe(200);
      expect((await world.get(`/snapshot/${path}`, `${READER_TOKEN}x`)).statusCode).toBe(401);
      expect((await world.get(`/snapshot/${path}`, token)).statusCode).toBe(200);
    }
    const manifestPath = paths.find((path) => path.startsWith('manifest/'));
    const manifest = parseManifest((await world.get(`/snapshot/${manifestPath}`, token)).rawPayload);
    const pages = manifest.ok ? manifest.value.layers.flatMap((layer) => layer.pages) : [];
    expect(pages.length).toBeGreaterThan(0);
    for (const page of pages)
      expect((await world.get(`/snapshot/page/${page.sha256}`, token)).rawPayload.length).toBe(page.bytes);
    for (const { id, pages: inside } of manifest.ok
      ? manifest.value.layers.flatMap((layer) => bundlesOf(layer.pages))
      : [])
      expect((await world.get(`/snapshot/bundle/${id}`, token)).rawPayload.length).toBe(bytesIn(inside));
  });

  test('bundles are given in ranges too, and kept for ever', async () => {
    const bundle = published(world.ledger.snapshotFolder).find((path) => path.startsWith('bundle/')) ?? '';
    const bytes = readFileSync(join(world.ledger.snapshotFolder, bundle));
    const { length } = bytes;
    const ask = (range: string) => world.get(`/snapshot/${bundle}`, token, { range });
    for (const [range, first, last] of [
      ['bytes=0-0', 0, 0],
      [`bytes=5-${length - 2}`, 5, length - 2],
      ['bytes=7-', 7, length - 1],
      [`bytes=1-${length * 2}`, 1, length - 1],
    ] as const) {
      const answer = await ask(range);
      expect(answer.statusCode).toBe(206);
      expect(answer.headers['content-range']).toBe(`bytes ${first}-${last}/${length}`);
      expect(answer.rawPayload.equals(bytes.subarray(first, last + 1))).toBe(true);
      expect(answer.headers['cache-control']).toBe('private, max-age=31536000, immutable');
    }
    // RFC 9110 s14.2: what is not understood is answered with everything.
    for (const range of ['bytes=-5', 'bytes=0-1,3-4', 'bytes=9-2', 'lines=1-2', 'bytes=x-']) {
      const answer = await ask(range);
      expect([answer.statusCode, answer.rawPayload.length]).toEqual([200, length]);
    }
    const beyond = await ask(`bytes=${length}-`);
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, `bytes */${length}`]);
  });
});

test.each([
  '/log/../keys/reader.token',
  '/log/tile/../../keys/reader.token',
  '/log/tile/..%2f..%2fkeys%2freader.token',
  '/log/tile/%2e%2e/%2e%2e/keys/reader.token',
  '/log/tile/0/../../../keys/reader.token',
  '/log/tile/0/000.p/../000.p/1',
  '/log/tile/0/000%00',
  '/log/tile/0/x000/000',
  '/log/tile/0/000.p/256',
  '/log/tile//etc/passwd',
  '/log/tile/64/000',
  '/log/checkpoint/',
  '/snapshot/manifest/..%2f..%2fkeys%2fsession.key',
  '/snapshot/page/..',
  `/snapshot/bundle/${'A'.repeat(64)}`,
  `/snapshot/bundle/${'a'.repeat(64)}`,
  '/snapshot/bundle/..',
  `/snapshot/page/${'A'.repeat(64)}`,
  `/snapshot/page/${'a'.repeat(64)}`,
  `/snapshot/page/${'a'.repeat(64)}%00`,
  '/snapshot/latest',
])('%s leads nowhere', async (path) => {
  for (const reader of [undefined, inspector]) {
    const answer = await world.get(path, reader);
    expect([400, 401, 404]).toContain(answer.statusCode);
    expect(answer.json()).toEqual({
      error: expect.stringMatching(/^(not-found|malformed|session-expired)$/),
    });
  }
});
