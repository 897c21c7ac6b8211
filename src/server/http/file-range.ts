// Sends a file of megabytes, or the one range of it that was asked for (RFC 9110 s14), without holding it in memory.
import { type FileHandle, open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.ts';

/** Large reads: a stream of many small ones costs more than the sending. */
const CHUNK_BYTES = 262_144;

/** The caller has set the headers that do not depend on the range. */
export async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
): Promise<FastifyReply> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') throw new Refusal('not-found');
    throw cause;
  });
  try {
    const { size } = await file.stat();
    const range = rangeOf(request.headers.range, size);
    reply.type('application/octet-stream').header('accept-ranges', 'bytes');
    if (range === 'unsatisfiable') {
      await file.close();
      return reply.code(416).header('content-range', `bytes */${size}`).send();
    }
    const { first, last } = range ?? { first: 0, last: size - 1 };
    if (range) reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
    reply.header('content-length', last - first + 1);
    return reply.send(streamOf(file, first, last));
  } catch (error) {
    await file.close();
    throw error;
  }
}

function streamOf(file: FileHandle, first: number, last: number) {
  // Closes the file at its end, and when the reader goes away.
  return file.createReadStream({ start: first, end: last, highWaterMark: CHUNK_BYTES });
}

type Range = { readonly first: number; readonly last: number };

/** Undefined, for the whole file, where none is asked for, or something that we do not serve (s14.2 allows that). */
function rangeOf(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined) return undefined;
  const from = Number(first);
  const to = last ? Number(last) : size - 1;
  if (to < from) return last ? undefined : 'unsatisfiable';
  return from >= size ? 'unsatisfiable' : { first: from, last: Math.min(to, size - 1) };
}
