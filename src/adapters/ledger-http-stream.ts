// A range of a large immutable file, handed over as it arrives: over a slow line it takes as long as it takes, but a
// line on which nothing moves is given up.
import { LedgerError } from '../app/ports.ts';
import { type Fetch, MANNERS, refusalOf } from './ledger-http-transport.ts';

export type RangeRequest = {
  readonly path: string;
  readonly token: string;
  readonly from: number;
  readonly length: number;
};

/** Longer than a phone takes to change cells. */
const SILENCE_MS_MAX = 20_000;

/** Resolves once the server has agreed to answer; never more than `length` bytes. Throws LedgerError. */
export type ByteStream = (request: RangeRequest) => Promise<AsyncIterable<Uint8Array>>;

export function createByteStream(fetch: Fetch): ByteStream {
  return async ({ path, token, from, length }) => {
    const watch = createSilenceWatch();
    try {
      const headers = { authorization: `Bearer ${token}`, range: `bytes=${from}-${from + length - 1}` };
      // The browser's cache would keep all of it a second time.
      const init = { headers, signal: watch.signal, cache: 'no-store', ...MANNERS } as const;
      const response = await watch.during(fetch(path, init));
      if (!response.ok) throw await watch.during(refusalOf(response));
      // A cache that knows no ranges sends the file from its start.
      return read(response, watch, response.status === 206 ? 0 : from, length);
    } catch (error) {
      throw watch.errorOf(error);
    }
  };
}

async function* read(
  { body }: Response,
  watch: SilenceWatch,
  skipped: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  let skip = skipped;
  let left = length;
  try {
    while (reader && left > 0) {
      const { done, value } = await watch.during(reader.read());
      if (done) return;
      const bytes = value.subarray(skip, skip + left);
      skip -= Math.min(skip, value.length);
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  } catch (error) {
    throw watch.errorOf(error);
  } finally {
    // What the sender does about it is of no interest.
    reader?.cancel().catch(() => undefined);
  }
}

type SilenceWatch = {
  readonly signal: AbortSignal;
  /** Aborts where the server lets us wait for too long. */
  during<T>(work: Promise<T>): Promise<T>;
  errorOf(error: unknown): LedgerError;
};

function createSilenceWatch(): SilenceWatch {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    async during(work) {
      const timer = setTimeout(() => controller.abort(), SILENCE_MS_MAX);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
      }
    },
    errorOf: (error) =>
      error instanceof LedgerError
        ? error
        : new LedgerError(controller.signal.aborted ? 'timeout' : 'offline', { cause: error }),
  };
}
