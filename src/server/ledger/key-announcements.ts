// Tells readers of changed keys: whenever the keys that sign the logs are others than at the last start, the next
// announcement is signed by all of them and published beside the ledger, where it stays.
import { utf8ToBytes } from '../../domain/bytes.ts';
import { announceLogKeys, type LogKeys, logKeysShape, openSelfSigned } from '../../domain/ledger/log-keys.ts';
import { encodeVerifierKey, signerOf, verifierOf } from '../../domain/ledger/note-key.ts';
import { parseJson } from '../../domain/shape.ts';
import type { LedgerKeys, SignerKeys } from './keys.ts';
import type { LogFiles } from './log-files.ts';
import { LedgerRefusal } from './refusal.ts';
import type { Store } from './store.ts';

/** Where in the ledger's folder the announcement lies. */
export function announcementPath(number: number): string {
  return `keys/${number}`;
}

export type KeyHistory = {
  /** What the last announcement says. */
  readonly last: LogKeys | undefined;
  /** Every key that has ever been announced. */
  readonly known: readonly string[];
};

/**
 * What has been announced so far, by the store or, where it is older than they are, by the published files. Throws
 * LedgerRefusal `damaged`.
 */
export function readKeyHistory(store: Pick<Store, 'meta'>, files: LogFiles): KeyHistory {
  let last = lastAnnounced(store);
  const known = new Set(store.meta(KNOWN)?.split('\n') ?? []);
  for (;;) {
    const number = (last?.number ?? 0) + 1;
    const bytes = files.read(announcementPath(number));
    if (!bytes) return { last, known: [...known] };
    const announced = openSelfSigned(Buffer.from(bytes).toString('utf8'));
    if (!announced.ok || announced.value.number !== number)
      throw new LedgerRefusal('damaged', `${announcementPath(number)} is not the next announcement of keys.`);
    last = announced.value;
    for (const vkey of [...last.ledger, ...last.snapshot]) known.add(vkey);
  }
}

/**
 * Refuses keys that devices would not follow: none of those that sign is one they know, or a retired one is back.
 * Throws LedgerRefusal `keys-missing`.
 */
export function checkKeys({ last, known }: KeyHistory, keys: Pick<LedgerKeys, 'ledger' | 'snapshots'>): void {
  if (!last) return;
  const logs: (readonly [readonly string[], readonly string[]])[] = [
    [vkeysOf(keys.ledger), last.ledger],
    [vkeysOf(keys.snapshots), last.snapshot],
  ];
  for (const [now, before] of logs) {
    if (!now.some((vkey) => before.includes(vkey)))
      throw new LedgerRefusal('keys-missing', 'The keys folder holds other keys than those of this ledger.');
    if (now.some((vkey) => !before.includes(vkey) && known.includes(vkey)))
      throw new LedgerRefusal(
        'keys-missing',
        'The keys folder holds a key that was retired: it is a restored one.',
      );
  }
}

/**
 * The keys in use and the number of their announcement, which is published when this resolves: for good, so only once
 * the logs have been found to be those of these keys.
 */
export async function announceKeys(
  store: Pick<Store, 'meta' | 'setMeta'>,
  files: LogFiles,
  { last, known }: KeyHistory,
  keys: Pick<LedgerKeys, 'ledger' | 'snapshots'>,
): Promise<LogKeys> {
  const current = { ledger: vkeysOf(keys.ledger), snapshot: vkeysOf(keys.snapshots) };
  const isSame =
    last !== undefined && sameKeys(last.ledger, current.ledger) && sameKeys(last.snapshot, current.snapshot);
  const announced: LogKeys = isSame ? last : { number: (last?.number ?? 0) + 1, ...current };
  const path = announcementPath(announced.number);
  if (!(await files.exists(path))) {
    const note = announceLogKeys(announced, [...keys.ledger, ...keys.snapshots].map(signerOf));
    await files.publish([{ path, bytes: utf8ToBytes(note) }]);
  }
  store.setMeta(META, JSON.stringify(announced));
  store.setMeta(KNOWN, [...new Set([...known, ...current.ledger, ...current.snapshot])].join('\n'));
  return announced;
}

const META = 'log-keys';
const KNOWN = 'known-keys';

function lastAnnounced(store: Pick<Store, 'meta'>): LogKeys | undefined {
  const json = store.meta(META);
  if (json === undefined) return undefined;
  const known = parseJson(json, logKeysShape);
  if (!known.ok) throw new LedgerRefusal('damaged', `The store's list of announced keys: ${known.detail}.`);
  return known.value;
}

function vkeysOf(keys: SignerKeys): readonly string[] {
  return keys.map((key) => encodeVerifierKey(verifierOf(key)));
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((vkey, i) => vkey === b[i]);
}
