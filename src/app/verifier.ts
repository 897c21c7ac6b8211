// Judges packs: on this device from the snapshot it holds and its own outbox, then by the ledger's own word when it
// can be asked. Judging changes nothing, and no failure on the way ends in `active`.

import type { MarketRules } from '../domain/market.ts';
import {
  type Cause,
  type Misread,
  notedCauseOf,
  ownCauseOf,
  type Suspicion,
  suspicionsOf,
} from '../domain/misread.ts';
import type { Pack, PackState } from '../domain/pack.ts';
import type { Finding } from '../domain/snapshot/lookup.ts';
import type { PageRef } from '../domain/snapshot/manifest.ts';
import type { VerifiedSnapshot } from '../domain/snapshot/open.ts';
import {
  disagree,
  type Judgment,
  judgeInLedger,
  judgeOnDevice,
  type SnapshotStatus,
  tighten,
} from '../domain/verdict.ts';
import type { ReadPack } from './code-reading.ts';
import { failureOf } from './failure.ts';
import type { Journal, OwnEvent } from './journal.ts';
import { ledgerNowMs } from './ledger-time.ts';
import {
  findContested,
  findUndoable,
  ownActOf,
  ownEffect,
  stateToUndo,
  toldRecall,
  undoneBy,
} from './own-acts.ts';
import { findPack } from './pack-finder.ts';
import { createPageCache } from './page-cache.ts';
import { actingJudgment, whyNotHere } from './permission.ts';
import type { Enrolment, Ports } from './ports.ts';
import type { Contested, LedgerOpinion, Recorded } from './scan-model.ts';
import type { Tightenings } from './tightenings.ts';

/** The data that verdicts rest on, as sync holds it. */
export type HeldData = {
  /** Resolves when the stored snapshot has been read and verified, or found absent or damaged. */
  ready(): Promise<void>;
  current(): VerifiedSnapshot | undefined;
  /** False: nothing is held of the product, and nothing can be said of its packs. */
  covers(productCode: string): boolean;
  status(): SnapshotStatus;
  /** Takes over what another tab has stored; true if that is another snapshot. Throws StoreError. */
  reload(): Promise<boolean>;
  /** Has the page fetched again. */
  reportDamage(page: PageRef): void;
};

export type Assessment = {
  readonly judgment: Judgment;
  /** The same without this device's own events: what the ledger may still say. */
  readonly dataJudgment: Judgment;
  readonly undoable: Recorded | undefined;
  readonly contested: Contested | undefined;
  /** The device's clock, but never earlier than the data. */
  readonly nowMs: number;
  /** The same, of the ledger's clock. */
  readonly ledgerNowMs: number;
  /** What the ledger may still say until it has this device's unsent undo. */
  readonly toUndo: PackState | undefined;
  /** This device's own act that put the pack into the state of the verdict. */
  readonly ownAct: Parameters<typeof ownCauseOf>[0] | undefined;
};

/** A pack, and what was odd about its code. */
export type ReadCode = Pick<ReadPack, 'pack' | 'notes' | 'rival'>;

export type Verifier = {
  /** Throws StoreError and KeyError. */
  assess(pack: Pack): Promise<Assessment>;
  /** Why the verdict may be a false alarm, as far as this device can tell. Throws StoreError and KeyError. */
  causeOf(read: ReadCode, assessment: Assessment): Promise<Cause | undefined>;
  askLedger(pack: Pack, assessment: Assessment): Promise<LedgerOpinion>;
};

export type VerifierContext = {
  readonly ports: Pick<Ports, 'clock' | 'ledger' | 'sha256' | 'snapshots' | 'surroundings'>;
  readonly blinder: Parameters<typeof findPack>[2];
  readonly enrolment: Pick<Enrolment, 'site' | 'role' | 'products'>;
  readonly rules: MarketRules;
  readonly journal: Journal;
  readonly data: HeldData;
  readonly tightenings: Pick<Tightenings, 'about'>;
};

export function createVerifier(context: VerifierContext): Verifier {
  const { ports, blinder, enrolment, rules, journal, data, tightenings } = context;
  const pages = createPageCache(ports);

  async function assess(pack: Pack): Promise<Assessment> {
    await data.ready();
    const { status, finding, logSize } = await consult(pack);
    const { events } = await journal.read();
    const nowMs = nowAtLeast(status, ports.clock.nowMs());
    const times = { nowMs, ledgerNowMs: nowAtLeast(status, ledgerNowMs(ports)) };
    const own = ownEffect(events, pack, {
      logSize,
      state: finding !== 'outside-scope' && finding?.kind === 'hit' ? finding.state : undefined,
    });
    const told = toldRecall(events, pack, logSize);
    const news = await tightenings.about(pack, logSize, undoneBy(events, pack));
    const judgment = tighten(withRecall(judgeOnDevice(pack, status, finding, own, nowMs), told), news);
    const dataJudgment = tighten(judgeOnDevice(pack, status, finding, undefined, nowMs), news);
    const undoable = whyNotHere({ ...enrolment, rules }, 'undo', pack)
      ? undefined
      : findUndoable(events, pack, judgment, { site: enrolment.site, rules, ...times });
    return {
      ...{ judgment, dataJudgment, contested: findContested(events, pack, logSize) },
      ...{ ...times, toUndo: stateToUndo(events, pack), ownAct: ownActOf(events, pack, judgment, nowMs) },
      undoable: undoable?.ok ? recordedOf(undoable.value) : undefined,
    };
  }

  // A device whose clock was set back must not take old data for fresh: it is at least as late as its data.
  function nowAtLeast(status: SnapshotStatus, nowMs: number): number {
    return status.kind === 'held' ? Math.max(nowMs, status.publishedMs) : nowMs;
  }

  type Consulted = {
    readonly status: SnapshotStatus;
    readonly finding: Finding | 'outside-scope' | undefined;
    readonly logSize: number;
  };

  async function consult(pack: Pack): Promise<Consulted> {
    const first = await lookIn(pack);
    if (first.status.kind !== 'damaged' || !(await data.reload())) return first;
    return lookIn(pack);
  }

  async function lookIn(pack: Pack): Promise<Consulted> {
    const snapshot = data.current();
    const status = data.status();
    if (!snapshot || status.kind !== 'held') return { status, finding: undefined, logSize: 0 };
    const logSize = snapshot.ledgerCheckpoint.size;
    if (!data.covers(pack.productCode)) return { status, finding: 'outside-scope', logSize };
    const found = await findPack(snapshot, pages, blinder, pack);
    if (found.kind === 'found') return { status, finding: found.finding, logSize };
    if (found.kind === 'outside-scope') return { status, finding: found.kind, logSize };
    data.reportDamage(found.page);
    const damaged = { kind: 'damaged', publishedMs: status.publishedMs } as const;
    return { status: damaged, finding: undefined, logSize: 0 };
  }

  async function askLedger(pack: Pack, assessment: Assessment): Promise<LedgerOpinion> {
    if (!ports.surroundings.online()) return { kind: 'offline' };
    try {
      const { finding, asOfMs } = await ports.ledger.verify(pack);
      return opinionOf(judgeInLedger(pack, finding, asOfMs, Math.max(assessment.nowMs, asOfMs)), assessment);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      return { kind: failure === 'offline' ? 'offline' : 'no-answer' };
    }
  }

  async function causeOf(
    { pack, notes, rival }: ReadCode,
    { judgment, ownAct }: Assessment,
  ): Promise<Cause | undefined> {
    const { kind } = judgment.verdict;
    if (kind === 'not-active') return ownAct && ownCauseOf(ownAct, rules.doubleScan);
    if (kind === 'active') return notedCauseOf(notes);
    if (kind !== 'mismatch' && kind !== 'not-in-data') return undefined;
    return (await firstFound(suspicionsOf(pack, rival))) ?? notedCauseOf(notes);
  }

  /** The first that the data holds. */
  async function firstFound(suspicions: readonly Suspicion[]): Promise<Misread | undefined> {
    for (const { cause, pack } of suspicions) {
      const { status, finding } = await lookIn(pack);
      if (status.kind !== 'held') return undefined;
      if (finding !== undefined && finding !== 'outside-scope' && finding.kind === 'hit') return cause;
    }
    return undefined;
  }

  return { assess, askLedger, causeOf };
}

/** Measured against the judgment that leads: the ledger may or may not have heard of our own events by now. */
function opinionOf(live: Judgment, { judgment, dataJudgment, toUndo }: Assessment): LedgerOpinion {
  const { verdict } = live;
  if (judgment.verdict.kind === 'active' && verdict.kind === 'not-active' && verdict.state === toUndo)
    return { kind: 'agrees', judgment: live, awaitsUndo: true };
  const agrees = { kind: 'agrees', judgment: live } as const;
  if (!disagree(judgment.verdict, verdict)) return agrees;
  const isExplained = actingJudgment({ judgment, opinion: agrees }) === judgment;
  return isExplained && !disagree(dataJudgment.verdict, verdict)
    ? agrees
    : { kind: 'disagrees', judgment: live };
}

/** A recall does not wait for the next snapshot: it only tightens. */
function withRecall(judgment: Judgment, told: 'recalled' | 'withdrawn' | undefined): Judgment {
  const { verdict } = judgment;
  if (!told || (verdict.kind !== 'active' && verdict.kind !== 'not-active')) return judgment;
  const state = verdict.kind === 'active' ? 'active' : verdict.state;
  return { ...judgment, verdict: { kind: told, state }, fromOutbox: 'receipt' };
}

export function recordedOf({ id, event }: OwnEvent): Recorded {
  return { eventId: id, operation: event.operation, claimedTimeMs: event.claimedTimeMs };
}
