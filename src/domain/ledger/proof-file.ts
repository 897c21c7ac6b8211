// C2SP tlog-proof: one file that shows, without a network, that an entry is in the log - its index, the path to the
// root, and the signed checkpoint with its cosignatures. An inspector keeps it; anyone can check it.
import { encodeBase64, parseBase64, parseUtf8, utf8ToBytes } from '../bytes.ts';
import { assert, err, ok, type Result } from '../result.ts';
import {
  type CheckpointError,
  type CheckpointTrust,
  openCheckpoint,
  type VerifiedCheckpoint,
} from './checkpoint.ts';
import { checkInclusion, HASH_BYTES, isTreeSize } from './merkle.ts';
import { NOTE_BYTES_MAX, parseNote } from './note.ts';

/** Above the checkpoint: 53 hashes of 45 characters at most, and as extra data an entry of 65,535 bytes in base64. */
export const PROOF_FILE_BYTES_MAX = NOTE_BYTES_MAX + 98_304;

/** A path in a tree below 2^53 leaves. */
const PATH_HASHES_MAX = 53;

const HEADER = 'c2sp.org/tlog-proof@v1';

export type ProofFile = {
  /** Opaque and authenticated by nothing: a hint at most. */
  readonly extra: Uint8Array | undefined;
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
};

declare const verified: unique symbol;

type Inclusion = {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly checkpoint: VerifiedCheckpoint;
};

/** Only `openProofFile` makes one. */
export type VerifiedInclusion = Inclusion & { readonly [verified]: true };

/** Whether this very entry is in a log that the caller trusts. */
export function openProofFile(
  bytes: Uint8Array,
  leafHash: Uint8Array,
  trust: CheckpointTrust,
): Result<VerifiedInclusion, CheckpointError | 'bad-proof'> {
  const file = parseProofFile(bytes);
  if (!file.ok) return file;
  const { index, proof } = file.value;
  const checkpoint = openCheckpoint(utf8ToBytes(file.value.checkpoint), trust);
  if (!checkpoint.ok) return checkpoint;
  const { size: treeSize, root } = checkpoint.value;
  const included = checkInclusion({ leafIndex: index, treeSize, leafHash, root, proof });
  if (!included.ok) return included;
  const inclusion: Inclusion = { leafHash, index, checkpoint: checkpoint.value };
  return ok(inclusion as VerifiedInclusion);
}

/** The form alone: nothing in the result has been verified. */
export function parseProofFile(bytes: Uint8Array): Result<ProofFile, 'malformed'> {
  if (bytes.length > PROOF_FILE_BYTES_MAX) return err('malformed', `a proof of ${bytes.length} bytes`);
  const text = parseUtf8(bytes);
  if (!text.ok) return text;
  const split = text.value.indexOf('\n\n');
  const lines = text.value.slice(0, Math.max(0, split)).split('\n');
  const checkpoint = text.value.slice(split + 2);
  if (lines.shift() !== HEADER || split < 0) return err('malformed', 'not a tlog-proof');
  if (!parseNote(utf8ToBytes(checkpoint)).ok) return err('malformed', 'no signed checkpoint');
  const extra = lines[0]?.startsWith('extra ')
    ? parseBase64((lines.shift() as string).slice(6))
    : ok(undefined);
  if (!extra.ok) return extra;
  const index = parseIndex(lines.shift() ?? '');
  if (!index.ok) return index;
  const proof = parseHashes(lines);
  return proof.ok ? ok({ extra: extra.value, index: index.value, proof: proof.value, checkpoint }) : proof;
}

export function encodeProofFile({ extra, index, proof, checkpoint }: ProofFile): string {
  assert(isTreeSize(index) && proof.length <= PATH_HASHES_MAX, 'a path in a tree below 2^53 leaves');
  const lines = [HEADER];
  if (extra) lines.push(`extra ${encodeBase64(extra)}`);
  lines.push(`index ${index}`, ...proof.map(encodeBase64));
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

function parseIndex(line: string): Result<number, 'malformed'> {
  const digits = /^index (0|[1-9]\d{0,15})$/.exec(line)?.[1];
  const index = Number(digits);
  return isTreeSize(index) ? ok(index) : err('malformed', 'not an index');
}

function parseHashes(lines: readonly string[]): Result<readonly Uint8Array[], 'malformed'> {
  if (lines.length > PATH_HASHES_MAX) return err('malformed', `a path of ${lines.length} hashes`);
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = parseBase64(line);
    if (!hash.ok || hash.value.length !== HASH_BYTES) return err('malformed', 'not a hash');
    hashes.push(hash.value);
  }
  return ok(hashes);
}
