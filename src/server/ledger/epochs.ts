// Epoch masters, one file each, `keys/epoch-<number>.key`. A new one is a step of the operator, taken while the server
// is stopped; an old one stays for ever, since packs commissioned under it keep their ids.
import { createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, parseHex } from '../../domain/bytes.ts';
import { EPOCHS_MAX } from '../../domain/limits.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { writePrivateFile } from '../private-file.ts';
import { LedgerRefusal } from './refusal.ts';
import { takeWriterLock } from './writer-lock.ts';

export type EpochMaster = { readonly keyId: number; readonly master: Uint8Array };

const MASTER_BYTES = 32;
export const FIRST_EPOCH = 1;

export function epochFile(folder: string, keyId: number): string {
  return join(folder, `epoch-${keyId}.key`);
}

/** Oldest first. Throws LedgerRefusal: `keys-missing` where there is none, `damaged` where a file is not a master. */
export function readEpochs(folder: string): readonly EpochMaster[] {
  const keyIds = existsSync(folder) ? readdirSync(folder).flatMap(keyIdOf) : [];
  if (keyIds.length === 0)
    throw new LedgerRefusal(
      'keys-missing',
      `${folder} holds no epoch's master: restore the keys folder that belongs to this data.`,
    );
  return keyIds
    .sort((a, b) => a - b)
    .map((keyId) => ({ keyId, master: readMaster(epochFile(folder, keyId)) }));
}

/** What the store remembers of an epoch, so that its master cannot be lost or exchanged: no way back to the master. */
export function epochMark({ keyId, master }: EpochMaster): string {
  return `${keyId} ${createHmac('sha256', master).update('packtrail/v1/epoch-mark\0').digest('hex').slice(0, 32)}`;
}

/** Batches commissioned from the next start on are under this epoch. Throws LedgerRefusal. */
export function addEpoch(
  dataFolder: string,
  randomBytes: (length: number) => Uint8Array,
): Result<number, 'too-many-epochs'> {
  const lock = takeWriterLock(dataFolder);
  try {
    const folder = join(dataFolder, 'keys');
    const epochs = readEpochs(folder);
    if (epochs.length >= EPOCHS_MAX) return err('too-many-epochs', `${epochs.length} epochs`);
    const keyId = (epochs.at(-1)?.keyId ?? 0) + 1;
    writePrivateFile(epochFile(folder, keyId), newMaster(randomBytes));
    return ok(keyId);
  } finally {
    lock.release();
  }
}

export function newMaster(randomBytes: (length: number) => Uint8Array): string {
  return bytesToHex(randomBytes(MASTER_BYTES));
}

function keyIdOf(name: string): number[] {
  const digits = /^epoch-([1-9]\d{0,8})\.key$/.exec(name)?.[1];
  return digits === undefined ? [] : [Number(digits)];
}

function readMaster(path: string): Uint8Array {
  const master = parseHex(readFileSync(path, 'utf8').trimEnd(), MASTER_BYTES);
  if (!master.ok) throw new LedgerRefusal('damaged', `${path} is not a master key.`);
  return master.value;
}
