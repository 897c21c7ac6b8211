import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import { API_ERRORS } from '../../src/domain/wire.ts';
import { mangled } from '../support/mangle.ts';
import { ledgerClientSuite } from '../support/port-suites/ledger-client.ts';
import { type LedgerUnderTest, practice, shelfItem } from '../support/practice.ts';
import {
  type Answer,
  type Handler,
  json,
  practiceHandler,
  serve,
  type TestServer,
} from '../support/practice-server.ts';

const open: TestServer[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serving(handler: Handler): Promise<TestServer> {
  const server = await serve(handler);
  open.push(server);
  return server;
}

const nobody = async () => undefined;
const deviceOf =
  ({ enrolment, key }: Pick<LedgerUnderTest, 'enrolment' | 'key'>) =>
  async () => ({ id: enrolment.device, key });

async function overHttp() {
  const peer = practice();
  const handler = practiceHandler(peer);
  const server = await serving(handler);
  const device = deviceOf(peer);
  const ledger = createLedgerHttp({ fetch: server.fetch, device });
  return { peer: { ...peer, ledger }, direct: peer.ledger, handler, server };
}

ledgerClientSuite('HTTP', async () => (await overHttp()).peer);

const PACK = shelfItem('active').printed;

test('the server is reached or not as the last request says, files that a cache may answer apart', async () => {
  const { peer, server } = await overHttp();
  const { fetch } = server;
  let isCut = false;
  const ledger = createLedgerHttp({
    fetch: (path, init) => (isCut ? Promise.reject(new TypeError('cut')) : fetch(path, init)),
    device: deviceOf(peer),
  });
  expect(ledger.isReached()).toBe(true);
  isCut = true;
  await expect(ledger.verify(PACK)).rejects.toMatchObject({ code: 'offline' });
  expect(ledger.isReached()).toBe(false);
  isCut = false;
  await ledger.checkpoint('ledger');
  expect(ledger.isReached()).toBe(false);
  await ledger.verify(PACK);
  expect(ledger.isReached()).toBe(true);
});

describe('sessions', () => {
  test('one serves all requests, also those that start together', async () => {
    const { peer, server } = await overHttp();
    await Promise.all([peer.ledger.verify(PACK), peer.ledger.trail(PACK), peer.ledger.catalogue()]);
    await peer.ledger.verify(PACK);
    expect(server.asked.filter((path) => path === '/api/session')).toHaveLength(1);
  });

  test('is made anew when it has lapsed, once', async () => {
    const { peer, handler, server } = await overHttp();
    await peer.ledger.verify(PACK);
    handler.expire();
    await Promise.all([peer.ledger.verify(PACK), peer.ledger.verify(PACK), peer.ledger.latestSnapshot()]);
    expect(server.asked.filter((path) => path === '/api/session')).toHaveLength(2);
  });

  test('a server that takes no token of its own is not asked for ever', async () => {
    const { peer } = await overHttp();
    const honest = practiceHandler(peer);
    const server = await serving((request) =>
      request.path === '/api/verify'
        ? Promise.resolve(json({ error: 'session-expired' }, 401))
        : honest(request),
    );
    const device = deviceOf(peer);
    const ledger = createLedgerHttp({ fetch: server.fetch, device });
    await expect(ledger.verify(PACK)).rejects.toMatchObject({ code: 'refused', refusal: 'session-expired' });
    expect(server.asked.filter((path) => path === '/api/verify')).toHaveLength(2);
  });

  test('a revoked device, and one that is not enrolled, are told so', async () => {
    const refused = { name: 'LedgerError', code: 'refused', refusal: 'not-enrolled' };
    const { peer, server } = await overHttp();
    const stranger = createLedgerHttp({ fetch: server.fetch, device: nobody });
    await expect(stranger.verify(PACK)).rejects.toMatchObject(refused);
    const other = createLedgerHttp({
      fetch: server.fetch,
      device: async () => ({ id: 'ab'.repeat(16), key: peer.key }),
    });
    await expect(other.verify(PACK)).rejects.toMatchObject(refused);
    expect(server.asked.filter((path) => path === '/api/session')).toHaveLength(1);
    expect(await stranger.checkpoint('ledger')).toContain('practice');
  });

  test('begins when the device is enrolled, and anew when another one is', async () => {
    const { peer, server } = await overHttp();
    let enrolled: Awaited<ReturnType<ReturnType<typeof deviceOf>>> | undefined;
    const ledger = createLedgerHttp({ fetch: server.fetch, device: async () => enrolled });
    await expect(ledger.verify(PACK)).rejects.toMatchObject({ refusal: 'not-enrolled' });
    enrolled = await deviceOf(peer)();
    expect(await ledger.verify(PACK)).toMatchObject({ finding: { kind: 'hit' } });
    await ledger.enrol({ code: 'c'.repeat(16), publicKey: 'AAAA', former: null });
    await ledger.verify(PACK);
    expect(server.asked.filter((path) => path === '/api/session')).toHaveLength(2);
  });

  test('asks for an invitation and enrols by one', async () => {
    const { peer, server } = await overHttp();
    expect(await peer.ledger.invite()).toEqual({ code: 'a-code', expiresMs: 5 });
    const enrolled = await createLedgerHttp({ fetch: server.fetch, device: nobody }).enrol({
      code: 'c'.repeat(16),
      publicKey: 'AAAA',
      former: null,
    });
    expect(enrolled).toEqual(peer.enrolment);
  });
});

/** Each call that a hostile answer may reach, and the path where it is given. */
const CALLS: readonly (readonly [string, (ledger: LedgerClient) => Promise<unknown>])[] = [
  ['/api/enrol', (ledger) => ledger.enrol({ code: 'c'.repeat(16), publicKey: '', former: null })],
  ['/api/challenge', (ledger) => ledger.verify(PACK)],
  ['/api/session', (ledger) => ledger.verify(PACK)],
  ['/api/invitations', (ledger) => ledger.invite()],
  ['/api/events', (ledger) => ledger.postEvents([])],
  ['/api/verify', (ledger) => ledger.verify(PACK)],
  ['/api/trail', (ledger) => ledger.trail(PACK)],
  ['/api/tightenings?from=3', (ledger) => ledger.tightenings(3, undefined)],
  ['/api/catalogue', (ledger) => ledger.catalogue()],
  ['/log/checkpoint', (ledger) => ledger.checkpoint('ledger')],
  ['/log/tile/0/000', (ledger) => ledger.tile('ledger', 'tile/0/000')],
  ['/snapshot/latest.tlog-proof', (ledger) => ledger.latestSnapshot()],
];
const JSON_CALLS = CALLS.filter(([path]) => path.startsWith('/api/'));

async function against(path: string, answer: (honest: Answer) => Answer) {
  const peer = practice();
  const honest = practiceHandler(peer);
  const server = await serving(async (request) => {
    const given = await honest(request);
    return request.path === path ? answer(given) : given;
  });
  return createLedgerHttp({ fetch: server.fetch, device: deviceOf(peer) });
}

describe('hostile answers', () => {
  test('every truncation of an answer is malformed', async () => {
    for (const [path, call] of JSON_CALLS) {
      for (const part of [0, 0.01, 0.5, 0.99]) {
        const ledger = await against(path, ({ body }) => ({ body: body.slice(0, body.length * part) }));
        await expect(call(ledger)).rejects.toMatchObject({ name: 'LedgerError', code: 'malformed' });
      }
    }
  });

  test('JSON of the wrong types, and a captive portal’s page, are malformed', async () => {
    const bodies = [
      'null',
      '[]',
      '{}',
      '7',
      '"text"',
      '<!doctype html><p>Welcome',
      '{"receipts":{}}',
      '\ufffe',
    ];
    for (const [path, call] of JSON_CALLS)
      for (const body of bodies) {
        const ledger = await against(path, () => ({ body }));
        await expect(call(ledger)).rejects.toMatchObject({ name: 'LedgerError', code: 'malformed' });
      }
  });

  test('an answer of the right form with a field too many, or out of its bounds, is malformed', async () => {
    const changed = async (change: object) => {
      const ledger = await against('/api/verify', ({ body }) =>
        json({ ...JSON.parse(String(body)), ...change }),
      );
      return ledger.verify(PACK);
    };
    await expect(changed({})).resolves.toMatchObject({ finding: { kind: 'hit' } });
    for (const change of [{ more: 1 }, { logSize: -1 }, { asOfMs: '5' }, { finding: { kind: 'fine' } }])
      await expect(changed(change)).rejects.toMatchObject({ code: 'malformed' });
  });

  test('receipts for other than what was sent are malformed', async () => {
    const receipt = { kind: 'rejected', id: 'ab'.repeat(32), reason: 'malformed' };
    const ledger = await against('/api/events', () => json({ receipts: [receipt] }));
    await expect(ledger.postEvents([])).rejects.toMatchObject({ code: 'malformed' });
  });

  test('a changed or missing byte of a proof ends in a malformed answer or in a manifest that is not there', async () => {
    const peer = practice();
    const { proof } = await peer.ledger.latestSnapshot();
    let body: Uint8Array = new Uint8Array(0);
    const honest = practiceHandler(peer);
    const server = await serving((request) =>
      request.path === '/snapshot/latest.tlog-proof' ? Promise.resolve({ body }) : honest(request),
    );
    const device = deviceOf(peer);
    const ledger = createLedgerHttp({ fetch: server.fetch, device });
    const variants = [...mangled(new TextEncoder().encode(proof))];
    for (let i = 0; i < variants.length; i += 7) {
      body = variants[i] ?? body;
      const outcome = await ledger.latestSnapshot().catch((error: unknown) => error);
      expect(outcome).toMatchObject({
        name: 'LedgerError',
        code: expect.stringMatching(/^(malformed|refused)$/),
      });
    }
  });

  test('an answer without an end is cut off at its bound', async () => {
    for (const [path, call] of CALLS) {
      let sent = 0;
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1_048_576;
          controller.enqueue(new Uint8Array(1_048_576).fill(0x20));
        },
      });
      const peer = practice();
      const honest = await serving(practiceHandler(peer));
      const ledger = createLedgerHttp({
        fetch: async (asked, init) => (asked === path ? new Response(endless) : honest.fetch(asked, init)),
        device: deviceOf(peer),
      });
      await expect(call(ledger)).rejects.toMatchObject({ name: 'LedgerError', code: 'malformed' });
      expect(sent).toBeLessThan(24 * 1_048_576);
    }
  });

  test('a length that a server claims is not believed', async () => {
    const server = await serving(async () => ({ body: new Uint8Array(70_000) }));
    const ledger = createLedgerHttp({
      device: nobody,
      fetch: async (path, init) => {
        const { body } = await server.fetch(path, init);
        return new Response(body, { headers: { 'content-length': '5' } });
      },
    });
    await expect(ledger.tile('ledger', 'tile/0/000')).rejects.toMatchObject({ code: 'malformed' });
  });
});

describe('an answer that is held already', () => {
  test('is not sent again, and is nothing where none was held', async () => {
    const peer = practice();
    const honest = practiceHandler(peer);
    const seen: (string | null)[] = [];
    const server = await serving(honest);
    const fetched = async (path: string, init: RequestInit) => {
      const tag = new Headers(init.headers).get('if-none-match');
      if (path.startsWith('/api/tightenings')) seen.push(tag);
      const response = await server.fetch(path, init);
      return tag === null ? response : new Response(null, { status: 304 });
    };
    const ledger = createLedgerHttp({ fetch: fetched, device: deviceOf(peer) });
    const answer = await ledger.tightenings(3, undefined);
    expect(answer?.entries.length).toBeGreaterThan(0);
    expect(await ledger.tightenings(3, answer?.tag)).toBeUndefined();
    expect(seen).toEqual([null, `"${answer?.tag}"`]);
    const unasked = createLedgerHttp({
      fetch: async (path, init) =>
        path.startsWith('/api/tightenings') ? new Response(null, { status: 304 }) : server.fetch(path, init),
      device: deviceOf(peer),
    });
    await expect(unasked.tightenings(3, undefined)).rejects.toMatchObject({ code: 'malformed' });
  });
});

describe('refusals and failures', () => {
  async function answering(answer: Answer) {
    const server = await serving(async () => answer);
    return createLedgerHttp({ fetch: server.fetch, device: nobody });
  }

  test('each code of the API comes through', async () => {
    for (const error of API_ERRORS) {
      const ledger = await answering(json({ error }, 400));
      await expect(ledger.checkpoint('ledger')).rejects.toMatchObject({ code: 'refused', refusal: error });
    }
  });

  test('what stands before the server refuses in its own words', async () => {
    const page = `<html><h1>Bad gateway</h1>${' '.repeat(100_000)}</html>`;
    for (const [status, refusal] of [
      ...[
        [500, 'unavailable'],
        [502, 'unavailable'],
        [503, 'unavailable'],
        [404, 'not-found'],
      ],
      ...[
        [413, 'too-large'],
        [429, 'too-many-requests'],
      ],
    ] as const) {
      for (const body of [page, '', '{"error":"some-new-code"}']) {
        const ledger = await answering({ status, body });
        await expect(ledger.checkpoint('ledger')).rejects.toMatchObject({ code: 'refused', refusal });
      }
    }
    const ledger = await answering({ status: 418, body: page });
    await expect(ledger.checkpoint('ledger')).rejects.toMatchObject({
      code: 'malformed',
      refusal: undefined,
    });
  });

  test('a date to come back at counts from the date of the answer, whatever this clock says', async () => {
    const headers = { date: 'Tue, 03 Mar 2026 09:52:00 GMT', 'retry-after': 'Tue, 03 Mar 2026 09:53:30 GMT' };
    for (const [retryAfter, retryAfterMs] of [
      [headers['retry-after'], 90_000],
      ['Tue, 03 Mar 2026 09:00:00 GMT', 0],
      ['120', 120_000],
      ['soon', undefined],
    ] as const) {
      const fetch = async () =>
        new Response('', { status: 503, headers: { ...headers, 'retry-after': retryAfter } });
      const ledger = createLedgerHttp({ fetch, device: nobody });
      await expect(ledger.checkpoint('ledger')).rejects.toMatchObject({ code: 'refused', retryAfterMs });
    }
  });

  test('a refusal that breaks off says when to come back all the same', async () => {
    const broken = new ReadableStream({ start: (body) => body.error(new TypeError('terminated')) });
    const fetch = async () => new Response(broken, { status: 503, headers: { 'retry-after': '120' } });
    const refused = { code: 'refused', refusal: 'unavailable', retryAfterMs: 120_000 };
    const ledger = createLedgerHttp({ fetch, device: nobody });
    await expect(ledger.checkpoint('ledger')).rejects.toMatchObject(refused);
  });

  test('no network, a broken connection and a redirect are "offline"', async () => {
    const offline = { name: 'LedgerError', code: 'offline' };
    const unreachable = createLedgerHttp({
      device: nobody,
      fetch: (path, init) => fetch(`http://127.0.0.1:1${path}`, init),
    });
    await expect(unreachable.checkpoint('ledger')).rejects.toMatchObject(offline);

    const breaking = createLedgerHttp({
      device: nobody,
      fetch: async () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new Uint8Array(10));
              controller.error(new TypeError('terminated'));
            },
          }),
        ),
    });
    await expect(breaking.checkpoint('ledger')).rejects.toMatchObject(offline);

    const portal = await serving(async () => ({ body: 'Welcome' }));
    const redirecting = createLedgerHttp({
      device: nobody,
      fetch: (path, init) =>
        init.redirect === 'error' ? Promise.reject(new TypeError('redirected')) : portal.fetch(path, init),
    });
    await expect(redirecting.checkpoint('ledger')).rejects.toMatchObject(offline);
  });

  test('a server that does not answer, or stops half way, is a timeout', async () => {
    const original = AbortSignal.timeout;
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => original.call(AbortSignal, 100));
    const timeout = { name: 'LedgerError', code: 'timeout' };
    const silent = await serving(() => new Promise(() => undefined));
    await expect(
      createLedgerHttp({ fetch: silent.fetch, device: nobody }).checkpoint('ledger'),
    ).rejects.toMatchObject(timeout);
    const stalling = createLedgerHttp({
      device: nobody,
      fetch: async (_, { signal }) =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new Uint8Array(10));
              signal?.addEventListener('abort', () => controller.error(signal.reason));
            },
          }),
        ),
    });
    await expect(stalling.checkpoint('ledger')).rejects.toMatchObject(timeout);
  });

  test('a path that names no tile or page is a bug, and asks nobody', async () => {
    const { peer, server } = await overHttp();
    for (const path of ['tile/0/../../api', 'checkpoint', 'tile/0/000?x', ''])
      await expect(peer.ledger.tile('ledger', path)).rejects.toThrow('assertion failed');
    for (const page of ['', '../x', 'AB'.repeat(32)])
      await expect(peer.ledger.bundle(page, 0, 1)).rejects.toThrow('assertion failed');
    expect(server.asked).toEqual([]);
  });
});
