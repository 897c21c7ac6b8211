// The rule by which a device accepts a log's next checkpoint after the last one it saw. The device remembers; that
// memory is what makes a rewritten or split history visible to it.
import { equalBytes } from '../bytes.ts';
import { assert, type Err, type Ok, ok } from '../result.ts';
import type { VerifiedCheckpoint } from './checkpoint.ts';
import { checkConsistency } from './merkle.ts';

export type CheckpointStep =
  | { readonly kind: 'first' }
  | { readonly kind: 'same' }
  | { readonly kind: 'grown'; readonly leaves: number };

/**
 * - `rolled-back`: smaller than what was seen: an old copy, or a log that forgot.
 * - `forked`: two signed roots for one size, which no honest log makes: proof of a rewritten history.
 * - `bad-proof`: nothing shows that the log only grew: ask again, and if it stays so, it did not.
 *
 * All carry both signed notes, the seen one first, since each may have to be shown to someone else.
 */
export type StepRefusal = Err<'rolled-back' | 'forked' | 'bad-proof'> & {
  readonly evidence: readonly [seen: string, next: string];
};

/** Both checkpoints of the same log. The proof is empty unless the log has grown from a size above zero. */
export function checkSuccessor(
  seen: VerifiedCheckpoint | undefined,
  next: VerifiedCheckpoint,
  consistencyProof: readonly Uint8Array[],
): Ok<CheckpointStep> | StepRefusal {
  if (!seen) return ok({ kind: 'first' });
  assert(seen.origin === next.origin, `${next.origin} succeeds itself, not ${seen.origin}`);
  if (next.size < seen.size) return refuse('rolled-back', seen, next);
  if (next.size === seen.size)
    return equalBytes(seen.root, next.root) ? ok({ kind: 'same' }) : refuse('forked', seen, next);
  return onlyGrew(seen, next, consistencyProof)
    ? ok({ kind: 'grown', leaves: next.size - seen.size })
    : refuse('bad-proof', seen, next);
}

function onlyGrew(seen: VerifiedCheckpoint, next: VerifiedCheckpoint, proof: readonly Uint8Array[]): boolean {
  // Anything grows from nothing, and a verified checkpoint of size 0 has the root of nothing.
  if (seen.size === 0) return proof.length === 0;
  const { size: oldSize, root: oldRoot } = seen;
  return checkConsistency({ oldSize, oldRoot, newSize: next.size, newRoot: next.root, proof }).ok;
}

function refuse(
  error: StepRefusal['error'],
  seen: VerifiedCheckpoint,
  next: VerifiedCheckpoint,
): StepRefusal {
  const detail = `${seen.origin}: ${seen.size} seen, then ${next.size}`;
  return { ok: false, error, detail, evidence: [seen.note, next.note] };
}
