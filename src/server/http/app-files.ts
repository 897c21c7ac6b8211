// The built web app, held in memory: a few megabytes of immutable files, looked up by name, so that no request ever
// names a path on disk. Compressed once, when first asked for.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/vnd.microsoft.icon',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.txt', '.svg', '.wasm', '.webmanifest']);
const COMPRESS_BYTES_MIN = 1_024;
/** Not pages of the app: what is unknown there is not found. */
const NOT_THE_APP = /^\/(?:api|log|snapshot|demo|ca|assets)(?:\/|$)/;

type Encoding = 'br' | 'gzip';
type AppFile = {
  readonly bytes: Buffer;
  readonly type: string;
  readonly hash: string;
  readonly cache: string;
  readonly isCompressible: boolean;
  readonly compressed: Map<Encoding, Promise<Buffer>>;
};

/** Throws when the folder holds no built app. */
export function loadAppFiles(folder: string): ReadonlyMap<string, AppFile> {
  const files = new Map<string, AppFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(folder, path).replaceAll(sep, '/')}`;
    files.set(url, appFile(url, readFileSync(path)));
  }
  return files;
}

function appFile(url: string, bytes: Buffer): AppFile {
  const extension = extname(url);
  return {
    bytes,
    type: TYPES[extension] ?? 'application/octet-stream',
    hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
    // Names under /assets/ carry a hash of what they hold; everything else is asked for again each time.
    cache: url.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    isCompressible: COMPRESSED.has(extension) && bytes.length >= COMPRESS_BYTES_MIN,
    compressed: new Map(),
  };
}

export function addAppFiles(app: FastifyInstance, files: ReadonlyMap<string, AppFile>): void {
  app.get('/*', (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isNavigation = (request.headers.accept ?? '').includes('text/html') && !NOT_THE_APP.test(path);
    const file = files.get(path) ?? (path === '/' || isNavigation ? files.get('/index.html') : undefined);
    if (!file) throw new Refusal('not-found');
    return send(request, reply, file);
  });
}

async function send(request: FastifyRequest, reply: FastifyReply, file: AppFile): Promise<FastifyReply> {
  const encoding = file.isCompressible ? acceptedEncoding(request) : undefined;
  const etag = `"${file.hash}${encoding === undefined ? '' : `-${encoding}`}"`;
  reply.header('cache-control', file.cache).header('etag', etag);
  if (file.isCompressible) reply.header('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  if (encoding === undefined) return reply.type(file.type).send(file.bytes);
  return reply
    .type(file.type)
    .header('content-encoding', encoding)
    .send(await compress(file, encoding));
}

function acceptedEncoding(request: FastifyRequest): Encoding | undefined {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  // `;q=0` is how a client refuses one.
  const accepts = (name: string) =>
    new RegExp(`(?:^|[\\s,])${name}(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|\\s|$))`).test(accepted);
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : undefined;
}

// Brotli at 9 is a tenth of a second for the decoder's wasm; 11 gains another 4 % for twenty times that.
const BROTLI_QUALITY = 9;

function compress(file: AppFile, encoding: Encoding): Promise<Buffer> {
  const known = file.compressed.get(encoding);
  if (known) return known;
  const made =
    encoding === 'br'
      ? promisify(brotliCompress)(file.bytes, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
            [constants.BROTLI_PARAM_SIZE_HINT]: file.bytes.length,
          },
        })
      : promisify(gzip)(file.bytes, { level: 9 });
  file.compressed.set(encoding, made);
  return made;
}
