import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../support/world.ts';

let world: World;
let port: number;
beforeAll(async () => {
  world = await openWorld();
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  port = (world.app.server.address() as net.AddressInfo).port;
});
afterAll(() => world.close());

/** All that comes back until the server closes the connection. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`;

test.each([
  ['an address that cannot be decoded', get('/%ff'), 400],
  ['the same among the log’s files', get('/log/tile/%ff'), 400],
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['two lengths', get('/api/health', 'content-length: 1\r\ncontent-length: 2\r\n'), 400],
  ['20 kB of headers', get('/api/health', `x-long: ${'a'.repeat(20_000)}\r\n`), 431],
])('%s is malformed, and nothing more is said', async (_, request, status) => {
  const [head = '', body] = (await sendRaw(request)).split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(body).toBe('{"error":"malformed"}');
  for (const header of [
    'content-type: application/json',
    'cache-control: no-store',
    "content-security-policy: default-src 'none'",
    'x-content-type-options: nosniff',
    'x-frame-options: DENY',
    'referrer-policy: no-referrer',
    'permissions-policy: camera=(self)',
    'connection: close',
  ])
    expect(head.toLowerCase()).toContain(header.toLowerCase());
});

test('it answers others afterwards', async () => {
  expect(await sendRaw(get('/api/health', 'connection: close\r\n'))).toContain('{"status":"ok"}');
});
