// A digest of the whole fold state, kept now and then: a replay from zero must pass through the same ones. It shows
// that going on from a stored state gives what starting over would.
import type { AuditFault } from './audit-fault.ts';
import type { AuditStore, JudgedManifest, StateDigest } from './audit-store.ts';

export type ReplayedBefore = {
  judged(leaf: number): JudgedManifest | undefined;
  /** By size. */
  readonly digests: ReadonlyMap<number, string>;
};

/** A digest reads every row, which takes about as long as folding so many entries. */
const ENTRIES_BETWEEN = 100_000;
const DAY_MS = 86_400_000;

export function replayedBefore(store: AuditStore): ReplayedBefore {
  const digests = new Map(store.digests().map(({ size, digest }) => [size, digest]));
  return { judged: store.judged, digests };
}

/** Keeps one where one is due; compares it where there is one to compare with. */
export function keepDigest(
  store: AuditStore,
  size: number,
  asOfMs: number,
  before: ReplayedBefore | undefined,
): AuditFault | undefined {
  const expected = before?.digests.get(size);
  if (expected === undefined && !isDue(store.digests().at(-1), size, asOfMs)) return undefined;
  const digest = store.state.digest(size);
  store.putDigest({ size, asOfMs, digest });
  return expected === undefined || expected === digest ? undefined : differs(size, expected, digest);
}

/** The states of two replays to the same size. */
export function compareStates(stored: AuditStore, fromZero: AuditStore): AuditFault | undefined {
  const size = stored.head('ledger').size();
  const expected = stored.state.digest(size);
  const digest = fromZero.state.digest(fromZero.head('ledger').size());
  return expected === digest ? undefined : differs(size, expected, digest);
}

function isDue(last: StateDigest | undefined, size: number, asOfMs: number): boolean {
  if (!last || size < last.size) return true;
  const isNewDay = Math.floor(asOfMs / DAY_MS) > Math.floor(last.asOfMs / DAY_MS);
  return size - last.size >= (isNewDay ? 1 : ENTRIES_BETWEEN);
}

function differs(size: number, stored: string, fromZero: string): AuditFault {
  const words = `The stored state over ${size} entries has the digest ${stored}, a replay from zero gives ${fromZero}: remove audit.sqlite to start over.`;
  return { code: 'state-differs', words };
}
