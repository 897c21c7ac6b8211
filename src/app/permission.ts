// Who may record what on which pack. Screens ask it for what to offer and the outbox asks it again before it signs,
// so that a stale screen cannot record what the rules forbid.
import type { MarketRules, Role } from '../domain/market.ts';
import { isLook, type Operation, type Pack } from '../domain/pack.ts';
import { type Reason, SEAL_BROKEN, TECHNICAL_PROBLEM } from '../domain/reason.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import { type Circumstances, transitionOf } from '../domain/transition.ts';
import type { Judgment, Verdict } from '../domain/verdict.ts';
import type { Workplace } from './app-model.ts';
import type { RecordFailure, RecordRequest } from './outbox-model.ts';
import type { JudgedScan } from './scan-model.ts';

export type Recordable = RecordRequest['operation'];
export type Refusal = Extract<RecordFailure, { readonly kind: 'not-allowed' }>['why'];

export type Permission = {
  readonly role: Role;
  readonly rules: MarketRules;
  /** What the device may act on; null: every product. */
  readonly products: Scope;
};

/** What every act on the pack needs, whatever state it is in. The ledger refuses for good what lacks it. */
export function whyNotHere(
  { role, rules, products }: Permission,
  operation: Operation,
  { productCode }: Pick<Pack, 'productCode'>,
): 'role' | 'product' | undefined {
  if (!rules.allowed[role].includes(operation)) return 'role';
  if (operation === 'verify' && !rules.recordsVerify) return 'role';
  return products === null || products.includes(productCode) ? undefined : 'product';
}

/** Why this may not be recorded; undefined: it may. */
export function whyRefused(
  permission: Permission,
  { operation, seal, reason, opened }: Pick<RecordRequest, 'operation' | 'seal' | 'reason' | 'opened'>,
  pack: Pick<Pack, 'productCode'>,
  verdict: Verdict,
): Refusal | undefined {
  const notHere = whyNotHere(permission, operation, pack);
  if (notHere) return notHere;
  // Whatever was seen may be recorded, and goods come in as they are.
  if (isLook(operation) || operation === 'receive') return undefined;
  if (opened && operation !== 'supply') return 'state';
  // A pack that may have been tampered with is quarantined and nothing else.
  if (seal === 'broken' && (operation !== 'lock' || reason !== SEAL_BROKEN)) return 'state';
  return isUnverified(verdict)
    ? whyUnverified(permission.rules, operation, reason)
    : whyInState(operation, knownOf(verdict));
}

/** The same table of transitions as the ledger's. */
function whyInState(operation: Recordable, known: Circumstances | undefined): Refusal | undefined {
  const transition = known && transitionOf(operation, known);
  if (!transition) return 'state';
  return transition.kind === 'refused' ? transition.why : undefined;
}

const PLAIN: Circumstances = {
  ...{ state: 'active', identity: 'same', kept: undefined, isOwnState: false, isConflictOpen: false },
  undoTarget: undefined,
};

/** What a verdict says in the ledger's terms; undefined where it says nothing. A state that is not held counts as active. */
function knownOf(verdict: Verdict): Circumstances | undefined {
  switch (verdict.kind) {
    case 'active':
      return PLAIN;
    case 'not-active':
      return { ...PLAIN, state: verdict.state };
    case 'recalled':
    case 'withdrawn':
    case 'expired':
      return { ...PLAIN, state: verdict.state ?? 'active', kept: verdict.kind };
    case 'mismatch':
      return { ...PLAIN, identity: verdict.field === 'batch' ? 'other-batch' : 'other-expiry' };
    case 'unknown-pack':
      return { ...PLAIN, state: undefined };
    case 'not-in-data':
    case 'cannot-tell':
      return undefined;
  }
}

/** Nothing speaks against the pack and nothing vouches for it. */
function isUnverified(verdict: Verdict): boolean {
  if (verdict.kind === 'not-in-data') return true;
  return (
    verdict.kind === 'cannot-tell' && verdict.why !== 'unreadable-code' && verdict.why !== 'incomplete-code'
  );
}

/** Locking only tightens; supply as Art. 29 has it. */
function whyUnverified(
  { suppliesUnverified }: MarketRules,
  operation: Recordable,
  reason: Reason | undefined,
): 'state' | undefined {
  const isArticle29 = suppliesUnverified && operation === 'supply' && reason === TECHNICAL_PROBLEM;
  return operation === 'lock' || isArticle29 ? undefined : 'state';
}

/**
 * What to act on: the ledger's own word where it was heard. The device's own record leads over it where it is no
 * looser, or while the ledger waits for the undo that explains the difference; so does a recall that only it knows of.
 */
export function actingJudgment({ judgment, opinion }: Pick<JudgedScan, 'judgment' | 'opinion'>): Judgment {
  if (opinion.kind !== 'agrees' && opinion.kind !== 'disagrees') return judgment;
  if (opinion.kind === 'agrees' && opinion.awaitsUndo) return judgment;
  const { verdict, fromOutbox } = judgment;
  const heard = opinion.judgment.verdict;
  const isRecallAlone =
    heard.kind !== verdict.kind && (verdict.kind === 'recalled' || verdict.kind === 'withdrawn');
  const isTighter = fromOutbox !== false && looseness(verdict) <= looseness(heard);
  return isRecallAlone || isTighter ? judgment : opinion.judgment;
}

/** How much may still be done to a pack: nothing, what keeps it from patients, or more. */
function looseness(verdict: Verdict): 0 | 1 | 2 {
  switch (verdict.kind) {
    case 'not-active':
    case 'mismatch':
    case 'unknown-pack':
      return 0;
    case 'recalled':
    case 'withdrawn':
    case 'expired':
      return verdict.state === undefined || verdict.state === 'active' ? 1 : 0;
    case 'active':
    case 'not-in-data':
    case 'cannot-tell':
      return 2;
  }
}

const OFFERED: { readonly [W in Workplace]: readonly Recordable[] } = {
  counter: ['supply', 'lock', 'destroy', 'export', 'sample', 'free-sample', 'stolen', 'verify'],
  warehouse: ['receive', 'export', 'supply', 'destroy', 'lock', 'sample', 'free-sample', 'stolen', 'verify'],
  inspection: ['inspect', 'sample', 'lock', 'unlock', 'verify'],
};

/** The main one first. A supply that needs the reason of Art. 29 is offered; the screen asks for the reason. */
export function offersFor(
  permission: Permission,
  workplace: Workplace | undefined,
  scan: Pick<JudgedScan, 'pack' | 'judgment' | 'opinion'>,
): readonly Recordable[] {
  const { verdict } = actingJudgment(scan);
  return OFFERED[workplace ?? defaultWorkplace(permission.role)].filter((operation) => {
    const reason = operation === 'supply' ? TECHNICAL_PROBLEM : undefined;
    const request = { operation, seal: 'not-checked', reason } as const;
    return whyRefused(permission, request, scan.pack, verdict) === undefined;
  });
}

function defaultWorkplace(role: Role): Workplace {
  if (role === 'pharmacy') return 'counter';
  return role === 'inspector' || role === 'authority' ? 'inspection' : 'warehouse';
}
