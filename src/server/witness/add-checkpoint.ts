// C2SP tlog-witness, the body of add-checkpoint: the size that the client believes the witness last cosigned, a
// consistency proof from there, and the checkpoint to cosign. Everything in it is a stranger's until checked.
import { concatBytes, encodeBase64, parseBase64, parseUtf8, utf8ToBytes } from '../../domain/bytes.ts';
import { type Checkpoint, parseCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { HASH_BYTES, isTreeSize } from '../../domain/ledger/merkle.ts';
import { NOTE_BYTES_MAX, type Note, parseNote } from '../../domain/ledger/note.ts';
import { assert, err, ok, type Result } from '../../domain/result.ts';

/** As specified. */
export const PROOF_LINES_MAX = 63;
/** `old`, 16 digits and a newline; 63 hashes of 45 characters; an empty line; the note. */
export const ADD_CHECKPOINT_BYTES_MAX = 21 + PROOF_LINES_MAX * 45 + 1 + NOTE_BYTES_MAX;

export const SIZE_CONTENT_TYPE = 'text/x.tlog.size';

export type AddCheckpoint = {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly note: Uint8Array;
  /** What the note says; no signature has been looked at. */
  readonly claimed: Checkpoint;
};

/** The form alone. */
export function parseAddCheckpoint(body: Uint8Array): Result<AddCheckpoint, 'malformed'> {
  if (body.length > ADD_CHECKPOINT_BYTES_MAX) return err('malformed', `a body of ${body.length} bytes`);
  const split = body.findIndex((byte, at) => byte === 0x0a && body[at + 1] === 0x0a);
  if (split < 0) return err('malformed', 'no empty line before the checkpoint');
  const [oldLine = '', ...hashLines] = Buffer.from(body.subarray(0, split)).toString('latin1').split('\n');
  const oldSize = parseSize(/^old (.*)$/.exec(oldLine)?.[1] ?? '');
  if (oldSize === undefined) return err('malformed', 'the first line is not an old size');
  if (hashLines.length > PROOF_LINES_MAX) return err('malformed', `${hashLines.length} proof lines`);
  const proof: Uint8Array[] = [];
  for (const line of hashLines) {
    const hash = parseBase64(line);
    if (!hash.ok || hash.value.length !== HASH_BYTES) return err('malformed', 'a proof line is not a hash');
    proof.push(hash.value);
  }
  const note = body.slice(split + 2);
  const parsed = parseNoteForm(note);
  if (!parsed.ok) return parsed;
  const claimed = parseCheckpoint(parsed.value.text);
  if (!claimed.ok) return claimed;
  if (claimed.value.root.length !== HASH_BYTES) return err('malformed', 'the root is not a SHA-256 hash');
  return ok({ oldSize, proof, note, claimed: claimed.value });
}

// Base64 with stray bits, which some decoders take: such a signature does not hold, but the body has its form, and the
// answer to that is another.
function parseNoteForm(bytes: Uint8Array): Result<Note, 'malformed'> {
  const strict = parseNote(bytes);
  const text = strict.ok ? undefined : parseUtf8(bytes);
  if (!text?.ok) return strict;
  const split = text.value.lastIndexOf('\n\n') + 1;
  const respelled = text.value.slice(split).replace(/[^ \n]+$/gm, (base64) => {
    const canonical = Buffer.from(base64, 'base64').toString('base64');
    return canonical.length === base64.length ? canonical : base64;
  });
  return parseNote(utf8ToBytes(text.value.slice(0, split) + respelled));
}

export function encodeAddCheckpoint(
  oldSize: number,
  proof: readonly Uint8Array[],
  note: Uint8Array,
): Uint8Array {
  assert(isTreeSize(oldSize) && proof.length <= PROOF_LINES_MAX, 'an old size and at most 63 hashes');
  const lines = [`old ${oldSize}`, ...proof.map(encodeBase64), '', ''];
  return concatBytes(utf8ToBytes(lines.join('\n')), note);
}

/** A decimal without leading zeros, below 2^53. */
export function parseSize(digits: string): number | undefined {
  const size = /^(?:0|[1-9]\d{0,15})$/.test(digits) ? Number(digits) : Number.NaN;
  return isTreeSize(size) ? size : undefined;
}
