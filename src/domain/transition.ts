// The one table of states and transitions: what an operation makes of a pack, and why it makes nothing of it. The fold
// asks it with what the ledger holds, a device with what its verdict says, so that both know the same rules. Which role
// may ask at all is the market's business.
import {
  DECOMMISSIONED_STATE,
  isDecommission,
  isLook,
  isUndoable,
  type Operation,
  type PackState,
  passesOn,
} from './pack.ts';

export const CONFLICT_REASONS = [
  'unknown-pack',
  'unknown-batch',
  'already-commissioned',
  'not-active',
  'batch-mismatch',
  'expiry-mismatch',
  'recalled',
  'withdrawn',
  'expired',
  'undo-not-possible',
  'undo-elsewhere',
  'undo-too-late',
  'not-locked',
] as const;
export type ConflictReason = (typeof CONFLICT_REASONS)[number];

/** Why what is left of a batch or product stays away from patients, the gravest first. */
export type Kept = 'withdrawn' | 'recalled' | 'expired';

/** The event that an undo names, as it bears on one pack. */
export type UndoTarget = {
  readonly operation: Operation;
  /**
   * `made`: the state that the pack is in, and nothing has happened to it since. `repeated`: what its own site had done
   * to the pack already, so that there is nothing of it to reverse.
   */
  readonly bearing: 'made' | 'repeated' | 'none';
  /** Art. 13(1)(a): the same authorisation and the same premises. */
  readonly isOwnSite: boolean;
  /** Art. 13(1)(b). */
  readonly isInTime: boolean;
};

export type Circumstances = {
  /** Undefined: never commissioned. */
  readonly state: PackState | undefined;
  /** How batch and expiry as named compare with those that the pack, or a pack that is new the batch, was commissioned under. */
  readonly identity: 'same' | 'other-batch' | 'no-such-batch' | 'other-expiry';
  readonly kept: Kept | undefined;
  /** The site that acts is the one that brought the pack into its state. */
  readonly isOwnState: boolean;
  /** A later attempt has met the pack's state. */
  readonly isConflictOpen: boolean;
  readonly undoTarget: UndoTarget | undefined;
};

export type Transition =
  | { readonly kind: 'applied'; readonly state: PackState; readonly isConflictOpen: boolean }
  /** Logged, and nothing changes. */
  | { readonly kind: 'unchanged' }
  /** The same site has already brought the pack into that state. */
  | { readonly kind: 'repeat' }
  /** `opensConflict`: it met another site's act, whose undo no longer reactivates the pack. */
  | { readonly kind: 'refused'; readonly why: ConflictReason; readonly opensConflict: boolean };

/** Total: every operation in every circumstance has one answer. */
export function transitionOf(operation: Operation, pack: Circumstances): Transition {
  if (operation === 'commission') return commission(pack);
  if (pack.state === undefined)
    return refused(pack.identity === 'no-such-batch' ? 'unknown-batch' : 'unknown-pack');
  if (operation === 'undo') return undo(pack);
  if (operation === 'unlock') return unlock(pack);
  const isAct = isDecommission(operation);
  const wrongIdentity = isAct || isLook(operation) ? identityProblem(pack) : undefined;
  if (wrongIdentity) return refused(wrongIdentity);
  return isAct ? decommission(operation, pack) : { kind: 'unchanged' };
}

function commission({ state, identity, isOwnState, isConflictOpen }: Circumstances): Transition {
  if (state !== undefined) return refused('already-commissioned', !isOwnState);
  // Expiry is a property of the batch; the first commissioning fixes it.
  if (identity === 'other-expiry') return refused('expiry-mismatch');
  return { kind: 'applied', state: 'active', isConflictOpen };
}

function decommission(operation: keyof typeof DECOMMISSIONED_STATE, pack: Circumstances): Transition {
  const state = DECOMMISSIONED_STATE[operation];
  if (pack.state !== 'active')
    return pack.state === state && pack.isOwnState
      ? { kind: 'repeat' }
      : refused('not-active', !pack.isOwnState);
  // What must not reach a patient can still be destroyed, locked, sampled or stolen.
  if (pack.kept && passesOn(operation)) return refused(pack.kept);
  return { kind: 'applied', state, isConflictOpen: pack.isConflictOpen };
}

/** Delegated Regulation (EU) 2016/161 Art. 13. "Never handed over" is asked on the screen; the log cannot know it. */
function undo({ undoTarget: target, kept, isConflictOpen }: Circumstances): Transition {
  if (!target || target.bearing === 'none' || !isUndoable(target.operation))
    return refused('undo-not-possible');
  if (!target.isOwnSite) return refused('undo-elsewhere');
  if (target.bearing === 'repeated') return { kind: 'unchanged' };
  if (!target.isInTime) return refused('undo-too-late');
  if (kept) return refused(kept);
  return { kind: 'applied', state: isConflictOpen ? 'locked' : 'active', isConflictOpen };
}

/** A release after investigation, which also settles the conflict that led to the lock. */
function unlock({ state, kept }: Circumstances): Transition {
  if (state !== 'locked') return refused('not-locked');
  return kept ? refused(kept) : { kind: 'applied', state: 'active', isConflictOpen: false };
}

function identityProblem({ identity }: Circumstances): ConflictReason | undefined {
  switch (identity) {
    case 'same':
      return undefined;
    case 'other-batch':
      return 'batch-mismatch';
    case 'no-such-batch':
      return 'unknown-batch';
    case 'other-expiry':
      return 'expiry-mismatch';
  }
}

function refused(why: ConflictReason, opensConflict = false): Transition {
  return { kind: 'refused', why, opensConflict };
}
