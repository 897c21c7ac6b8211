// Tells readers of changed keys: whenever the keys that sign the logs are others than at the last start, the next
// announcement is signed by all of them and published beside the ledger, where it stays.
import { utf8ToBytes } from '../../domain/bytes.ts';
import { announceLogKeys, type LogKeys, logKeysShape } from '../../domain/ledger/log-keys.ts';
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

/** The keys in use and the number of their announcement, which is published when this resolves. */
export async function announceKeys(
  store: Pick<Store, 'meta' | 'setMeta'>,
  files: LogFiles,
  keys: Pick<LedgerKeys, 'ledger' | 'snapshots'>,
): Promise<LogKeys> {
  const last = lastAnnounced(store);
  const current = { ledger: vkeysOf(keys.ledger), snapshot: vkeysOf(keys.snapshots) };
  const isSame =
    last !== undefined && sameKeys(last.ledger, current.ledger) && sameKeys(last.snapshot, current.snapshot);
  const announced: LogKeys = isSame ? last : { number: (last?.number ?? 0) + 1, ...current };
  const path = announcementPath(announced.number);
  if (!(await files.exists(path))) {
    const note = announceLogKeys(announced, [...keys.ledger, ...keys.snapshots].map(signerOf));
    await files.publish([{ path, bytes: utf8ToBytes(note) }]);
  }
  if (!isSame) store.setMeta(META, JSON.stringify(announced));
  return announced;
}

const META = 'log-keys';

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
