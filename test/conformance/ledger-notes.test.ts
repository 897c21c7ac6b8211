// Signed notes, keys, checkpoints, cosignatures and quorums against the test data of golang/mod, transparency-dev,
// C2SP and sigstore. The sources also use ECDSA, which is not ours: its verifier stands here, to show that openNote
// takes one, and its cases are told apart.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'vitest';
import { bytesToHex, encodeBase64, parseBase64, parseHex, utf8ToBytes } from '../../src/domain/bytes.ts';
import { logId, openCheckpoint, parseCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { parseCosignature } from '../../src/domain/ledger/cosignature.ts';
import {
  isKeyName,
  isNoteText,
  type NoteSignature,
  type NoteVerifier,
  openNote,
  parseNote,
  signNote,
} from '../../src/domain/ledger/note.ts';
import { keyIdOf, parseSignerKey, parseVerifierKey, signerOf } from '../../src/domain/ledger/note-key.ts';
import { meetsQuorum, NO_QUORUM, type Quorum } from '../../src/domain/ledger/quorum.ts';
import { vectorsDir } from '../support/vectors.ts';
import { type Case, casesOf, type Judge, score } from './ledger-score.ts';

type Group = { readonly threshold: number; readonly of: readonly (Group | { readonly witness: string })[] };

type NotesCase = Case & {
  readonly name: string;
  readonly vkeys: readonly string[];
  readonly vkey: string;
  readonly skey: string | null;
  readonly note: string;
  readonly text: string;
  readonly error?: string;
  readonly verified: readonly string[];
  readonly unverified?: readonly string[];
  readonly signatures: readonly { readonly name: string; readonly keyId: string }[];
  readonly existing?: readonly { readonly name: string; readonly keyId: string; readonly base64: string }[];
  readonly keyName?: string;
  readonly keyId?: string;
  readonly alg: number;
  readonly logKey: string;
  readonly origin: string;
  readonly verifiedCount?: number;
  readonly body: string;
  readonly size?: string | number;
  readonly root?: string;
  readonly rest?: string;
  readonly base64: string;
  readonly logId: string;
  readonly op: string;
  readonly record: string;
  readonly recordId: string;
  readonly group: Group;
};

const ERRORS: Readonly<Record<string, string>> = {
  'malformed note': 'malformed',
  'no verifiable signatures': 'no-known-key',
};

const judges: Readonly<Record<string, Judge<NotesCase>>> = {
  note_open: (one) => {
    const keys = one.vkeys.map(verifierKey);
    if (keys.includes(undefined)) return one.ok ? 'a type of key that is not ours' : true;
    const note = openNote(
      utf8ToBytes(one.note),
      keys.filter((key) => key !== undefined),
    );
    if (!note.ok) return !one.ok && (ERRORS[one.error ?? ''] ?? note.error) === note.error;
    const { verified, unverified, text } = note.value;
    const asExpected =
      same(namesOf(verified), one.verified) &&
      same(namesOf(unverified), one.unverified ?? []) &&
      text === (one.text ?? text);
    return one.ok === true && asExpected;
  },
  note_sign: (one) => {
    const signer = one.skey === null ? undefined : parseSignerKey(one.skey);
    const existing = (one.existing ?? []).map(existingSignature);
    if (signer?.ok === false || existing.includes(undefined)) return !one.ok;
    const signers = signer ? [signerOf(signer.value)] : [];
    const note = signNote(
      one.text,
      signers,
      existing.filter((signature) => signature !== undefined),
    );
    return note.ok ? note.value === one.note : !one.ok;
  },
  note_parse: (one) => {
    const note = parseNote(utf8ToBytes(one.note));
    if (!note.ok) return !one.ok;
    const ids = note.value.signatures.map(({ name, keyId }) => ({ name, keyId }));
    return note.value.text === one.text && same(ids, one.signatures);
  },
  vkey: (one) => {
    const key = verifierKey(one.vkey);
    if (!key) return one.ok === false || (one.optional ? 'a type of key that is not ours' : false);
    const asExpected = key.name === (one.keyName ?? key.name) && key.keyId === (one.keyId ?? key.keyId);
    return one.ok === true && asExpected && key.type === one.alg;
  },
  checkpoint_open: (one) => {
    const logKey = verifierKey(one.logKey);
    if (!logKey) return 'a log key of a type that is not ours';
    const others = one.vkeys.filter((vkey) => vkey !== one.logKey).map(verifierKey);
    const witnesses = others.filter((key) => key !== undefined);
    const trust = { origin: one.origin, logKeys: [logKey], witnesses, quorum: NO_QUORUM };
    const opened = openCheckpoint(utf8ToBytes(one.note), trust);
    if (!opened.ok) return !one.ok;
    const { size, root, signatures } = opened.value;
    return (
      one.ok === true &&
      signatures.length === (one.verifiedCount ?? signatures.length) &&
      String(size) === String(one.size ?? size) &&
      encodeBase64(root) === (one.root ?? encodeBase64(root))
    );
  },
  checkpoint_body: (one) => {
    const checkpoint = parseCheckpoint(one.body);
    if (!checkpoint.ok) return !one.ok;
    const { origin, size, root, extension } = checkpoint.value;
    return (
      one.ok === true &&
      same([origin, String(size), encodeBase64(root)], [one.origin, String(one.size), one.root]) &&
      extension === (one.rest ?? extension)
    );
  },
  cosignature_timestamp: (one) => {
    const signature = parseBase64(one.base64);
    const cosignature = signature.ok ? parseCosignature(signature.value.slice(4)) : signature;
    if (!cosignature.ok) return !one.ok;
    const { timeSeconds } = cosignature.value;
    return one.ok === true && Object.values(one).some((value) => Number(value) === timeSeconds);
  },
  key_id: (one) => {
    const keys = Object.values(one).flatMap(publicKeyIn);
    if (keys.length === 0) return 'no Ed25519 key in it';
    const names = [one.keyName, one.origin, one.name].filter((name) => name !== undefined);
    return keys.some((key) => names.some((name) => keyIdOf(name, one.alg === 4 ? 4 : 1, key) === one.keyId));
  },
  log_id: (one) => logId(one.origin) === one.logId,
  // Go's checksum database frames its records so; nothing of ours does. Only the rule for texts is ours.
  gosum_record: (one) => {
    const [, id, text, rest] = /^(0|[1-9]\d{0,18})\n([\s\S]*?\n)\n([\s\S]*)$/.exec(one.record ?? '') ?? [];
    const isText = (body: string) => isNoteText(body) && !/^\n|\n\n/.test(body);
    if (one.op === 'format')
      return isText(one.text) ? `${one.recordId}\n${one.text}\n` === one.record : !one.ok;
    if (id === undefined || text === undefined || !isText(text)) return !one.ok;
    return (
      one.ok === true && same([id, text], [String(one.recordId), one.text]) && rest === (one.rest ?? rest)
    );
  },
  witness_quorum: (one) => {
    const keys = one.vkeys.map(verifierKey).filter((key) => key !== undefined);
    const note = openNote(utf8ToBytes(one.note), keys);
    const cosigned = note.ok ? note.value.verified : [];
    return meetsQuorum(quorumOf(one.group, keys), cosigned) === one.ok;
  },
};

function verifierKey(vkey: string): NoteVerifier | undefined {
  const key = parseVerifierKey(vkey);
  return key.ok ? key.value : ecdsaKey(vkey);
}

/** An Ed25519 public key, bare in hex or base64. */
function publicKeyIn(value: unknown): Uint8Array[] {
  if (typeof value !== 'string') return [];
  const bytes = /^[0-9a-f]{64}$/.test(value) ? parseHex(value, 32) : parseBase64(value);
  return bytes.ok && bytes.value.length === 32 ? [bytes.value] : [];
}

/** Signed-note type 0x02: the id is that of the SPKI alone. */
function ecdsaKey(vkey: string): NoteVerifier | undefined {
  const [, name, keyId, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const bytes = parseBase64(base64 ?? '');
  if (!isKeyName(name) || keyId === undefined || !bytes.ok || bytes.value[0] !== 0x02) return undefined;
  const spki = Buffer.from(bytes.value.slice(1));
  if (createHash('sha256').update(spki).digest('hex').slice(0, 8) !== keyId) return undefined;
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return { name, keyId, type: 0x02, verify: (text, signature) => verify('sha256', text, key, signature) };
  } catch {
    return undefined; // Not an SPKI: node says so by throwing.
  }
}

function existingSignature(line: { name: string; keyId: string; base64: string }): NoteSignature | undefined {
  const raw = parseBase64(line.base64);
  const isWhole = raw.ok && isKeyName(line.name) && bytesToHex(raw.value.slice(0, 4)) === line.keyId;
  return isWhole ? { name: line.name, keyId: line.keyId, signature: raw.value.slice(4) } : undefined;
}

function quorumOf(group: Group, keys: readonly NoteVerifier[]): Quorum {
  const members = group.of.map((member): Quorum => {
    if (!('witness' in member)) return quorumOf(member, keys);
    const key = keys.find((one) => one.name === member.witness);
    if (!key) throw new Error(`${member.witness} has no key`);
    return { kind: 'witness', key };
  });
  return { kind: 'group', threshold: group.threshold, members };
}

function namesOf(signatures: readonly NoteSignature[]): string[] {
  return signatures.map((signature) => signature.name);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const folder = vectorsDir('tlog-notes');

describe.skipIf(!folder)('tlog-notes', () => {
  const cases = folder ? casesOf<NotesCase>(folder, 'cases.jsonl') : [];
  const usesEcdsa = (one: NotesCase) =>
    [...(one.vkeys ?? []), one.vkey ?? ''].some((vkey) => ecdsaKey(vkey) !== undefined);

  test.each(Object.entries(judges))('%s', (suite, judge) => {
    score(
      `tlog-notes/${suite}`,
      cases.filter((one) => one.suite === suite && !usesEcdsa(one)),
      judge,
    );
    const ecdsa = cases.filter((one) => one.suite === suite && usesEcdsa(one));
    if (ecdsa.length > 0) score(`tlog-notes/${suite}, ECDSA by the test's own verifier`, ecdsa, judge);
  });

  test('every suite is read', () => {
    const unread = cases.filter((one) => !(one.suite in judges));
    score('tlog-notes, other suites', unread, () => false);
  });
});
