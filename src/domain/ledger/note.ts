// C2SP signed-note: a text and the signatures under it. Opening takes the keys that the caller trusts; what any other
// key says is carried along but never believed. The algorithms stand in note-key.ts.
import {
  bytesToHex,
  concatBytes,
  encodeBase64,
  parseBase64,
  parseHex,
  parseUtf8,
  utf8ToBytes,
} from '../bytes.ts';
import { assert, err, ok, type Result } from '../result.ts';

/** The specification asks for at least 16; one for each witness of a large network. */
export const NOTE_SIGNATURES_MAX = 100;

/** 16 post-quantum signatures, which must be accepted even if unknown, are about 7 kB of base64 each. */
export const NOTE_BYTES_MAX = 131_072;

/** `keyId` is 8 lower-case hex digits; with the name it says which key signed, and says nothing about whether. */
export type NoteSignature = {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
};

/** `text` ends in a newline. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

export type NoteVerifier = {
  readonly name: string;
  readonly keyId: string;
  /** The byte that C2SP assigns to its kind of signature. */
  readonly type: number;
  verify(text: Uint8Array, signature: Uint8Array): boolean;
};

export type NoteSigner = {
  readonly name: string;
  readonly keyId: string;
  sign(text: Uint8Array): Uint8Array;
};

declare const verified: unique symbol;

type OpenedNote = {
  readonly text: string;
  readonly verified: readonly NoteSignature[];
  readonly unverified: readonly NoteSignature[];
};

/** Only `openNote` makes one: each of `verified` is by a different known key, and there is at least one. */
export type VerifiedNote = OpenedNote & { readonly [verified]: true };

/** `ambiguous-key`: two of the known keys share name and id, so a signature cannot be told to be by one of them. */
export type NoteError = 'malformed' | 'bad-signature' | 'no-known-key' | 'ambiguous-key';

/** Ignores unknown keys; refuses the whole note when a signature by a known key does not hold. */
export function openNote(bytes: Uint8Array, known: readonly NoteVerifier[]): Result<VerifiedNote, NoteError> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const { text, signatures } = note.value;
  const signed = utf8ToBytes(text);
  const byKnown = new Map<string, NoteSignature>();
  const unverified: NoteSignature[] = [];
  for (const signature of dropRepeats(signatures)) {
    const [verifier, ...others] = known.filter((key) => isSameKey(key, signature));
    if (others.length > 0) return err('ambiguous-key', signature.name);
    if (!verifier) unverified.push(signature);
    else if (!verifier.verify(signed, signature.signature)) return err('bad-signature', signature.name);
    else if (!byKnown.has(keyRef(signature))) byKnown.set(keyRef(signature), signature);
  }
  if (byKnown.size === 0) return err('no-known-key');
  const opened: OpenedNote = { text, verified: [...byKnown.values()], unverified };
  return ok(opened as VerifiedNote);
}

/** Ids of the keys of this name that a note says it is signed by, sorted: nothing has been verified. */
export function signerIdsOf(note: Uint8Array, name: string): readonly string[] {
  const parsed = parseNote(note);
  const lines = parsed.ok ? parsed.value.signatures : [];
  return [...new Set(lines.filter((line) => line.name === name).map(({ keyId }) => keyId))].sort();
}

/** Two keys are the same to a note when both name and id agree. */
export function isSameKey(a: KeyName, b: KeyName): boolean {
  return a.name === b.name && a.keyId === b.keyId;
}

export type KeyName = { readonly name: string; readonly keyId: string };

function keyRef({ name, keyId }: KeyName): string {
  return `${name}+${keyId}`;
}

function dropRepeats(signatures: readonly NoteSignature[]): NoteSignature[] {
  return [...new Map(signatures.map((signature) => [signatureLine(signature), signature])).values()];
}

/** The form alone: nothing in the result has been verified. */
export function parseNote(bytes: Uint8Array): Result<Note, 'malformed'> {
  if (bytes.length > NOTE_BYTES_MAX) return err('malformed', `a note of ${bytes.length} bytes`);
  const decoded = parseUtf8(bytes);
  if (!decoded.ok) return decoded;
  // The text may hold empty lines itself; the last one is where the signatures begin.
  const split = decoded.value.lastIndexOf('\n\n');
  const text = decoded.value.slice(0, split + 1);
  if (split < 0 || !isNoteText(text)) return err('malformed', 'no text before the signatures');
  const signatures = parseSignatureLines(decoded.value.slice(split + 2));
  return signatures.ok ? ok({ text, signatures: signatures.value }) : signatures;
}

/** One or more signature lines, as at the end of a note and as a witness answers them. */
export function parseSignatureLines(text: string): Result<readonly NoteSignature[], 'malformed'> {
  if (text.length > NOTE_BYTES_MAX) return err('malformed', `${text.length} characters of signatures`);
  const lines = text.split('\n');
  if (lines.pop() !== '') return err('malformed', 'the last line does not end');
  if (lines.length === 0 || lines.length > NOTE_SIGNATURES_MAX)
    return err('malformed', `${lines.length} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [dash, name, base64, ...rest] = line.split(' ');
    const raw = parseBase64(base64 ?? '');
    const isLine = dash === '\u2014' && isKeyName(name) && rest.length === 0;
    if (!isLine || !raw.ok || raw.value.length < 5) return err('malformed', 'not a signature line');
    signatures.push({ name, keyId: bytesToHex(raw.value.subarray(0, 4)), signature: raw.value.slice(4) });
  }
  return ok(signatures);
}

export function encodeNote({ text, signatures }: Note): string {
  assert(isNoteText(text) && signatures.length > 0, 'a note has a text and a signature');
  return `${text}\n${signatures.map(signatureLine).join('')}`;
}

export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = parseHex(keyId, 4);
  assert(isKeyName(name) && id.ok, `${name}+${keyId} names a key`);
  return `\u2014 ${name} ${encodeBase64(concatBytes(id.value, signature))}\n`;
}

/** Signs a text; signatures that it already has are kept first, except those that a signer makes anew. */
export function signNote(
  text: string,
  signers: readonly NoteSigner[],
  existing: readonly NoteSignature[] = [],
): Result<string, 'malformed'> {
  if (!isNoteText(text)) return err('malformed', 'not the text of a note');
  const kept = existing.filter((signature) => !signers.some((signer) => isSameKey(signer, signature)));
  const message = utf8ToBytes(text);
  const made = signers.map((signer) => ({
    name: signer.name,
    keyId: signer.keyId,
    signature: signer.sign(message),
  }));
  const signatures = [...kept, ...made];
  if (signatures.length === 0 || signatures.length > NOTE_SIGNATURES_MAX)
    return err('malformed', `${signatures.length} signatures`);
  return ok(encodeNote({ text, signatures }));
}

/** Ends in a newline, holds no other control character, and no half of a surrogate pair (it has no UTF-8). */
export function isNoteText(text: string): boolean {
  return text.endsWith('\n') && !/[\x00-\x09\x0b-\x1f]/.test(text) && !/\p{Surrogate}/u.test(text);
}

/** Non-empty, without Unicode spaces and without plus signs. */
export function isKeyName(name: unknown): name is string {
  return (
    typeof name === 'string' && /^[^\p{White_Space}+\x00-\x1f]+$/u.test(name) && !/\p{Surrogate}/u.test(name)
  );
}
