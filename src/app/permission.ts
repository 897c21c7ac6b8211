// Who may record what on which pack. Screens ask it for what to offer and the outbox asks it again before it signs,
// so that a stale screen cannot record what the rules forbid.
import type { MarketRules, Role } from '../domain/market.ts';
import type { PackState } from '../domain/pack.ts';
import { type Reason, SEAL_BROKEN, TECHNICAL_PROBLEM } from '../domain/reason.ts';
import type { ConflictReason } from '../domain/transition.ts';
import type { Judgment, Verdict } from '../domain/verdict.ts';
import type { Workplace } from './app-model.ts';
import type { RecordFailure, RecordRequest } from './outbox-model.ts';
import type { JudgedScan } from './scan-model.ts';

export type Recordable = RecordRequest['operation'];
export type Refusal = Extract<RecordFailure, { readonly kind: 'not-allowed' }>['why'];

export type Permission = { readonly role: Role; readonly rules: MarketRules };

/** Why this may not be recorded; undefined: it may. */
export function whyRefused(
  { role, rules }: Permission,
  { operation, seal, reason }: Pick<RecordRequest, 'operation' | 'seal' | 'reason'>,
  verdict: Verdict,
): Refusal | undefined {
  if (!rules.allowed[role].includes(operation)) return 'role';
  if (operation === 'inspect' || operation === 'receive') return undefined;
  // A pack that may have been tampered with is quarantined and nothing else.
  if (seal === 'broken' && (operation !== 'lock' || reason !== SEAL_BROKEN)) return 'state';
  return whyKept(operation, reason, verdict);
}

function whyKept(
  operation: Recordable,
  reason: Reason | undefined,
  verdict: Verdict,
): ConflictReason | 'state' | undefined {
  switch (verdict.kind) {
    case 'active':
      return undefined;
    case 'not-active':
      return 'not-active';
    case 'recalled':
    case 'withdrawn':
    case 'expired':
      return whyKeptFromPatients(operation, verdict.kind, verdict.state);
    case 'mismatch':
      return verdict.field === 'batch' ? 'batch-mismatch' : 'expiry-mismatch';
    case 'unknown-pack':
      return 'unknown-pack';
    case 'cannot-tell':
      if (verdict.why === 'unreadable-code' || verdict.why === 'incomplete-code') return 'state';
      return whyUnverified(operation, reason);
    case 'not-in-data':
      return whyUnverified(operation, reason);
  }
}

/** What must not reach a patient cannot be handed out; it can still be destroyed, locked, sampled or stolen. */
function whyKeptFromPatients(
  operation: Recordable,
  why: 'recalled' | 'withdrawn' | 'expired',
  state: PackState | undefined,
): ConflictReason | undefined {
  if (state !== undefined && state !== 'active') return 'not-active';
  return operation === 'supply' || operation === 'free-sample' || operation === 'export' ? why : undefined;
}

/** Nothing speaks against the pack and nothing vouches for it: locking only tightens; supply as Art. 29 has it. */
function whyUnverified(operation: Recordable, reason: Reason | undefined): 'state' | undefined {
  const isTolerated = operation === 'lock' || (operation === 'supply' && reason === TECHNICAL_PROBLEM);
  return isTolerated ? undefined : 'state';
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
  counter: ['supply', 'lock', 'destroy', 'sample', 'free-sample', 'stolen'],
  warehouse: ['receive', 'export', 'destroy', 'lock', 'free-sample', 'stolen'],
  inspection: ['inspect', 'sample', 'lock'],
};

/** The main one first. A supply that needs the reason of Art. 29 is offered; the screen asks for the reason. */
export function offersFor(
  permission: Permission,
  workplace: Workplace | undefined,
  scan: Pick<JudgedScan, 'judgment' | 'opinion'>,
): readonly Recordable[] {
  const { verdict } = actingJudgment(scan);
  return OFFERED[workplace ?? defaultWorkplace(permission.role)].filter((operation) => {
    const reason = operation === 'supply' ? TECHNICAL_PROBLEM : undefined;
    return whyRefused(permission, { operation, seal: 'not-checked', reason }, verdict) === undefined;
  });
}

function defaultWorkplace(role: Role): Workplace {
  if (role === 'pharmacy') return 'counter';
  return role === 'inspector' || role === 'authority' ? 'inspection' : 'warehouse';
}
