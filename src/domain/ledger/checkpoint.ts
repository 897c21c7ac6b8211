// C2SP tlog-checkpoint: the log's signed size and root. `openCheckpoint` is the only door to a VerifiedCheckpoint,
// and proofs are checked against nothing else.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, encodeBase64, equalBytes, parseBase64, utf8ToBytes } from '../bytes.ts';
import { assert, err, ok, type Result } from '../result.ts';
import { parseCosignature } from './cosignature.ts';
import { EMPTY_ROOT, isTreeSize } from './merkle.ts';
import {
  encodeNote,
  isNoteText,
  isSameKey,
  type KeyName,
  type NoteError,
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  signNote,
} from './note.ts';
import { COSIGNATURE_KEY } from './note-key.ts';
import { meetsQuorum, type Quorum } from './quorum.ts';

export type Checkpoint = {
  readonly origin: string;
  /** Leaves, a safe integer. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Lines after the third as they stand; empty in ours, since no monitor can audit them. */
  readonly extension: string;
};

/** A cosigner's word that this is the largest checkpoint it had seen at that time (its clock), grown from all before. */
export type DatedCosigner = KeyName & { readonly timeSeconds: number };

declare const verified: unique symbol;

type OpenedCheckpoint = Checkpoint & {
  /** The signed note with its verified signatures: what to keep, to pass on, and to show as evidence. */
  readonly note: string;
  readonly signatures: readonly NoteSignature[];
  readonly cosigners: readonly DatedCosigner[];
};

/** Only `openCheckpoint` makes one. */
export type VerifiedCheckpoint = OpenedCheckpoint & { readonly [verified]: true };

/** Whom to believe about one log. A log key may be of either type; a mirror's checkpoints carry its cosignature only. */
export type CheckpointTrust = {
  readonly origin: string;
  readonly logKeys: readonly NoteVerifier[];
  readonly witnesses: readonly NoteVerifier[];
  readonly quorum: Quorum;
};

export type CheckpointError = NoteError | 'not-signed-by-log' | 'wrong-origin' | 'quorum-missed';

export function openCheckpoint(
  bytes: Uint8Array,
  trust: CheckpointTrust,
): Result<VerifiedCheckpoint, CheckpointError> {
  const isLogKey = (key: KeyName) => trust.logKeys.some((logKey) => isSameKey(logKey, key));
  const known = [...trust.logKeys, ...trust.witnesses.filter((witness) => !isLogKey(witness))];
  const signed = openNote(bytes, known);
  if (!signed.ok) return signed;
  const { text, verified: signatures } = signed.value;
  if (!signatures.some(isLogKey)) return err('not-signed-by-log');
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) return checkpoint;
  const { origin, size, root } = checkpoint.value;
  if (origin !== trust.origin) return err('wrong-origin', origin);
  if (size === 0 && !equalBytes(root, EMPTY_ROOT)) return err('malformed', 'no leaves, yet a root');
  const cosigners = signatures.flatMap((signature) => datedCosigner(signature, known));
  if (!meetsQuorum(trust.quorum, cosigners)) return err('quorum-missed');
  const note = encodeNote({ text, signatures });
  const opened: OpenedCheckpoint = { ...checkpoint.value, note, signatures, cosigners };
  return ok(opened as VerifiedCheckpoint);
}

function datedCosigner(verified: NoteSignature, known: readonly NoteVerifier[]): readonly DatedCosigner[] {
  const isCosigner = known.some((key) => key.type === COSIGNATURE_KEY && isSameKey(key, verified));
  const cosignature = parseCosignature(verified.signature);
  if (!isCosigner || !cosignature.ok) return [];
  return [{ name: verified.name, keyId: verified.keyId, timeSeconds: cosignature.value.timeSeconds }];
}

const CHECKPOINT = /^([^\n]+)\n(0|[1-9]\d*)\n([^\n]+)\n([\s\S]*)$/;

/** The text under the signatures; nothing in the result has been verified. Roots of any length pass, as specified. */
export function parseCheckpoint(text: string): Result<Checkpoint, 'malformed'> {
  const [, origin, digits, base64, extension] = CHECKPOINT.exec(text) ?? [];
  if (origin === undefined || digits === undefined || base64 === undefined || extension === undefined)
    return err('malformed', 'not origin, size and root');
  if (!isNoteText(`${text}\n`)) return err('malformed', 'a control character');
  if (/^\n|\n\n/.test(extension)) return err('malformed', 'an empty extension line');
  const size = Number(digits);
  if (!isTreeSize(size)) return err('malformed', 'the size passes 2^53');
  const root = parseBase64(base64);
  return root.ok ? ok({ origin, size, root: root.value, extension }) : root;
}

export function encodeCheckpoint({ origin, size, root, extension }: Checkpoint): string {
  const text = `${origin}\n${size}\n${encodeBase64(root)}\n${extension}`;
  assert(isTreeSize(size) && parseCheckpoint(text).ok, `${origin} at ${size} is a checkpoint`);
  return text;
}

/** For a log (its own signature) and for a witness or an auditor (theirs beside it). */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  const note = signNote(encodeCheckpoint(checkpoint), signers);
  assert(note.ok, 'a checkpoint has a signer');
  return note.value;
}

/** SHA-256 of `o:` and the origin, in hex: a name for the log that is safe in file names and keys. */
export function logId(origin: string): string {
  return bytesToHex(sha256(utf8ToBytes(`o:${origin}`)));
}
