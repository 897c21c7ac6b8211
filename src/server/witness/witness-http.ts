// The witness over HTTP, as C2SP tlog-witness has it: add-checkpoint for logs, and the last cosigned checkpoint of
// each log for monitors. One prefix serves both. Strangers may call, so bodies, rates and connections are bounded.
import http from 'node:http';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { ADD_CHECKPOINT_BYTES_MAX, SIZE_CONTENT_TYPE } from './add-checkpoint.ts';
import type { Witness, WitnessAnswer } from './witness.ts';

export type WitnessHttpParts = {
  readonly witness: Witness;
  readonly log: (event: Record<string, unknown>) => void;
  /** For each address; ten busy logs behind one address, each with a retry a second. */
  readonly requestsPerMinuteMax?: number;
};

const REQUESTS_PER_MINUTE_MAX = 1_200;
const REQUEST_MS_MAX = 15_000;
const IDLE_MS_MAX = 60_000;
const CONNECTIONS_MAX = 500;
const TEXT = 'text/plain; charset=utf-8';

export async function createWitnessHttp(parts: WitnessHttpParts): Promise<FastifyInstance> {
  const { witness, log } = parts;
  const app = fastify({
    logger: false,
    bodyLimit: ADD_CHECKPOINT_BYTES_MAX,
    // A proxy on this machine may say for whom it asks, so that limits by address still tell callers apart.
    trustProxy: 'loopback',
    forceCloseConnections: 'idle',
    serverFactory: createServer,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((_request, reply) => reply.code(404).type(TEXT).send('not found\n'));
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status >= 500) log({ event: 'failed', name: error instanceof Error ? error.name : typeof error });
    return reply
      .code(status)
      .type(TEXT)
      .send(`${http.STATUS_CODES[status] ?? 'refused'}\n`);
  });
  await app.register(rateLimit, {
    max: parts.requestsPerMinuteMax ?? REQUESTS_PER_MINUTE_MAX,
    timeWindow: 60_000,
    cache: 10_000,
  });

  app.post('/add-checkpoint', (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const answer = witness.addCheckpoint(body);
    log({ event: 'add-checkpoint', ...describe(answer) });
    return send(reply, answer);
  });
  app.get<{ Params: { id: string } }>('/:id/checkpoint', (request, reply) => {
    const note = witness.checkpoint(request.params.id);
    if (note === undefined) return reply.code(404).type(TEXT).send('no checkpoint of such a log\n');
    return reply.header('cache-control', 'public, max-age=5').type(TEXT).send(note);
  });
  return app;
}

function send(reply: FastifyReply, answer: WitnessAnswer): FastifyReply {
  switch (answer.status) {
    case 200:
      return reply.type(TEXT).send(answer.lines);
    case 409:
      return reply.code(409).header('content-type', SIZE_CONTENT_TYPE).send(`${answer.size}\n`);
    default:
      return reply.code(answer.status).type(TEXT).send(`${answer.words}\n`);
  }
}

function describe(answer: WitnessAnswer): Record<string, unknown> {
  const { status } = answer;
  return 'words' in answer ? { status, words: answer.words } : { status, size: answer.size };
}

/** What Fastify and its plugins refuse by themselves; anything else is our own fault. */
function statusOf(error: unknown): number {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

function createServer(handler: http.RequestListener): http.Server {
  const server = http.createServer(
    {
      ...{ requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX, keepAliveTimeout: IDLE_MS_MAX },
      connectionsCheckingInterval: 5_000,
    },
    handler,
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}
