// Where a checker reads a log from: a folder, or a URL that serves the same files. What is missing is an answer; what
// cannot be read is an error, since nothing follows from it about the log.
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** `denied`: not for this reader (a token may help). */
export type SourceErrorCode = 'denied' | 'unreachable';

export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, words: string, options?: { cause: unknown }) {
    super(words, options);
    this.code = code;
  }
}

export type LogSource = {
  readonly place: string;
  readonly isRemote: boolean;
  /** At most `bytesMax` bytes and one more where there are more; undefined where there is no such file. */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** Names in a folder, none where there is no such folder; undefined where that cannot be known. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** The same kind of source beside it, as `../snapshot`. */
  beside(path: string): LogSource;
};

export type SourceOptions = {
  readonly token?: string | undefined;
  /** For each try. */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
/** The first try and those after a quarter of a second, half a second and a second. */
const TRIES_MAX = 4;
const PAUSE_MS = 250;

export function openSource(place: string, options: SourceOptions = {}): LogSource {
  return /^https?:\/\//.test(place) ? webSource(place, options) : folderSource(place);
}

function folderSource(folder: string): LogSource {
  return {
    place: folder,
    isRemote: false,
    beside: (path) => folderSource(join(folder, path)),
    async list(path) {
      try {
        return await readdir(join(folder, path));
      } catch (error) {
        if (isMissing(error)) return [];
        throw unreadable(join(folder, path), error);
      }
    },
    async read(path, bytesMax) {
      try {
        const file = await open(join(folder, path), 'r');
        try {
          const buffer = new Uint8Array(Math.min((await file.stat()).size, bytesMax + 1));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
          return buffer.subarray(0, bytesRead);
        } finally {
          await file.close();
        }
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw unreadable(join(folder, path), error);
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

function unreadable(path: string, cause: unknown): SourceError {
  return new SourceError('unreachable', `${path} cannot be read.`, { cause });
}

function webSource(place: string, options: SourceOptions): LogSource {
  const base = place.endsWith('/') ? place : `${place}/`;

  /** Undefined: try again. */
  async function attempt(
    path: string,
    bytesMax: number,
  ): Promise<{ bytes: Uint8Array | undefined } | undefined> {
    const response = await fetch(new URL(path, base), {
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    });
    if (response.status === 200) return { bytes: await bodyOf(response, bytesMax) };
    await response.body?.cancel();
    if (response.status === 404 || response.status === 410) return { bytes: undefined };
    if (response.status === 401 || response.status === 403)
      throw new SourceError('denied', `${base}${path} is not served to this reader (${response.status}).`);
    if (response.status === 429 || response.status >= 500) return undefined;
    throw new SourceError('unreachable', `${base}${path} answers ${response.status}.`);
  }

  async function read(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
    let cause: unknown;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (tries > 0) await setTimeout(PAUSE_MS * 2 ** (tries - 1));
      try {
        const answer = await attempt(path, bytesMax);
        if (answer) return answer.bytes;
      } catch (error) {
        if (error instanceof SourceError) throw error;
        cause = error;
      }
    }
    throw unreadable(`${base}${path}`, cause);
  }

  return {
    ...{ place: base, isRemote: true, read },
    list: async () => undefined,
    beside: (path) => webSource(new URL(path, base).href, options),
  };
}

async function bodyOf(response: Response, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bytesMax) break;
  }
  return Uint8Array.from(Buffer.concat(chunks)).subarray(0, bytesMax + 1);
}
