// Looks, attests what is right, and tells: once, or again and again while the logs grow.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SourceError } from '../check/log-source.ts';
import { type AuditFault, isMismatch } from './audit-fault.ts';
import { openAuditStore } from './audit-store.ts';
import { type AuditedHeads, type AuditParts, type AuditStep, audit, readHeads } from './auditor.ts';
import type { Cosigner } from './cosigner.ts';
import { readConsistency } from './log-reading.ts';
import { compareStates, replayedBefore } from './state-digests.ts';

export type Attestation = {
  readonly event: 'attested';
  readonly origin: string;
  /** Leaves of the snapshot log. */
  readonly size: number;
  /** Entries of the ledger that the last of its snapshots holds. */
  readonly entries: number;
  readonly digest: string | undefined;
  /** The cosignature's line, as it stands under a checkpoint. */
  readonly cosignature: string;
};
export type AuditOutcome =
  | Attestation
  | { readonly event: 'nothing-yet'; readonly origin: string }
  | ({ readonly event: 'fault' } & AuditFault)
  | { readonly event: 'unread'; readonly words: string };

export type AuditTold = AuditStep | AuditOutcome;

export type AuditLoop = {
  readonly parts: Omit<AuditParts, 'before' | 'progress'>;
  readonly cosigner: Cosigner;
  readonly folder: string;
  /** Replays from zero too and compares. */
  readonly isFull: boolean;
  readonly tell: (told: AuditTold) => void;
};

export async function auditOnce(loop: AuditLoop): Promise<AuditOutcome> {
  const outcome = await look(loop).catch((error: unknown): AuditOutcome => {
    if (!(error instanceof SourceError)) throw error;
    return { event: 'unread', words: error.message };
  });
  loop.tell(outcome);
  return outcome;
}

async function look(loop: AuditLoop): Promise<AuditOutcome> {
  const { cosigner, tell } = loop;
  const parts: AuditParts = { ...loop.parts, progress: tell, wanted: cosigner.wanted };
  const read = await readHeads(parts);
  if (read.fault) return { event: 'fault', ...read.fault };
  const { heads } = read;
  const { origin, size } = heads.snapshots;
  const fault = (await audit(parts, heads)) ?? (loop.isFull ? await auditFromZero(loop, heads) : undefined);
  if (fault) return { event: 'fault', ...fault };
  if (size === 0) return { event: 'nothing-yet', origin };
  const proof = await readConsistency(parts.snapshots, cosigner.attested(origin), size);
  const { line } = cosigner.cosign(heads.snapshots, proof);
  const digest = parts.store.digests().at(-1)?.digest;
  return {
    ...{ event: 'attested', origin, size, entries: parts.store.head('ledger').size(), digest },
    cosignature: line.trimEnd(),
  };
}

/** In a store of its own, which is thrown away: what was stored so far must be what comes out again. */
async function auditFromZero(loop: AuditLoop, heads: AuditedHeads): Promise<AuditFault | undefined> {
  const file = join(loop.folder, 'from-zero.sqlite');
  const remove = () => {
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  };
  remove();
  const store = openAuditStore(file);
  try {
    const before = replayedBefore(loop.parts.store);
    const fault = await audit({ ...loop.parts, store, before, progress: loop.tell }, heads);
    return fault ?? compareStates(loop.parts.store, store);
  } finally {
    store.close();
    remove();
  }
}

/** Until it is stopped; what cannot be read now may be there next time. */
export async function auditForEver(loop: AuditLoop, periodMs: number, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await auditOnce(loop);
    const isOver = new AbortController();
    const signal = AbortSignal.any([stop, isOver.signal]);
    const pause = setTimeout(periodMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([pause, loop.cosigner.asked()]);
    isOver.abort();
  }
}

/** 0 all is right, 1 something is not, 3 it could not be told. */
export function exitCodeOf(outcome: AuditOutcome): number {
  switch (outcome.event) {
    case 'attested':
    case 'nothing-yet':
      return 0;
    case 'fault':
      return isMismatch(outcome) ? 1 : 3;
    case 'unread':
      return 3;
  }
}
