// The auditor's word (domain/ledger/cosignature.ts says what it states). It has a witness's memory, so that it never
// vouches for two histories of one log, and answers as a witness does: a log asks it like any other, and gets its
// cosignature once the snapshots have been rebuilt.
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, equalBytes, utf8ToBytes } from '../../domain/bytes.ts';
import { encodeCheckpoint, openCheckpoint, type VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { AUDITOR_SUFFIX, isAuditor } from '../../domain/ledger/cosignature.ts';
import { checkConsistency } from '../../domain/ledger/merkle.ts';
import { encodeNote, isSameKey, parseNote, signatureLine } from '../../domain/ledger/note.ts';
import { cosignerOf, encodeVerifierKey, type VerifierKey, verifierOf } from '../../domain/ledger/note-key.ts';
import { type Policy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { parseAddCheckpoint } from '../witness/add-checkpoint.ts';
import { originId, type Witness, type WitnessAnswer } from '../witness/witness.ts';
import { openWitnessFolder } from '../witness/witness-folder.ts';
import type { Witnessed } from '../witness/witness-store.ts';

export type Cosigner = {
  readonly vkey: string;
  /** The signed note that a log asks to have cosigned, until that or a later one is: the next to be audited. */
  wanted(): string | undefined;
  /** Resolves when a log asks for something new. */
  asked(): Promise<void>;
  /** The size that it attested last; 0: none. */
  attested(origin: string): number;
  /** To be called for what was audited alone. `proof` leads there from what was cosigned last. */
  cosign(audited: VerifiedCheckpoint, proof: readonly Uint8Array[]): { readonly line: string };
  witness: Witness;
  close(): void;
};

/** `name` goes before the suffix and names the key at its making. Throws LedgerRefusal. */
export function openCosigner(
  folder: string,
  name: string | undefined,
  policy: Policy,
  clock: () => number,
): Cosigner {
  const isNew = !existsSync(join(folder, 'witness.key'));
  const invented = isNew ? `${bytesToHex(randomBytes(4))}.auditor.packtrail.invalid` : undefined;
  const host = name ?? invented;
  const { key, store, close } = openWitnessFolder(folder, host && host + AUDITOR_SUFFIX);
  if (!isAuditor(key)) {
    close();
    throw new LedgerRefusal('damaged', `${folder} is a witness's: its key states less than an auditor's.`);
  }
  const verifier = verifierOf(key);
  let wanted: VerifiedCheckpoint | undefined;
  let tellAsked = () => {};
  let asking = new Promise<void>((resolve) => {
    tellAsked = resolve;
  });

  function want(checkpoint: VerifiedCheckpoint): void {
    const isNew = wanted?.size !== checkpoint.size;
    wanted = checkpoint;
    if (!isNew) return;
    tellAsked();
    asking = new Promise((resolve) => {
      tellAsked = resolve;
    });
  }

  function cosign(audited: VerifiedCheckpoint, proof: readonly Uint8Array[]): { line: string } {
    const text = encodeCheckpoint(audited);
    const { sign } = cosignerOf(key, Math.floor(clock() / 1000));
    const made = { name: key.name, keyId: key.keyId, signature: sign(utf8ToBytes(text)) };
    const note = encodeNote({ text, signatures: [...audited.signatures, made] });
    const line = signatureLine(made);
    store.update(audited.origin, (last) => {
      if (last && !grew(last, audited, proof))
        throw new LedgerRefusal('forked', `${audited.origin} did not grow from what was cosigned before.`);
      return { next: { size: audited.size, root: audited.root, note }, result: undefined };
    });
    writeWhole(join(folder, 'cosignature'), line);
    if (wanted && wanted.size <= audited.size) wanted = undefined;
    return { line };
  }

  return {
    vkey: encodeVerifierKey(verifier),
    wanted: () => wanted?.note,
    asked: () => asking,
    attested: (origin) => store.last(origin)?.size ?? 0,
    cosign,
    witness: {
      addCheckpoint: (body) => answer(body, policy, verifier, (origin) => store.last(origin), want),
      checkpoint(id) {
        const origin = policy.logs.map(({ key: log }) => log.name).find((one) => originId(one) === id);
        return origin === undefined ? undefined : store.last(origin)?.note;
      },
    },
    close,
  };
}

function grew(last: Witnessed, next: VerifiedCheckpoint, proof: readonly Uint8Array[]): boolean {
  if (last.size === 0) return true;
  const claim = { oldSize: last.size, oldRoot: last.root, newSize: next.size, newRoot: next.root };
  return checkConsistency({ ...claim, proof }).ok;
}

/** C2SP tlog-witness, for what has been audited already; for anything else the log is asked to come back. */
function answer(
  body: Uint8Array,
  policy: Policy,
  verifier: VerifierKey,
  lastOf: (origin: string) => Witnessed | undefined,
  want: (checkpoint: VerifiedCheckpoint) => void,
): WitnessAnswer {
  const request = parseAddCheckpoint(body);
  if (!request.ok) return { status: 400, words: `malformed request: ${request.detail}` };
  const trust = trustUnderPolicy(policy, request.value.claimed.origin);
  if (!trust.ok) return { status: 404, words: 'unknown log' };
  const opened = openCheckpoint(request.value.note, trust.value);
  if (!opened.ok) return { status: 403, words: `invalid signature: ${opened.error}` };
  const { origin, size, root } = opened.value;
  const last = lastOf(origin);
  const held = last?.size ?? 0;
  if (request.value.oldSize > size) return { status: 400, words: 'the old size is above the checkpoint’s' };
  if (request.value.oldSize !== held) return { status: 409, size: held };
  if (!last || size > last.size) {
    want(opened.value);
    return { status: 202, words: 'not rebuilt yet: ask again' };
  }
  if (!equalBytes(root, last.root))
    return { status: 422, words: 'fork: another root was cosigned for this size' };
  const note = parseNote(utf8ToBytes(last.note));
  const own = note.ok && note.value.signatures.find((line) => isSameKey(line, verifier));
  return own
    ? { status: 200, lines: signatureLine(own), size }
    : { status: 202, words: 'not rebuilt yet: ask again' };
}

/** Whoever collects it never sees a half. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
