// A ledger's HTTP server in a few lines, over a practice ledger, for tests of the client that speaks to it: sessions
// with signed challenges, the API and the static files, on a free port of this machine.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ed25519 } from '@noble/curves/ed25519.js';
import { LedgerError } from '../../src/app/ports.ts';
import { parseBase64, utf8ToBytes } from '../../src/domain/bytes.ts';
import { BUNDLE_BYTES_MAX } from '../../src/domain/limits.ts';
import { manifestId } from '../../src/domain/snapshot/manifest.ts';
import { sessionMessage } from '../../src/domain/wire.ts';
import type { LedgerUnderTest } from './practice.ts';

export type Answer = { readonly status?: number; readonly body: string | Uint8Array };
export type Handler = (request: {
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
  /** If-None-Match */
  readonly tag: string | undefined;
}) => Promise<Answer>;

export type TestServer = {
  /** As a page of that server would fetch. */
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** Paths asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
};

export async function serve(handler: Handler): Promise<TestServer> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const { authorization, 'if-none-match': tag } = request.headers;
    try {
      const { status = 200, body } = await handler({
        path,
        body: await readBody(request),
        authorization,
        tag,
      });
      response.writeHead(status).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export const json = (value: unknown, status = 200): Answer => ({ status, body: JSON.stringify(value) });

/** Sessions are `token-1`, `token-2`...; only the newest counts, and `expire` ends that too. */
export function practiceHandler(peer: LedgerUnderTest): Handler & { expire(): void } {
  const { ledger, enrolment, key } = peer;
  let sessions = 0;
  let isExpired = false;
  let latest = { id: '', bytes: new Uint8Array(0) };

  function openSession({ device, challenge, signature }: Record<string, string>): Answer {
    const bytes = parseBase64(signature ?? '');
    const message = utf8ToBytes(sessionMessage(enrolment.device, 'challenge-of-the-test'));
    const isOurs = device === enrolment.device && challenge === 'challenge-of-the-test' && bytes.ok;
    if (!isOurs || !ed25519.verify(bytes.value, message, key.publicKey))
      return json({ error: 'not-enrolled' }, 401);
    isExpired = false;
    sessions += 1;
    return json({ token: `token-${sessions}-of-the-test`, expiresMs: 0, nextSequence: 1 });
  }

  const open: Record<string, (body: never) => Promise<Answer> | Answer> = {
    '/api/enrol': () => json(enrolment),
    '/api/challenge': () => json({ challenge: 'challenge-of-the-test' }),
    '/api/session': openSession,
    '/api/events': async ({ events }: { events: never }) =>
      json({ receipts: await ledger.postEvents(events) }),
    '/log/checkpoint': async () => ({ body: await ledger.checkpoint('ledger') }),
    '/snapshot/checkpoint': async () => ({ body: await ledger.checkpoint('snapshot') }),
  };
  const behindSession: Record<string, (body: never) => Promise<Answer> | Answer> = {
    '/api/invitations': () => json({ code: 'a-code', expiresMs: 5 }),
    '/api/keys': async (request: never) => json(await ledger.keys(request)),
    '/api/verify': async ({ pack }: { pack: never }) => json(await ledger.verify(pack)),
    '/api/trail': async ({ pack }: { pack: never }) => json(await ledger.trail(pack)),
    '/api/catalogue': async () => json(await ledger.catalogue()),
    '/snapshot/latest.tlog-proof': async () => {
      const { manifest, proof } = await ledger.latestSnapshot();
      latest = { id: manifestId(manifest), bytes: new Uint8Array(manifest) };
      return { body: proof };
    },
  };

  async function tightenings(from: number, header: string | undefined): Promise<Answer> {
    const answer = await ledger.tightenings(from, header?.slice(1, -1));
    return answer ? json(answer) : { status: 304, body: '' };
  }

  async function file(path: string): Promise<Answer> {
    const [, log, tile] = /^\/(log|snapshot)\/(tile\/.*)$/.exec(path) ?? [];
    if (tile) return { body: await ledger.tile(log === 'log' ? 'ledger' : 'snapshot', tile) };
    const bundle = /^\/snapshot\/bundle\/(.*)$/.exec(path)?.[1];
    if (bundle) for await (const body of await ledger.bundle(bundle, 0, BUNDLE_BYTES_MAX)) return { body };
    return path === `/snapshot/manifest/${latest.id}`
      ? { body: latest.bytes }
      : json({ error: 'not-found' }, 404);
  }

  async function handle({ path, body, authorization, tag }: Parameters<Handler>[0]): Promise<Answer> {
    const parsed = (body === '' ? {} : JSON.parse(body)) as never;
    const isPublic = path.startsWith('/log/') || path.startsWith('/snapshot/tile/') || path in open;
    const hasSession = authorization === `Bearer token-${sessions}-of-the-test` && !isExpired;
    if (!isPublic && !hasSession) return json({ error: 'session-expired' }, 401);
    const from = /^\/api\/tightenings\?from=(\d+)$/.exec(path)?.[1];
    try {
      if (from !== undefined) return await tightenings(Number(from), tag);
      return await ((open[path] ?? behindSession[path])?.(parsed) ?? file(path));
    } catch (error) {
      if (error instanceof LedgerError) return json({ error: error.refusal }, 404);
      throw error;
    }
  }

  return Object.assign(handle, {
    expire: () => {
      isExpired = true;
    },
  });
}
