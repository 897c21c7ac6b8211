// A witness's data folder: one process at a time, its memory, and its key. The memory is made before the key, so a
// key without a memory means that the memory was lost; a witness that forgot would cosign whatever it is shown, and
// does not start.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex } from '../../domain/bytes.ts';
import {
  COSIGNATURE_KEY,
  createSignerKey,
  encodeSignerKey,
  parseSignerKey,
  type SignerKey,
} from '../../domain/ledger/note-key.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { takeWriterLock } from '../ledger/writer-lock.ts';
import { writePrivateFile } from '../private-file.ts';
import { openWitnessStore, type WitnessStore } from './witness-store.ts';

export type WitnessFolder = { readonly key: SignerKey; readonly store: WitnessStore; close(): void };

/** `name` names the key at its making, and must be that name ever after. Throws LedgerRefusal. */
export function openWitnessFolder(folder: string, name: string | undefined): WitnessFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeWriterLock(folder);
  try {
    const keyFile = join(folder, 'witness.key');
    const storeFile = join(folder, 'witness.sqlite');
    if (existsSync(keyFile) && !existsSync(storeFile)) {
      const words = `${keyFile} is there, but what this witness has cosigned is not: restore witness.sqlite, `;
      throw new LedgerRefusal('damaged', `${words}or start a new witness in an empty folder.`);
    }
    const store = openWitnessStore(storeFile);
    try {
      const key = loadKey(keyFile, name, store.isEmpty());
      return {
        key,
        store,
        close() {
          store.close();
          lock.release();
        },
      };
    } catch (error) {
      store.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

function loadKey(file: string, name: string | undefined, mayCreate: boolean): SignerKey {
  if (!existsSync(file)) {
    if (!mayCreate)
      throw new LedgerRefusal(
        'keys-missing',
        `${file} is missing: restore the key that belongs to this data.`,
      );
    createKey(file, name ?? `${bytesToHex(randomBytes(4))}.witness.packtrail.invalid`);
  }
  const key = parseSignerKey(readFileSync(file, 'utf8').trimEnd());
  if (!key.ok || key.value.type !== COSIGNATURE_KEY)
    throw new LedgerRefusal('damaged', `${file} is not a witness's key.`);
  if (name !== undefined && name !== key.value.name)
    throw new LedgerRefusal('damaged', `This witness is ${key.value.name}, not ${name}.`);
  return key.value;
}

function createKey(file: string, name: string): void {
  writePrivateFile(file, encodeSignerKey(createSignerKey(name, COSIGNATURE_KEY, randomBytes(32))));
}
