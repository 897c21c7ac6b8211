// Asks a policy's witnesses for their cosignatures, all at once. A witness that is down, slow or wrong costs the log
// nothing but that cosignature: every way in which one can fail is an answer here, never an exception.
import { utf8ToBytes } from '../../domain/bytes.ts';
import {
  type CheckpointTrust,
  openCheckpoint,
  parseCheckpoint,
  type VerifiedCheckpoint,
} from '../../domain/ledger/checkpoint.ts';
import {
  isSameKey,
  NOTE_BYTES_MAX,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
} from '../../domain/ledger/note.ts';
import type { VerifierKey } from '../../domain/ledger/note-key.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { assert } from '../../domain/result.ts';
import { encodeAddCheckpoint, PROOF_LINES_MAX, parseSize } from './add-checkpoint.ts';
import { originId } from './witness.ts';

/**
 * - `no-url`: the policy does not say where it is. `unreachable`: no answer in time, or not HTTP.
 * - `refused`: 400, 403, 404 or 422, in `detail`. 422 to an honest log means that the witness has seen another history.
 * - `ahead`: it has cosigned a larger checkpoint of this log than we hold. `moving`: its size changed at every try.
 * - `not-yet`: it knows of the checkpoint and needs time to look into it.
 * - `bad-answer`: what came back holds no valid cosignature by its key.
 */
export type WitnessFailure =
  | 'no-url'
  | 'unreachable'
  | 'refused'
  | 'ahead'
  | 'moving'
  | 'not-yet'
  | 'bad-answer';

export type WitnessReport = { readonly witness: VerifierKey } & (
  | { readonly kind: 'cosigned'; readonly cosignature: NoteSignature }
  | { readonly kind: 'failed'; readonly why: WitnessFailure; readonly detail: string }
);

export type Collected = {
  /** Verified, one for each witness that answered, in the policy's order. */
  readonly cosignatures: readonly NoteSignature[];
  readonly reports: readonly WitnessReport[];
};

export type CollectOptions = {
  /** Signed by the log. */
  readonly checkpointNote: string;
  readonly policy: Policy;
  /** The size that this witness is thought to have cosigned last; 0 where nothing is known. */
  readonly oldSizeOf: (witness: VerifierKey) => number;
  /** RFC 6962 s2.1.2, empty from 0 and between equal sizes. */
  readonly proofFor: (
    oldSize: number,
    size: number,
  ) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** For each witness, retries included. */
  readonly timeoutMs: number;
};

/** A first try and one for each time that the size turns out to be another. */
const TRIES_MAX = 3;
const ANSWER_BYTES_MAX = NOTE_BYTES_MAX;

export async function collectCosignatures(options: CollectOptions): Promise<Collected> {
  const note = parseNote(utf8ToBytes(options.checkpointNote));
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  assert(note.ok && checkpoint.ok, 'the log gives its own checkpoint');
  const { text } = note.value;
  const { size } = checkpoint.value;
  const reports = await Promise.all(
    options.policy.witnesses.map(async ({ key, url }): Promise<WitnessReport> => {
      if (url === undefined) return { witness: key, kind: 'failed', why: 'no-url', detail: key.name };
      const outcome = await askWitness(url, key, text, size, options);
      return 'why' in outcome
        ? { witness: key, kind: 'failed', ...outcome }
        : { witness: key, kind: 'cosigned', cosignature: outcome };
    }),
  );
  const cosignatures = reports.flatMap((report) => (report.kind === 'cosigned' ? [report.cosignature] : []));
  return { cosignatures, reports };
}

type Failure = { readonly why: WitnessFailure; readonly detail: string };

async function askWitness(
  url: string,
  key: VerifierKey,
  text: string,
  size: number,
  { checkpointNote, oldSizeOf, proofFor, timeoutMs }: CollectOptions,
): Promise<NoteSignature | Failure> {
  const signal = AbortSignal.timeout(timeoutMs);
  const note = utf8ToBytes(checkpointNote);
  try {
    let oldSize = Math.min(oldSizeOf(key), size);
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      const proof = await proofFor(oldSize, size);
      assert(proof.length <= PROOF_LINES_MAX, 'a consistency proof has at most 63 hashes');
      const answer = await request(`${withoutSlash(url)}/add-checkpoint`, signal, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: encodeAddCheckpoint(oldSize, proof, note),
      });
      if (answer.status === 200) return findCosignature(answer.text, text, key);
      if (answer.status === 202) return { why: 'not-yet', detail: answer.text.slice(0, 100) };
      if (answer.status !== 409)
        return { why: answer.status >= 500 ? 'unreachable' : 'refused', detail: `status ${answer.status}` };
      const held = parseSize(answer.text.replace(/\n$/, ''));
      if (held === undefined) return { why: 'bad-answer', detail: 'a conflict without a size' };
      if (held > size) return { why: 'ahead', detail: `cosigned ${held}, we hold ${size}` };
      oldSize = held;
    }
    return { why: 'moving', detail: `${TRIES_MAX} tries` };
  } catch (error) {
    return { why: 'unreachable', detail: reasonOf(error) };
  }
}

/** Only the line by the key that we asked, and only if it verifies over what we sent. */
function findCosignature(lines: string, text: string, key: VerifierKey): NoteSignature | Failure {
  const parsed = parseSignatureLines(lines);
  if (!parsed.ok) return { why: 'bad-answer', detail: parsed.detail };
  const signed = utf8ToBytes(text);
  const found = parsed.value.find((line) => isSameKey(line, key) && key.verify(signed, line.signature));
  return found ?? { why: 'bad-answer', detail: 'no valid cosignature by its key' };
}

/** What a witness cosigned last; `nothing`: it has never cosigned this log. */
export type LastWitnessed = { readonly witness: VerifierKey } & (
  | { readonly kind: 'checkpoint'; readonly checkpoint: VerifiedCheckpoint }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly why: WitnessFailure; readonly detail: string }
);

/**
 * What the witnesses remember of a log, so that a log which forgot (a restored backup) can tell. Each checkpoint is
 * signed by the log itself: a witness cannot make one up.
 */
export async function fetchLastWitnessed(
  policy: Policy,
  trust: CheckpointTrust,
  timeoutMs: number,
): Promise<readonly LastWitnessed[]> {
  return Promise.all(
    policy.witnesses.map(async ({ key, url }): Promise<LastWitnessed> => {
      const failed = (why: WitnessFailure, detail: string) =>
        ({ witness: key, kind: 'failed', why, detail }) as const;
      if (url === undefined) return failed('no-url', key.name);
      try {
        const path = `${withoutSlash(url)}/${originId(trust.origin)}/checkpoint`;
        const answer = await request(path, AbortSignal.timeout(timeoutMs), {});
        if (answer.status === 404) return { witness: key, kind: 'nothing' };
        if (answer.status !== 200) return failed('refused', `status ${answer.status}`);
        const opened = openCheckpoint(utf8ToBytes(answer.text), trust);
        return opened.ok
          ? { witness: key, kind: 'checkpoint', checkpoint: opened.value }
          : failed('bad-answer', opened.error);
      } catch (error) {
        return failed('unreachable', reasonOf(error));
      }
    }),
  );
}

async function request(
  url: string,
  signal: AbortSignal,
  init: RequestInit,
): Promise<{ status: number; text: string }> {
  // A redirect would let whoever answers send our requests elsewhere.
  const response = await fetch(url, { ...init, signal, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return { status: response.status, text: Buffer.concat(chunks).toString('utf8') };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined;
  return typeof code === 'string' ? code : error.message;
}
