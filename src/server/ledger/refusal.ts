// The one way in which the ledger refuses its operator: a stable code, and words that say what to do.

/**
 * - `locked`: another process writes this data folder.
 * - `store-behind-checkpoint`: a checkpoint has been published that the store does not reach: a restored backup.
 * - `forked`: the store's entries give another root than the published checkpoint of their size.
 * - `keys-missing`: there are entries, but not the keys that signed them.
 * - `wrong-market`: the folder holds the ledger of another market.
 * - `damaged`: a file is not what this software wrote, or a newer version wrote it.
 * - `busy`: too many events wait already; try again later.
 * - `closed`: the ledger has been closed.
 */
export type LedgerRefusalCode =
  | 'locked'
  | 'store-behind-checkpoint'
  | 'forked'
  | 'keys-missing'
  | 'wrong-market'
  | 'damaged'
  | 'busy'
  | 'closed';

export class LedgerRefusal extends Error {
  override readonly name = 'LedgerRefusal';
  readonly code: LedgerRefusalCode;

  constructor(code: LedgerRefusalCode, words: string, options?: { cause: unknown }) {
    super(words, options);
    this.code = code;
  }
}

/** The store lacks what was published: a running server that learns of it stops, as one that starts does not start. */
export function isForgetful({ code }: LedgerRefusal): boolean {
  return code === 'store-behind-checkpoint' || code === 'forked';
}

/** node:sqlite marks its errors; damage that reading finds is a LedgerRefusal. */
export function isOfStore(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'ERR_SQLITE_ERROR' || error instanceof LedgerRefusal;
}
