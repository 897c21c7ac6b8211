// One HTTP server over the parts it is given: the API, the log's files, the demo shelf and the web app.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance } from 'fastify';
import { shelfPage } from '../demo/shelf-page.ts';
import { errorTrace, type Log } from '../log.ts';
import { addAdmin } from './admin.ts';
import { type ApiParts, addApi } from './api.ts';
import { addAppFiles, loadAppFiles } from './app-files.ts';
import { HELMET, HSTS, isLocalName, PERMISSIONS_POLICY } from './headers.ts';
import { addHealth } from './health.ts';
import { addLogFiles } from './log-files.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { answerNoRequest, answerUnroutable } from './unroutable.ts';

export type HttpParts = ApiParts & {
  readonly log: Log;
  /** Folder of the built web app; without one only the API and the files of the ledger are served. */
  readonly dist: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly isHsts: boolean } | undefined;
};

const BODY_BYTES_MAX = 16_384;
/** A batch of 4 MiB over a bad line. */
const REQUEST_MS_MAX = 120_000;
const HEADERS_MS_MAX = 15_000;
const IDLE_MS_MAX = 30_000;
const CLOSE_MS_MAX = 3_000;
const CONNECTIONS_MAX = 2_000;
/** A full queue is empty after seconds, a full disk after somebody has looked at it. */
const RETRY_AFTER_S = 15;

export async function createHttp(parts: HttpParts): Promise<FastifyInstance> {
  const { tls } = parts;
  const app = fastify({
    // Fastify's own log would quote what it refuses.
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => randomUUID(),
    // A proxy on this machine may say for whom it asks, so that limits by address still tell callers apart.
    trustProxy: 'loopback',
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Bodies are taken as they are or refused, never bent into shape.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    routerOptions: { maxParamLength: 200 },
    serverFactory: (handler) => createServer(handler, tls),
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerNoRequest,
  });
  // Only JSON, so that no form of another site can post here.
  app.removeContentTypeParser('text/plain');
  addErrors(app, parts.log);
  await app.register(helmet, HELMET);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('permissions-policy', PERMISSIONS_POLICY).header('x-request-id', request.id);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (tls?.isHsts && !isLocalName(request.hostname)) reply.header('strict-transport-security', HSTS);
  });
  // Connections that browsers opened ahead and never used would hold the server back from closing.
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), CLOSE_MS_MAX).unref();
  });
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: () => new Refusal('too-many-requests'),
  });
  addHealth(app, parts.ledger);
  addApi(app, parts);
  addAdmin(app, parts.ledger, parts.doors);
  addLogFiles(app, parts.ledger, parts.doors);
  addShelf(app);
  if (parts.dist !== undefined) addAppFiles(app, loadAppFiles(parts.dist));
  return app;
}

function createServer(handler: http.RequestListener, tls: HttpParts['tls']): http.Server {
  const options = {
    ...{ requestTimeout: REQUEST_MS_MAX, headersTimeout: HEADERS_MS_MAX, keepAliveTimeout: IDLE_MS_MAX },
    connectionsCheckingInterval: 5_000,
  };
  // Node's two kinds of server have one interface where Fastify uses them.
  const server = tls
    ? (https.createServer({ ...options, cert: tls.cert, key: tls.key }, handler) as unknown as http.Server)
    : http.createServer(options, handler);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

function addErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler(() => {
    throw new Refusal('not-found');
  });
  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'unavailable')
      log({ level: 'error', event: 'request-failed', request: request.id, error: errorTrace(error) });
    if (refusal.statusCode === 503 && !reply.hasHeader('retry-after'))
      reply.header('retry-after', RETRY_AFTER_S);
    return reply
      .code(refusal.statusCode)
      .header('cache-control', 'no-store')
      .type('application/json')
      .send({ error: refusal.code });
  });
  app.addHook('onResponse', async (request, reply) => {
    log({
      ...{ level: 'info', event: 'request', request: request.id, method: request.method },
      // The route's pattern: what stood in its place may name a pack.
      ...{ route: request.routeOptions.url ?? 'none', status: reply.statusCode },
      ms: Math.round(reply.elapsedTime),
    });
  });
}

function addShelf(app: FastifyInstance): void {
  const css = readFileSync(new URL('../demo/shelf.css', import.meta.url), 'utf8');
  const page = shelfPage();
  app.get('/demo', async (_, reply) =>
    reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page),
  );
  app.get('/demo/shelf.css', async (_, reply) =>
    reply.header('cache-control', 'no-cache').type('text/css; charset=utf-8').send(css),
  );
}
