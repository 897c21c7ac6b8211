import { describe, expect, test } from 'vitest';
import {
  DECOMMISSIONED_STATE,
  isDecommission,
  OPERATIONS,
  type Operation,
  PACK_STATES,
} from '../../src/domain/pack.ts';
import {
  type Circumstances,
  CONFLICT_REASONS,
  type Transition,
  transitionOf,
} from '../../src/domain/transition.ts';

const BOOLEANS = [false, true];

/** Every circumstance that the types allow, those that no ledger gets into included. */
function* everyCircumstance(): Generator<Circumstances> {
  for (const state of [undefined, ...PACK_STATES])
    for (const identity of ['same', 'other-batch', 'no-such-batch', 'other-expiry'] as const)
      for (const kept of [undefined, 'withdrawn', 'recalled', 'expired'] as const)
        for (const isOwnState of BOOLEANS)
          for (const isConflictOpen of BOOLEANS)
            for (const undoTarget of everyTarget())
              yield { state, identity, kept, isOwnState, isConflictOpen, undoTarget };
}

function* everyTarget(): Generator<Circumstances['undoTarget']> {
  yield undefined;
  for (const operation of OPERATIONS)
    for (const bearing of ['made', 'repeated', 'none'] as const)
      for (const isOwnSite of BOOLEANS)
        for (const isInTime of BOOLEANS) yield { operation, bearing, isOwnSite, isInTime };
}

/**
 * The rules once more, written the other way round: as what must hold of any answer, from the tables of operations and
 * of states rather than from the code.
 */
function expected(operation: Operation, pack: Circumstances): Transition | 'refused' {
  const { state, identity, kept, undoTarget: target, isConflictOpen } = pack;
  const keeps = { isConflictOpen };
  if (operation === 'commission')
    return state === undefined && identity !== 'other-expiry'
      ? { kind: 'applied', state: 'active', ...keeps }
      : 'refused';
  if (state === undefined) return 'refused';
  if (operation === 'undo') {
    const hasUndo = ['supply', 'export', 'sample', 'free-sample', 'lock'].includes(target?.operation ?? '');
    if (!hasUndo || !target?.isOwnSite) return 'refused';
    if (target.bearing === 'repeated') return { kind: 'unchanged' };
    return target.bearing === 'made' && target.isInTime && !kept
      ? { kind: 'applied', state: isConflictOpen ? 'locked' : 'active', ...keeps }
      : 'refused';
  }
  if (operation === 'unlock')
    return state === 'locked' && !kept
      ? { kind: 'applied', state: 'active', isConflictOpen: false }
      : 'refused';
  if (operation === 'verify' || operation === 'inspect')
    return identity === 'same' ? { kind: 'unchanged' } : 'refused';
  if (!isDecommission(operation)) return { kind: 'unchanged' };
  if (identity !== 'same') return 'refused';
  const wanted = DECOMMISSIONED_STATE[operation];
  if (state === wanted && pack.isOwnState) return { kind: 'repeat' };
  const reachesPatients = ['supply', 'export', 'free-sample'].includes(operation);
  return state !== 'active' || (kept && reachesPatients)
    ? 'refused'
    : { kind: 'applied', state: wanted, ...keeps };
}

describe('the table of transitions', () => {
  test.each(OPERATIONS)('%s, in every state and circumstance', (operation) => {
    const wrong: unknown[] = [];
    for (const pack of everyCircumstance()) {
      const made = transitionOf(operation, pack);
      const wanted = expected(operation, pack);
      const isRight =
        wanted === 'refused' ? made.kind === 'refused' : JSON.stringify(made) === JSON.stringify(wanted);
      if (!isRight && wrong.length < 3) wrong.push({ pack, made, wanted });
    }
    expect(wrong).toEqual([]);
  });

  test('a final state is left by nothing, and no other is a dead end', () => {
    const left = new Set<string>();
    for (const operation of OPERATIONS)
      for (const pack of everyCircumstance()) {
        const made = transitionOf(operation, pack);
        // What an undo names is what made the state: the rest never comes out of a ledger.
        const { undoTarget } = pack;
        const isReal =
          operation !== 'undo' ||
          (undoTarget !== undefined &&
            isDecommission(undoTarget.operation) &&
            DECOMMISSIONED_STATE[undoTarget.operation] === pack.state);
        if (isReal && made.kind === 'applied' && made.state !== pack.state) left.add(String(pack.state));
      }
    expect([...left].sort()).toEqual(
      ['active', 'exported', 'free-sample', 'locked', 'sample', 'supplied', 'undefined'].sort(),
    );
  });

  test("only a second claim on another site's pack opens a conflict, and each reason is given for something", () => {
    const reasons = new Set<string>();
    const opening = new Set<string>();
    const quiet = new Set<string>();
    for (const operation of OPERATIONS)
      for (const pack of everyCircumstance()) {
        const made = transitionOf(operation, pack);
        if (made.kind !== 'refused') continue;
        reasons.add(made.why);
        if (made.opensConflict) opening.add(`${made.why}, own: ${pack.isOwnState}`);
        else if (!pack.isOwnState) quiet.add(made.why);
      }
    expect([...reasons].sort()).toEqual([...CONFLICT_REASONS].sort());
    expect([...opening].sort()).toEqual(['already-commissioned, own: false', 'not-active, own: false']);
    for (const why of ['already-commissioned', 'not-active']) expect(quiet).not.toContain(why);
  });

  const active: Circumstances = {
    ...{ state: 'active', identity: 'same', kept: undefined, isOwnState: false, isConflictOpen: false },
    undoTarget: undefined,
  };
  const undone = { operation: 'supply', bearing: 'made', isOwnSite: true, isInTime: true } as const;

  test.each([
    ['a pack that nobody commissioned', 'supply', { state: undefined }, 'unknown-pack'],
    [
      'a batch that nobody commissioned',
      'verify',
      { state: undefined, identity: 'no-such-batch' },
      'unknown-batch',
    ],
    ['a batch glued to a serial', 'supply', { identity: 'no-such-batch' }, 'unknown-batch'],
    ['another batch', 'verify', { identity: 'other-batch' }, 'batch-mismatch'],
    ['another expiry', 'inspect', { identity: 'other-expiry' }, 'expiry-mismatch'],
    ['a supplied pack', 'destroy', { state: 'supplied' }, 'not-active'],
    ['a recalled pack', 'free-sample', { kept: 'recalled' }, 'recalled'],
    ['an undo without a target', 'undo', { state: 'supplied' }, 'undo-not-possible'],
    [
      'an undo elsewhere',
      'undo',
      { state: 'supplied', undoTarget: { ...undone, isOwnSite: false } },
      'undo-elsewhere',
    ],
    [
      'a late undo',
      'undo',
      { state: 'supplied', undoTarget: { ...undone, isInTime: false } },
      'undo-too-late',
    ],
    [
      'an undo of what expired',
      'undo',
      { state: 'supplied', undoTarget: undone, kept: 'expired' },
      'expired',
    ],
    ['a release of what is not locked', 'unlock', {}, 'not-locked'],
  ] as const)('names the reason: %s', (_, operation, change, why) => {
    expect(transitionOf(operation, { ...active, ...change })).toMatchObject({ kind: 'refused', why });
  });
});
