// The log and the snapshots as static files. Checkpoints and tiles are for everyone; entry bundles, snapshots and
// their pages for those entitled. A path reaches the disk only once it has been recognised in full.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseTilePath } from '../../domain/ledger/tile.ts';
import { announcementPath } from '../ledger/key-announcements.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Doors } from './doors.ts';
import { sendRange } from './file-range.ts';
import { Refusal } from './refusal.ts';

const CACHE = {
  /** A new checkpoint comes about once a second while there is work. */
  head: 'public, max-age=1',
  everyone: 'public, max-age=31536000, immutable',
  entitled: 'private, max-age=31536000, immutable',
  entitledHead: 'private, no-cache',
} as const;
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

export function addLogFiles(app: FastifyInstance, ledger: Ledger, doors: Doors): void {
  const { logFolder, snapshotFolder } = ledger;
  const head = { type: TEXT, cache: CACHE.head };
  for (const [prefix, folder] of [
    ['log', logFolder],
    ['snapshot', snapshotFolder],
  ] as const)
    for (const name of ['checkpoint', 'checkpoint.cosigned'])
      app.get(`/${prefix}/${name}`, (request, reply) => send(request, reply, join(folder, name), head));
  app.get('/log/keys/:number', (request, reply) => {
    const number: unknown = Reflect.get(request.params as object, 'number');
    if (typeof number !== 'string' || !/^[1-9]\d{0,8}$/.test(number)) throw new Refusal('not-found');
    return send(request, reply, join(logFolder, announcementPath(Number(number))), {
      type: TEXT,
      cache: CACHE.everyone,
    });
  });
  app.get('/log/tile/*', (request, reply) => {
    const { path, kind } = tilePathOf(request);
    if (kind === 'tile')
      return send(request, reply, join(logFolder, path), { type: BYTES, cache: CACHE.everyone });
    if (!doors.mayReadEntries(request)) throw new Refusal('not-found');
    return sendEntitled(request, reply, join(logFolder, path), BYTES);
  });
  // The snapshot log's entries are hashes of manifests: nothing that an outsider may not know.
  app.get('/snapshot/tile/*', (request, reply) =>
    send(request, reply, join(snapshotFolder, tilePathOf(request).path), {
      type: BYTES,
      cache: CACHE.everyone,
    }),
  );
  app.get('/snapshot/latest.tlog-proof', (request, reply) => {
    doors.requireSnapshotReader(request);
    const path = join(snapshotFolder, 'latest.tlog-proof');
    return send(request, reply, path, { type: TEXT, cache: CACHE.entitledHead });
  });
  for (const [kind, type] of [
    ['manifest', 'application/json'],
    ['page', BYTES],
  ] as const)
    app.get(`/snapshot/${kind}/:hash`, (request, reply) => {
      doors.requireSnapshotReader(request);
      return sendEntitled(request, reply, join(snapshotFolder, kind, hashOf(request)), type);
    });
  app.get('/snapshot/bundle/:hash', (request, reply) => {
    doors.requireSnapshotReader(request);
    const hash = hashOf(request);
    reply.header('vary', 'authorization').header('cache-control', CACHE.entitled).header('etag', `"${hash}"`);
    return sendRange(request, reply, join(snapshotFolder, 'bundle', hash));
  });
}

function hashOf(request: FastifyRequest): string {
  const hash: unknown = Reflect.get(request.params as object, 'hash');
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw new Refusal('not-found');
  return hash;
}

function tilePathOf(request: FastifyRequest): { path: string; kind: 'tile' | 'bundle' } {
  const path = `tile/${String(Reflect.get(request.params as object, '*'))}`;
  const tile = parseTilePath(path);
  if (!tile.ok) throw new Refusal('not-found');
  return { path, kind: tile.value.kind };
}

function sendEntitled(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  type: string,
): Promise<FastifyReply> {
  reply.header('vary', 'authorization');
  return send(request, reply, path, { type, cache: CACHE.entitled });
}

/** All but bundles are at most some tens of kilobytes, so each is one read. */
async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  { type, cache }: { readonly type: string; readonly cache: string },
): Promise<FastifyReply> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR' || cause.code === 'EISDIR')
      throw new Refusal('not-found');
    throw cause;
  });
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  reply.header('cache-control', cache).header('etag', etag);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(type).send(bytes);
}
