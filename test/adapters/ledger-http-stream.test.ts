import { afterEach, expect, test, vi } from 'vitest';
import { createByteStream } from '../../src/adapters/ledger-http-stream.ts';
import type { Fetch } from '../../src/adapters/ledger-http-transport.ts';
import { concatBytes } from '../../src/domain/bytes.ts';

afterEach(() => vi.useRealTimers());

const FILE = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
const REQUEST = { path: '/snapshot/bundle/x', token: 't', from: 1_000, length: 2_000 };

/** Answers with these parts; the last one may be a promise that never comes. */
function answering(parts: readonly (Uint8Array | Promise<never>)[], init: ResponseInit): Fetch {
  return async (_, { signal }) => {
    const left = [...parts];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => signal?.addEventListener('abort', () => controller.error(signal.reason)),
      async pull(controller) {
        const next = left.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(await next);
      },
    });
    return new Response(body, init);
  };
}

async function readAll(fetch: Fetch): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  for await (const part of await createByteStream(fetch)(REQUEST)) read.push(part);
  return concatBytes(...read);
}

test('asks for the range and nothing else, and gives what came', async () => {
  const fetch = vi.fn(answering([FILE.subarray(1_000, 1_500), FILE.subarray(1_500, 3_000)], { status: 206 }));
  expect(await readAll(fetch)).toEqual(FILE.subarray(1_000, 3_000));
  const [path, init] = fetch.mock.calls[0] ?? [];
  expect(path).toBe('/snapshot/bundle/x');
  expect(init?.headers).toEqual({ authorization: 'Bearer t', range: 'bytes=1000-2999' });
  expect(init).toMatchObject({ cache: 'no-store', redirect: 'error', credentials: 'omit' });
});

test('finds the range in the whole file, where a cache knows no ranges', async () => {
  for (const at of [10, 999, 1_000, 1_001, 2_500, 3_000, 9_999]) {
    const fetch = answering([FILE.subarray(0, at), FILE.subarray(at)], { status: 200 });
    expect(await readAll(fetch)).toEqual(FILE.subarray(1_000, 3_000));
  }
});

test('takes no more than it asked for, and what ends early as it is', async () => {
  expect(await readAll(answering([FILE.subarray(1_000), FILE], { status: 206 }))).toEqual(
    FILE.subarray(1_000, 3_000),
  );
  expect(await readAll(answering([FILE.subarray(1_000, 1_100)], { status: 206 }))).toEqual(
    FILE.subarray(1_000, 1_100),
  );
  expect((await readAll(answering([FILE.subarray(0, 900)], { status: 200 }))).length).toBe(0);
});

test('a refusal is the server’s word, before anything is read', async () => {
  const refused = { name: 'LedgerError', code: 'refused' };
  await expect(readAll(answering([], { status: 503 }))).rejects.toMatchObject(refused);
  const named = new Response('{"error":"not-enrolled"}', { status: 401 });
  await expect(readAll(async () => named)).rejects.toMatchObject({ ...refused, refusal: 'not-enrolled' });
});

test('a line that breaks, at once or later, is offline', async () => {
  const offline = { name: 'LedgerError', code: 'offline' };
  await expect(readAll(() => Promise.reject(new TypeError('no network')))).rejects.toMatchObject(offline);
  const broken = answering([FILE.subarray(0, 5), Promise.reject(new TypeError('reset'))], { status: 206 });
  await expect(readAll(broken)).rejects.toMatchObject(offline);
});

test('slowness is borne, silence is not', async () => {
  vi.useFakeTimers();
  const slow = Array.from({ length: 100 }, (_, i) => FILE.subarray(1_000 + i * 20, 1_020 + i * 20));
  const fetch: Fetch = async () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 15_000));
          const next = slow.shift();
          if (next) controller.enqueue(next);
          else controller.close();
        },
      }),
      { status: 206 },
    );
  const reading = readAll(fetch);
  await vi.advanceTimersByTimeAsync(101 * 15_000);
  expect(await reading).toEqual(FILE.subarray(1_000, 3_000));

  const silent = answering([FILE.subarray(0, 5), new Promise<never>(() => undefined)], { status: 206 });
  const waiting = expect(readAll(silent)).rejects.toMatchObject({ name: 'LedgerError', code: 'timeout' });
  await vi.advanceTimersByTimeAsync(20_000);
  await waiting;
});
