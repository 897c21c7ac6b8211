// The ledger's secrets: the keys that sign its two logs and the masters behind the blinded ids. Made on first start,
// readable by the server's own account alone, and never made anew for a ledger that has had keys: that would fork it.
// A log's file holds one key a line, oldest first: more than one while a key replaces another (key-rotation.ts).
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex } from '../../domain/bytes.ts';
import {
  createSignerKey,
  encodeSignerKey,
  parseSignerKey,
  SIGNATURE_KEY,
  type SignerKey,
} from '../../domain/ledger/note-key.ts';
import { writePrivateFile } from '../private-file.ts';
import { type EpochMaster, epochFile, FIRST_EPOCH, newMaster, readEpochs } from './epochs.ts';
import { LedgerRefusal } from './refusal.ts';

export type SignerKeys = readonly [SignerKey, ...SignerKey[]];

export type LogName = 'ledger' | 'snapshots';

export type LedgerKeys = {
  /** A key's name is the origin of its log. Oldest first; all sign. */
  readonly ledger: SignerKeys;
  readonly snapshots: SignerKeys;
  /** Oldest epoch first. */
  readonly masters: readonly EpochMaster[];
};

/** Throws LedgerRefusal: `keys-missing` where keys may not be made, `damaged` where a file is not a key. */
export function openKeys(folder: string, market: string, mayCreate: boolean): LedgerKeys {
  const files = {
    master: epochFile(folder, FIRST_EPOCH),
    ledger: signerFile(folder, 'ledger'),
    snapshots: signerFile(folder, 'snapshots'),
  };
  if (mayCreate) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    createFile(files.master, () => newMaster(randomBytes));
    // `.invalid` (RFC 2606): an origin is a name, and this one must never resolve to someone else's host.
    const host = `${market}-${bytesToHex(randomBytes(4))}.packtrail.invalid`;
    createFile(files.ledger, () => newSigner(`${host}/ledger`));
    const [{ name }] = readSigners(files.ledger);
    createFile(files.snapshots, () => newSigner(name.replace(/ledger$/, 'snapshots')));
  }
  return {
    ledger: readSigners(files.ledger),
    snapshots: readSigners(files.snapshots),
    masters: readEpochs(folder),
  };
}

export function signerFile(folder: string, log: LogName): string {
  return join(folder, `${log}.key`);
}

/** Where in the data folder the log's files are published. */
export function publishedFolder(log: LogName): string {
  return log === 'ledger' ? 'log' : 'snapshots';
}

export function newSigner(origin: string): string {
  return encodeSignerKey(createSignerKey(origin, SIGNATURE_KEY, randomBytes(32)));
}

/** Leaves a file alone that is there already: a first start that was cut short is taken up where it stopped. */
function createFile(path: string, makeText: () => string): void {
  if (!existsSync(path)) writePrivateFile(path, makeText());
}

/** Throws LedgerRefusal: `keys-missing`, or `damaged` where a line is not a key or of another log. */
export function readSigners(path: string): SignerKeys {
  const [first, ...others] = readText(path)
    .split('\n')
    .map((line) => readSigner(path, line));
  if (!first || others.some(({ name }) => name !== first.name))
    throw new LedgerRefusal('damaged', `${path} holds keys of different logs.`);
  return [first, ...others];
}

function readSigner(path: string, line: string): SignerKey {
  const key = parseSignerKey(line);
  if (!key.ok || key.value.type !== SIGNATURE_KEY)
    throw new LedgerRefusal('damaged', `${path} is not a signing key.`);
  return key.value;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    const words = `${path} is missing: restore the keys folder that belongs to this data.`;
    throw new LedgerRefusal('keys-missing', words, { cause: error });
  }
}
