// Replacing the key that signs a log, without a moment in which anyone has to trust an unknown one: a second key
// joins and both sign; readers learn it; then the old one is retired. Both are steps of the operator, taken while the
// server is stopped.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8ToBytes } from '../../domain/bytes.ts';
import { openCheckpoint } from '../../domain/ledger/checkpoint.ts';
import {
  encodeSignerKey,
  encodeVerifierKey,
  type VerifierKey,
  verifierOf,
} from '../../domain/ledger/note-key.ts';
import { parseProofFile } from '../../domain/ledger/proof-file.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { parseManifest, parseSnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import { writePrivateFile } from '../private-file.ts';
import { type LogName, newSigner, publishedFolder, readSigners, signerFile } from './keys.ts';
import { LATEST_PROOF } from './latest-snapshot.ts';
import { takeWriterLock } from './writer-lock.ts';

/** A log that replaces one key has two; more would be keys that nobody retires. */
const KEYS_MAX = 3;

export type KeyList = { readonly vkeys: readonly string[] };

/** Adds a key that signs from the next start on, beside those there are. Throws LedgerRefusal. */
export function addLogKey(dataFolder: string, log: LogName): Result<KeyList, 'too-many-keys'> {
  return underLock(dataFolder, () => {
    const path = signerFile(join(dataFolder, 'keys'), log);
    const keys = readSigners(path);
    if (keys.length >= KEYS_MAX) return err('too-many-keys', `${log} has ${keys.length} keys`);
    writePrivateFile(path, [...keys.map(encodeSignerKey), newSigner(keys[0].name)].join('\n'));
    return ok({ vkeys: readSigners(path).map((key) => encodeVerifierKey(verifierOf(key))) });
  });
}

/**
 * Removes a key for good. `not-signed-yet`: the published checkpoint, or what devices fetch as the latest snapshot,
 * carries no other key's signature, so that those who follow the log could not go on. Throws LedgerRefusal.
 */
export function retireLogKey(
  dataFolder: string,
  log: LogName,
  keyId: string,
): Result<KeyList, 'unknown-key' | 'only-key' | 'not-signed-yet'> {
  return underLock(dataFolder, () => {
    const path = signerFile(join(dataFolder, 'keys'), log);
    const keys = readSigners(path);
    const left = keys.filter((key) => key.keyId !== keyId);
    if (left.length === keys.length) return err('unknown-key', keyId);
    if (left.length === 0) return err('only-key', keyId);
    const verifiers = left.map(verifierOf);
    if (!isSignedBy(dataFolder, log, verifiers)) return err('not-signed-yet', keyId);
    writePrivateFile(path, left.map(encodeSignerKey).join('\n'));
    return ok({ vkeys: verifiers.map(encodeVerifierKey) });
  });
}

function isSignedBy(dataFolder: string, log: LogName, logKeys: readonly VerifierKey[]): boolean {
  const published = readFileSync(join(dataFolder, publishedFolder(log), 'checkpoint'));
  const origin = logKeys[0]?.name ?? '';
  const trust = { origin, logKeys, witnesses: [], quorum: NO_QUORUM };
  const inSnapshot = noteInLatestSnapshot(join(dataFolder, publishedFolder('snapshots')), log);
  return (
    openCheckpoint(published, trust).ok &&
    (inSnapshot === undefined || openCheckpoint(utf8ToBytes(inSnapshot), trust).ok)
  );
}

/** Of the snapshot log it is in the proof, of the ledger in the manifest. */
function noteInLatestSnapshot(folder: string, log: LogName): string | undefined {
  const path = join(folder, LATEST_PROOF);
  const proof = existsSync(path) ? parseProofFile(readFileSync(path)) : undefined;
  if (!proof?.ok || log === 'snapshots') return proof?.ok ? proof.value.checkpoint : undefined;
  const leaf = parseSnapshotLeaf(proof.value.extra ?? new Uint8Array(0));
  if (!leaf.ok || leaf.value.kind !== 'manifest') return undefined;
  const manifest = parseManifest(readFileSync(join(folder, 'manifest', leaf.value.id)));
  return manifest.ok ? manifest.value.checkpoint : undefined;
}

function underLock<T>(dataFolder: string, work: () => T): T {
  const lock = takeWriterLock(dataFolder);
  try {
    return work();
  } finally {
    lock.release();
  }
}
