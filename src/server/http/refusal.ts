// Every refusal over HTTP is a status and one of the API's codes, nothing else: a stranger learns no more than that.
import type { FastifyError } from 'fastify';
import type { ApiError } from '../../domain/wire.ts';
import { isForgetful, LedgerRefusal } from '../ledger/refusal.ts';

const STATUS: Readonly<Record<ApiError, number>> = {
  malformed: 400,
  'too-large': 413,
  'too-many-requests': 429,
  'not-enrolled': 401,
  'session-expired': 401,
  'code-not-valid': 403,
  'not-found': 404,
  unavailable: 503,
  'ledger-stopped': 503,
};

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ApiError;
  readonly statusCode: number;
  constructor(code: ApiError) {
    super(code);
    this.code = code;
    this.statusCode = STATUS[code];
  }
}

/** What a thrown error looks like from outside. `unavailable` stands for everything that is our own fault. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof LedgerRefusal)
    return new Refusal(isForgetful(error) ? 'ledger-stopped' : 'unavailable');
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('too-large');
  // What Fastify and its plugins refuse by themselves: bad JSON, wrong media type, schema.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new Refusal('malformed');
  return new Refusal('unavailable');
}
