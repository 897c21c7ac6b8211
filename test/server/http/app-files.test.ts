import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { isLocalName } from '../../../src/server/http/headers.ts';
import { openWorld, type World } from '../support/world.ts';

const PAGE = `<!doctype html><title>app</title>${' '.repeat(2_000)}`;
const CODE = `export const a = 1;${' '.repeat(5_000)}`;

let world: World;
let dist: string;
beforeAll(async () => {
  dist = mkdtempSync(join(tmpdir(), 'packtrail-dist-'));
  mkdirSync(join(dist, 'assets'));
  writeFileSync(join(dist, 'index.html'), PAGE);
  writeFileSync(join(dist, 'service-worker.js'), '// tiny');
  writeFileSync(join(dist, 'assets', 'main-abc123.js'), CODE);
  writeFileSync(join(dist, 'assets', 'decoder-abc123.wasm'), Buffer.alloc(4_000));
  world = await openWorld(dist);
});
afterAll(async () => {
  await world.close();
  rmSync(dist, { recursive: true });
});

const HTML = { accept: 'text/html,application/xhtml+xml' };

describe('the web app', () => {
  test('its page answers at / and wherever a person navigates', async () => {
    for (const path of ['/', '/index.html', '/counter', '/counter?x=1']) {
      const answer = await world.get(path, undefined, HTML);
      expect([answer.statusCode, answer.body, answer.headers['cache-control']]).toEqual([
        200,
        PAGE,
        'no-cache',
      ]);
    }
  });

  test('what the app does not hold is not answered by its page', async () => {
    for (const path of [
      '/api/nothing',
      '/log/nothing',
      '/snapshot/x',
      '/demo/x',
      '/ca',
      '/assets/old-123.js',
    ])
      expect((await world.get(path, undefined, HTML)).json()).toEqual({ error: 'not-found' });
    for (const path of ['/counter', '/favicon.ico', '/..%2fpackage.json', '/../package.json', '//etc/passwd'])
      expect((await world.get(path)).statusCode).toBe(404);
  });

  test('hashed files are kept for ever, the service worker is asked for each time', async () => {
    const asset = await world.get('/assets/main-abc123.js');
    expect(asset.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
    });
    expect((await world.get('/assets/decoder-abc123.wasm')).headers['content-type']).toBe('application/wasm');
    const worker = await world.get('/service-worker.js');
    expect(worker.headers['cache-control']).toBe('no-cache');
    const again = await world.get('/service-worker.js', undefined, {
      'if-none-match': String(worker.headers.etag),
    });
    expect(again.statusCode).toBe(304);
  });

  test('it travels compressed as the browser can read it', async () => {
    const ask = (accepted: string) =>
      world.get('/assets/main-abc123.js', undefined, { 'accept-encoding': accepted });
    const br = await ask('gzip, deflate, br, zstd');
    expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' });
    expect(brotliDecompressSync(br.rawPayload).toString()).toBe(CODE);
    const gzip = await ask('br;q=0, gzip');
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(CODE);
    const plain = await ask('identity');
    expect([plain.headers['content-encoding'], plain.body]).toEqual([undefined, CODE]);
    expect(new Set([br, gzip, plain].map(({ headers }) => headers.etag)).size).toBe(3);
  });
});

describe('every answer', () => {
  test.each(['/', '/api/health', '/log/checkpoint', '/demo', '/api/nothing'])(
    '%s forbids what it can',
    async (path) => {
      const { headers } = await world.get(path, undefined, HTML);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'? |\*|https?:|upgrade-insecure/);
      expect(headers['permissions-policy']).toMatch(/^camera=\(self\), .*geolocation=\(\).*microphone=\(\)/);
      expect(headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers.server ?? headers['x-powered-by']).toBeUndefined();
    },
  );
});

test('only a name of the internet is told to insist on HTTPS', () => {
  for (const name of ['localhost', 'shelf.local', '192.168.1.5', '::1', '[::1]'])
    expect(isLocalName(name)).toBe(true);
  for (const name of ['packs.example', 'localhost.example', '1.example'])
    expect(isLocalName(name)).toBe(false);
});

describe('/demo', () => {
  test('shows every item of the shelf, without script or inline style', async () => {
    const page = await world.get('/demo');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const item of SHELF) {
      expect(page.body).toContain(`<article id="${item.id}">`);
      expect(page.body).toContain(item.printed.serial);
    }
    expect(page.body).not.toMatch(/<script|<style|style=| on[a-z]+=/i);
    expect(page.body.match(/<svg /g)?.length).toBe(SHELF.length);
    expect((await world.get('/demo/shelf.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });
});
