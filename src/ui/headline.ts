// Which of two opinions leads the verdict card, the device's or the ledger's. It is the one that the use cases act on:
// the ledger's own word where it was heard, unless the device knows something that the ledger has not said yet.
import { actingJudgment } from '../app/permission.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import { type Judgment, type Tone, toneOf } from '../domain/verdict.ts';

export type Headline = {
  readonly judgment: Judgment;
  readonly tone: Tone;
  /** The opinion that did not lead, where it said something else. */
  readonly other: Judgment | undefined;
  /** The device could not say; the ledger could. */
  readonly isAnsweredLive: boolean;
};

export function headlineOf({ judgment, opinion }: Pick<JudgedScan, 'judgment' | 'opinion'>): Headline {
  const tone = toneOf(judgment.verdict);
  const device = { judgment, tone, other: undefined, isAnsweredLive: false };
  if (opinion.kind !== 'agrees' && opinion.kind !== 'disagrees') return device;
  const acting = actingJudgment({ judgment, opinion });
  const heard = opinion.judgment;
  if (acting === judgment) return opinion.kind === 'disagrees' ? { ...device, other: heard } : device;
  const ledger = { ...device, judgment: heard, tone: toneOf(heard.verdict) };
  if (tone === 'ask') return { ...ledger, isAnsweredLive: ledger.tone !== 'ask' };
  return opinion.kind === 'disagrees' ? { ...ledger, other: judgment } : ledger;
}
