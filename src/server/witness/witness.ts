// C2SP tlog-witness without its HTTP: cosigns a log's checkpoint only if the log grew to it from the last one that was
// cosigned, and remembers it before anyone sees the cosignature. A witness that forgot, or took two requests at once,
// would vouch for two histories of one log.
import { createHash } from 'node:crypto';
import { equalBytes, utf8ToBytes } from '../../domain/bytes.ts';
import {
  type Checkpoint,
  type CheckpointTrust,
  encodeCheckpoint,
  openCheckpoint,
  type VerifiedCheckpoint,
} from '../../domain/ledger/checkpoint.ts';
import { checkConsistency, EMPTY_ROOT } from '../../domain/ledger/merkle.ts';
import { encodeNote, type NoteSignature, signatureLine } from '../../domain/ledger/note.ts';
import { cosignerOf, type SignerKey } from '../../domain/ledger/note-key.ts';
import { type AddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import type { Update, Witnessed, WitnessStore } from './witness-store.ts';

/** The answers of the specification; `words` are for the log's operator. */
export type WitnessAnswer =
  | { readonly status: 200; readonly lines: string; readonly size: number }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422; readonly words: string }
  /** An auditor's alone: it will look into this checkpoint. */
  | { readonly status: 202; readonly words: string };

export type WitnessParts = {
  readonly key: SignerKey;
  /** Logs by origin; a witness gives no quorum a say. */
  readonly logs: ReadonlyMap<string, CheckpointTrust>;
  readonly store: WitnessStore;
  readonly clock: () => number;
};

export type Witness = {
  addCheckpoint(body: Uint8Array): WitnessAnswer;
  /** The last cosigned note of the log with this id (`originId`). */
  checkpoint(id: string): string | undefined;
};

/** How a witness's read path names a log: SHA-256 of its origin, in hex. */
export function originId(origin: string): string {
  return createHash('sha256').update(origin).digest('hex');
}

export function createWitness({ key, logs, store, clock }: WitnessParts): Witness {
  const origins = new Map([...logs.keys()].map((origin) => [originId(origin), origin]));

  function addCheckpoint(body: Uint8Array): WitnessAnswer {
    const request = parseAddCheckpoint(body);
    if (!request.ok) return { status: 400, words: `malformed request: ${request.detail}` };
    const trust = logs.get(request.value.claimed.origin);
    if (!trust) return { status: 404, words: 'unknown log' };
    const opened = openCheckpoint(request.value.note, trust);
    if (!opened.ok)
      return opened.error === 'malformed' && isWrongEmptyRoot(request.value.claimed)
        ? { status: 422, words: 'a checkpoint of size 0 has the root of the empty tree' }
        : { status: 403, words: `invalid signature: ${opened.error}` };
    const checkpoint = opened.value;
    if (request.value.oldSize > checkpoint.size)
      return { status: 400, words: 'the old size is above that of the checkpoint' };
    return store.update(checkpoint.origin, (last) => step(request.value, checkpoint, last));
  }

  function step(
    { oldSize, proof }: AddCheckpoint,
    next: VerifiedCheckpoint,
    last: Witnessed | undefined,
  ): Update<WitnessAnswer> {
    const refuse = (result: WitnessAnswer) => ({ next: undefined, result });
    const size = last?.size ?? 0;
    if (oldSize !== size) return refuse({ status: 409, size });
    if (last && next.size === size && !equalBytes(next.root, last.root)) {
      store.keepFork({ origin: next.origin, seen: last.note, refused: next.note }, next.root);
      return refuse({ status: 422, words: 'fork: another root was cosigned for this size' });
    }
    if (!grew(last, next, proof))
      return refuse({ status: 422, words: 'the consistency proof does not verify' });
    const cosignature = cosignCheckpoint(next);
    const text = encodeCheckpoint(next);
    const note = encodeNote({ text, signatures: [...next.signatures, cosignature] });
    const kept = { size: next.size, root: next.root, note };
    return { next: kept, result: { status: 200, lines: signatureLine(cosignature), size: next.size } };
  }

  function cosignCheckpoint(checkpoint: VerifiedCheckpoint): NoteSignature {
    const { name, keyId, sign } = cosignerOf(key, Math.floor(clock() / 1000));
    return { name, keyId, signature: sign(utf8ToBytes(encodeCheckpoint(checkpoint))) };
  }

  function checkpoint(id: string): string | undefined {
    const origin = origins.get(id);
    return origin === undefined ? undefined : store.last(origin)?.note;
  }

  return { addCheckpoint, checkpoint };
}

function isWrongEmptyRoot({ size, root }: Checkpoint): boolean {
  return size === 0 && !equalBytes(root, EMPTY_ROOT);
}

/** From nothing anything grows, with an empty proof. */
function grew(last: Witnessed | undefined, next: VerifiedCheckpoint, proof: readonly Uint8Array[]): boolean {
  if (!last || last.size === 0) return proof.length === 0;
  const { size: oldSize, root: oldRoot } = last;
  return checkConsistency({ oldSize, oldRoot, newSize: next.size, newRoot: next.root, proof }).ok;
}
