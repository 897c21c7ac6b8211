// The one door from a manifest's bytes to a snapshot that verdicts may rest on: its hash stands in a leaf of the
// snapshot log, whose checkpoint is signed, and the ledger checkpoint inside it is signed as well.
import { utf8ToBytes } from '../bytes.ts';
import { type CheckpointError, openCheckpoint, type VerifiedCheckpoint } from '../ledger/checkpoint.ts';
import { leafHash } from '../ledger/merkle.ts';
import { openProofFile } from '../ledger/proof-file.ts';
import { type Trust, trustInLog } from '../ledger/trust.ts';
import { err, ok, type Result } from '../result.ts';
import { encodeSnapshotLeaf, type Manifest, manifestId, parseManifest } from './manifest.ts';

export type { Trust } from '../ledger/trust.ts';

declare const verified: unique symbol;

type OpenedSnapshot = {
  readonly manifest: Manifest;
  readonly id: string;
  readonly ledgerCheckpoint: VerifiedCheckpoint;
  readonly snapshotCheckpoint: VerifiedCheckpoint;
  /** Place in the snapshot log; a later snapshot has a higher one. */
  readonly leafIndex: number;
};

/** Only openSnapshot makes one of these. */
export type VerifiedSnapshot = OpenedSnapshot & { readonly [verified]: true };

export type SnapshotError = 'malformed' | 'bad-signature' | 'unknown-key' | 'bad-proof';

/** `proof` is a C2SP tlog-proof of the manifest's leaf in the snapshot log. */
export function openSnapshot(
  manifestBytes: Uint8Array,
  proof: string,
  trust: Trust,
): Result<VerifiedSnapshot, SnapshotError> {
  const ledger = trustInLog(trust.ledgerKey);
  const snapshotLog = trustInLog(trust.snapshotKey);
  if (!ledger.ok) return ledger;
  if (!snapshotLog.ok) return snapshotLog;
  const id = manifestId(manifestBytes);
  const leaf = leafHash(encodeSnapshotLeaf({ kind: 'manifest', id }));
  const inclusion = openProofFile(utf8ToBytes(proof), leaf, snapshotLog.value);
  if (!inclusion.ok) return snapshotError(inclusion.error, inclusion.detail);
  const manifest = parseManifest(manifestBytes);
  if (!manifest.ok) return manifest;
  const ledgerCheckpoint = openCheckpoint(utf8ToBytes(manifest.value.checkpoint), ledger.value);
  if (!ledgerCheckpoint.ok) return snapshotError(ledgerCheckpoint.error, ledgerCheckpoint.detail);
  const opened: OpenedSnapshot = {
    manifest: manifest.value,
    id,
    ledgerCheckpoint: ledgerCheckpoint.value,
    snapshotCheckpoint: inclusion.value.checkpoint,
    leafIndex: inclusion.value.index,
  };
  return ok(opened as VerifiedSnapshot);
}

/** A checkpoint's refusal in the words that screens have. */
export function snapshotError(
  error: CheckpointError | 'bad-proof',
  detail: string,
): Result<never, SnapshotError> {
  switch (error) {
    case 'no-known-key':
    case 'ambiguous-key':
    case 'not-signed-by-log':
    case 'wrong-origin':
    case 'quorum-missed':
      return err('unknown-key', detail);
    default:
      return err(error, detail);
  }
}
