// The verdict is what the user is told about a pack, always with its level of certainty. Not knowing is a verdict,
// never an exception, and no failure ever turns into `active`.
import { expiryNumber, isExpired, type Pack, type PackState } from './pack.ts';
import type { Finding } from './snapshot/lookup.ts';

export type Verdict =
  | { readonly kind: 'active' }
  | { readonly kind: 'not-active'; readonly state: Exclude<PackState, 'active'> }
  /** `state` is undefined where it is not held. */
  | { readonly kind: 'recalled'; readonly state: PackState | undefined }
  | { readonly kind: 'withdrawn'; readonly state: PackState | undefined }
  | { readonly kind: 'expired'; readonly state: PackState | undefined }
  | { readonly kind: 'mismatch'; readonly field: 'batch' | 'expiry' }
  /** Not in this device's data: neither "unknown" nor "falsified"; ask live. */
  | { readonly kind: 'not-in-data' }
  /** The ledger itself, asked live, holds no such pack. */
  | { readonly kind: 'unknown-pack' }
  | { readonly kind: 'cannot-tell'; readonly why: CannotTell };

export type CannotTell =
  | 'no-snapshot'
  | 'snapshot-expired'
  | 'snapshot-withdrawn'
  | 'snapshot-damaged'
  /** The device holds neither keys nor data of the product. */
  | 'outside-scope'
  | 'unreadable-code'
  | 'incomplete-code';

/** Never merged: on this device (provisional), in the ledger, confirmed by the national system. */
export const CERTAINTIES = ['on-this-device', 'in-ledger', 'confirmed-upstream'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

export type Judgment = {
  readonly verdict: Verdict;
  readonly certainty: Certainty;
  /** The age of what the verdict rests on. */
  readonly asOfMs: number | undefined;
  /** The data in use does not say it yet: an event of this device does, or the ledger's answer to one. */
  readonly fromOutbox: false | 'event' | 'receipt';
};

/** What this device knows of the pack beyond the data in use: its last event's effect, or what the ledger answered. */
export type OwnEffect = {
  readonly state: PackState;
  readonly claimedTimeMs: number;
  readonly from: 'event' | 'receipt';
};

export type SnapshotStatus =
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly publishedMs: number }
  | {
      readonly kind: 'held';
      readonly publishedMs: number;
      readonly expiresMs: number;
      readonly isWithdrawn: boolean;
    };

/**
 * Judges a pack on this device. `finding` is what the snapshot says; it counts only while the snapshot is held, which
 * says nothing of products outside the device's scope.
 */
export function judgeOnDevice(
  pack: Pack,
  snapshot: SnapshotStatus,
  finding: Finding | 'outside-scope' | undefined,
  own: OwnEffect | undefined,
  nowMs: number,
): Judgment {
  const asOfMs = snapshot.kind === 'absent' ? undefined : snapshot.publishedMs;
  const base = { certainty: 'on-this-device', asOfMs } as const;
  if (snapshot.kind !== 'held' || !finding || finding === 'outside-scope') {
    const why = whyUnheld(snapshot, finding);
    const verdict: Verdict =
      own && own.state !== 'active' ? { kind: 'not-active', state: own.state } : { kind: 'cannot-tell', why };
    return { ...base, verdict, fromOutbox: own?.from ?? false };
  }
  const verdict = withOwnEffect(verdictOf(pack, finding, 'not-in-data', nowMs), own);
  // Old data may still warn, but it cannot vouch; nor can what its publisher has withdrawn.
  if (verdict.kind === 'active' && (snapshot.isWithdrawn || nowMs > snapshot.expiresMs)) {
    const why = snapshot.isWithdrawn ? 'snapshot-withdrawn' : 'snapshot-expired';
    return { ...base, verdict: { kind: 'cannot-tell', why }, fromOutbox: false };
  }
  return { ...base, verdict, fromOutbox: own?.from ?? false };
}

function whyUnheld(snapshot: SnapshotStatus, finding: Finding | 'outside-scope' | undefined): CannotTell {
  if (finding === 'outside-scope') return 'outside-scope';
  return snapshot.kind === 'damaged' ? 'snapshot-damaged' : 'no-snapshot';
}

/** A recall, withdrawal or lock of the pack that the data in use does not hold yet, and when the device heard of it. */
export type Tightened = { readonly operation: 'recall' | 'withdraw' | 'lock'; readonly receivedMs: number };

/** The same judgment where nothing gets tighter. */
export function tighten(judgment: Judgment, news: readonly Tightened[]): Judgment {
  let tightened = judgment;
  for (const operation of ['lock', 'recall', 'withdraw'] as const) {
    const found = news.find((each) => each.operation === operation);
    const verdict = found && tighter(tightened.verdict, operation);
    if (verdict)
      tightened = { verdict, certainty: 'on-this-device', asOfMs: found.receivedMs, fromOutbox: false };
  }
  return tightened;
}

/** Undefined: the verdict stands. */
function tighter(verdict: Verdict, operation: Tightened['operation']): Verdict | undefined {
  switch (verdict.kind) {
    case 'active':
    case 'not-in-data':
    case 'cannot-tell': {
      const state = verdict.kind === 'active' ? 'active' : undefined;
      return operation === 'lock' ? { kind: 'not-active', state: 'locked' } : warning(operation, state);
    }
    case 'not-active':
      return operation === 'lock' ? undefined : warning(operation, verdict.state);
    case 'expired':
    case 'recalled':
    case 'withdrawn': {
      const { kind, state } = verdict;
      if (operation === 'lock') return state === 'active' ? { kind, state: 'locked' } : undefined;
      const isGraver = kind === 'expired' || (kind === 'recalled' && operation === 'withdraw');
      return isGraver ? warning(operation, state) : undefined;
    }
    case 'mismatch':
    case 'unknown-pack':
      return undefined;
  }
}

function warning(operation: 'recall' | 'withdraw', state: PackState | undefined): Verdict {
  return { kind: operation === 'recall' ? 'recalled' : 'withdrawn', state };
}

/** Judges a pack by the ledger's own answer, asked live. */
export function judgeInLedger(pack: Pack, finding: Finding, asOfMs: number, nowMs: number): Judgment {
  const verdict = verdictOf(pack, finding, 'unknown-pack', nowMs);
  return { verdict, certainty: 'in-ledger', asOfMs, fromOutbox: false };
}

function verdictOf(
  pack: Pack,
  finding: Finding,
  miss: 'not-in-data' | 'unknown-pack',
  nowMs: number,
): Verdict {
  if (finding.kind === 'mismatch') return { kind: 'mismatch', field: finding.field };
  const state = finding.kind === 'hit' ? finding.state : undefined;
  const { batch } = finding;
  if (batch?.withdrawn) return { kind: 'withdrawn', state };
  if (batch?.recalled) return { kind: 'recalled', state };
  if (finding.kind === 'miss') return { kind: miss };
  if (isExpired(expiryNumber(pack.expiry), nowMs)) return { kind: 'expired', state };
  if (state === undefined) return { kind: 'expired', state };
  return state === 'active' ? { kind: 'active' } : { kind: 'not-active', state };
}

function withOwnEffect(verdict: Verdict, own: OwnEffect | undefined): Verdict {
  if (!own) return verdict;
  switch (verdict.kind) {
    case 'recalled':
    case 'withdrawn':
    case 'expired':
      return { ...verdict, state: own.state };
    case 'active':
    case 'not-active':
      return own.state === 'active' ? { kind: 'active' } : { kind: 'not-active', state: own.state };
    default:
      return own.state === 'active' ? verdict : { kind: 'not-active', state: own.state };
  }
}

/** `go`: nothing speaks against the pack. `stop`: something does. `ask`: this device cannot say. */
export type Tone = 'go' | 'stop' | 'ask';

export function toneOf(verdict: Verdict): Tone {
  switch (verdict.kind) {
    case 'active':
      return 'go';
    case 'not-in-data':
    case 'cannot-tell':
      return 'ask';
    case 'not-active':
    case 'recalled':
    case 'withdrawn':
    case 'expired':
    case 'mismatch':
    case 'unknown-pack':
      return 'stop';
  }
}

/** True when the device's verdict and the ledger's lead to different actions. */
export function disagree(device: Verdict, ledger: Verdict): boolean {
  if (device.kind === 'cannot-tell' || (device.kind === 'not-in-data' && ledger.kind === 'unknown-pack'))
    return false;
  const stateOf = (verdict: Verdict) => ('state' in verdict ? verdict.state : undefined);
  // A state that the device does not hold is no other state.
  const held = stateOf(device);
  return device.kind !== ledger.kind || (held !== undefined && held !== stateOf(ledger));
}
