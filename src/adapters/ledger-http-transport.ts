// One request and its answer: the time it may take, the bytes it may bring, and what each way of failing is called.
import { LedgerError } from '../app/ports.ts';
import { parseJson, type Shape } from '../domain/shape.ts';
import { API_ERRORS, type ApiError, errorResponseShape } from '../domain/wire.ts';

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export type LedgerRequest = {
  readonly path: string;
  /** Sent as JSON by POST; without one it is a GET. */
  readonly body?: object | undefined;
  readonly token?: string | undefined;
  /** Of the answer that is held already; while it still stands, NOT_MODIFIED comes back. */
  readonly tag?: string | undefined;
  readonly bytesMax: number;
  readonly timeoutMs: number;
  readonly isImmutable?: boolean | undefined;
};

/** Resolves to the body of a success. Throws LedgerError. */
export type Transport = (request: LedgerRequest) => Promise<Uint8Array>;

/** Told by its identity. */
export const NOT_MODIFIED: Uint8Array = new Uint8Array(0);

/** A refusal is one short code. */
const REFUSAL_BYTES_MAX = 1_024;

/** Told of each request whether anybody answered it, and when. */
export type Contact = {
  answered(path: string, sentMs: number, answeredMs: number, date: string | null): void;
  unanswered(): void;
};

export function createTransport(fetch: Fetch, contact: Contact, nowMs: () => number = Date.now): Transport {
  return async (request) => {
    const signal = AbortSignal.timeout(request.timeoutMs);
    const sentMs = nowMs();
    try {
      const response = await fetch(request.path, initOf(request, signal));
      contact.answered(request.path, sentMs, nowMs(), response.headers.get('date'));
      if (response.status === 304 && request.tag !== undefined) return NOT_MODIFIED;
      if (!response.ok) throw await refusalOf(response);
      const bytes = await readAtMost(request.bytesMax, response);
      if (!bytes) throw malformed(`${request.path}: more than ${request.bytesMax} bytes`);
      return bytes;
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      contact.unanswered();
      throw new LedgerError(signal.aborted ? 'timeout' : 'offline', { cause: error });
    }
  };
}

export const MANNERS: RequestInit = {
  // Our server sends nobody elsewhere: a redirect is a captive portal's, which is as good as no network.
  ...{ credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' },
};

function initOf({ body, token, tag, isImmutable }: LedgerRequest, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (tag !== undefined) headers['if-none-match'] = `"${tag}"`;
  return {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    ...{ headers, signal, cache: isImmutable ? 'default' : 'no-store' },
    ...MANNERS,
  };
}

/** Undefined where there is more. The sender chose both the length and what it says of it, so neither is believed. */
async function readAtMost(bytesMax: number, { body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > bytesMax) {
      // What the sender does about it is of no interest.
      reader?.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(read.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

export async function refusalOf(response: Response): Promise<LedgerError> {
  const byStatus = refusalOfStatus(response.status);
  // Where the line breaks within it, the head has said enough: that it is refused, and until when.
  const bytes = await readAtMost(REFUSAL_BYTES_MAX, response).catch((error: unknown) => {
    if (!byStatus) throw error;
    return undefined;
  });
  const parsed = parseJson(bytes ? new TextDecoder().decode(bytes) : '', errorResponseShape);
  const named = parsed.ok ? API_ERRORS.find((code) => code === parsed.value.error) : undefined;
  const refusal = named ?? byStatus;
  const cause = `HTTP status ${response.status}`;
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), sentMsOf(response));
  return refusal
    ? new LedgerError('refused', { refusal, retryAfterMs, cause })
    : new LedgerError('malformed', { cause });
}

/** By the clock that a Retry-After of the same answer goes by; this device's may be months away. */
function sentMsOf({ headers }: Response): number {
  const dateMs = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(dateMs) ? Date.now() : dateMs;
}

/** RFC 9110 s10.2.3: seconds, or a date. Whoever waits bounds it. */
function parseRetryAfter(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const untilMs = Date.parse(text);
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs - nowMs);
}

/** What stands before the server (a proxy, a CDN) refuses in its own words. */
function refusalOfStatus(status: number): ApiError | undefined {
  if (status >= 500) return 'unavailable';
  if (status === 404) return 'not-found';
  if (status === 413) return 'too-large';
  return status === 429 ? 'too-many-requests' : undefined;
}

export function malformed(detail: string): LedgerError {
  return new LedgerError('malformed', { cause: detail });
}

export function openText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('not UTF-8');
  }
}

export function openJson<T>(bytes: Uint8Array, shape: Shape<T>): T {
  const parsed = parseJson(openText(bytes), shape);
  if (!parsed.ok) throw malformed(parsed.detail);
  return parsed.value;
}
