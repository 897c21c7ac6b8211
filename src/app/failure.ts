// What went wrong, in the few words that screens have for it. The environment's errors are caught here and nowhere
// else; any other error is a bug and passes through.
import { type Err, err, type Result } from '../domain/result.ts';
import type { FlushState } from './outbox-model.ts';
import { KeyError, LedgerError, StoreError } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type FlushFailure = 'offline' | Extract<FlushState, { readonly kind: 'failed' }>['why'];

/** Undefined: not an error of a port. */
export function failureOf(error: unknown): SyncFailure | undefined {
  if (error instanceof StoreError) return error.code === 'full' ? 'storage-full' : 'storage-failed';
  if (error instanceof KeyError) return 'storage-failed';
  if (!(error instanceof LedgerError)) return undefined;
  if (error.code !== 'refused') return error.code;
  const isStranger = error.refusal === 'not-enrolled' || error.refusal === 'session-expired';
  return isStranger ? 'not-enrolled' : 'server';
}

/** What is only remembered for convenience: where it cannot be kept or found, the app goes on without. */
export async function remembered<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Runs work that stands on ports and gives their errors back as failures. */
export async function guarded<T, E extends string = never>(
  work: () => Promise<Result<T, SyncFailure | E>>,
): Promise<Result<T, SyncFailure | E>> {
  try {
    return await work();
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { ...err(failure, String(error)), cause: error };
  }
}

/** How long the server asked to be left alone when it failed so. */
export function retryAfterOf({ cause }: Err<unknown>): number | undefined {
  return cause instanceof LedgerError ? cause.retryAfterMs : undefined;
}

/** Delivery has fewer words: what a person at the counter can act on. */
export function flushFailureOf(failure: SyncFailure): FlushFailure {
  switch (failure) {
    case 'offline':
    case 'malformed':
    case 'not-enrolled':
      return failure;
    case 'storage-full':
    case 'storage-failed':
      return 'store';
    case 'timeout':
    case 'server':
      return 'server';
    case 'bad-signature':
    case 'unknown-key':
    case 'missing-witnesses':
    case 'missing-auditors':
    case 'voided':
    case 'rolled-back':
    case 'forked':
    case 'bad-proof':
    case 'stale':
    case 'wrong-hash':
      return 'proof';
  }
}
