import { expect, test } from 'vitest';
import { actingJudgment } from '../../src/app/permission.ts';
import type { LedgerOpinion } from '../../src/app/scan-model.ts';
import { disagree, type Judgment, type Verdict } from '../../src/domain/verdict.ts';
import { headlineOf } from '../../src/ui/headline.ts';

const ACTIVE: Verdict = { kind: 'active' };
const SUPPLIED: Verdict = { kind: 'not-active', state: 'supplied' };
const RECALLED: Verdict = { kind: 'recalled', state: 'active' };
const NOT_IN_DATA: Verdict = { kind: 'not-in-data' };

const device = (verdict: Verdict, fromOutbox: Judgment['fromOutbox'] = false): Judgment => ({
  ...{ verdict, certainty: 'on-this-device', asOfMs: 1, fromOutbox },
});
const ledger = (verdict: Verdict): Judgment => ({
  ...{ verdict, certainty: 'in-ledger', asOfMs: 2, fromOutbox: false },
});
const agrees = (verdict: Verdict): LedgerOpinion => ({ kind: 'agrees', judgment: ledger(verdict) });
const disagrees = (verdict: Verdict): LedgerOpinion => ({ kind: 'disagrees', judgment: ledger(verdict) });

test('an agreeing ledger raises the certainty', () => {
  const headline = headlineOf({ judgment: device(ACTIVE), opinion: agrees(ACTIVE) });
  expect(headline.judgment.certainty).toBe('in-ledger');
  expect(headline.tone).toBe('go');
});

test.each([{ kind: 'asking' }, { kind: 'offline' }, { kind: 'no-answer' }] as const)(
  'without an answer the device speaks, provisionally: %o',
  (opinion) => {
    expect(headlineOf({ judgment: device(ACTIVE), opinion }).judgment.certainty).toBe('on-this-device');
    expect(headlineOf({ judgment: device(NOT_IN_DATA), opinion }).tone).toBe('ask');
  },
);

test('of two that disagree the ledger leads, and what the device said is kept', () => {
  const stopped = headlineOf({ judgment: device(ACTIVE), opinion: disagrees(SUPPLIED) });
  expect(stopped).toMatchObject({ tone: 'stop', judgment: ledger(SUPPLIED), other: device(ACTIVE) });
});

test('a recall that the device has proven for itself outlives an answer without it', () => {
  const kept = headlineOf({ judgment: device(RECALLED), opinion: disagrees(ACTIVE) });
  expect(kept).toMatchObject({ tone: 'stop', judgment: device(RECALLED), other: ledger(ACTIVE) });
});

const VERDICTS: readonly Verdict[] = [
  ...[ACTIVE, SUPPLIED, RECALLED, NOT_IN_DATA],
  { kind: 'withdrawn', state: undefined },
  { kind: 'expired', state: 'active' },
  { kind: 'mismatch', field: 'batch' },
  { kind: 'unknown-pack' },
  { kind: 'cannot-tell', why: 'no-snapshot' },
];

test('the card shows the verdict that the use cases act on', () => {
  for (const mine of VERDICTS)
    for (const theirs of VERDICTS)
      for (const fromOutbox of [false, 'event', 'receipt'] as const) {
        const judgment = device(mine, fromOutbox);
        const opinion = disagree(mine, theirs) ? disagrees(theirs) : agrees(theirs);
        const scan = { judgment, opinion };
        expect(headlineOf(scan).judgment).toBe(actingJudgment(scan));
      }
});

test('where the device has no data the ledger answers', () => {
  for (const opinion of [agrees(ACTIVE), disagrees(ACTIVE)])
    expect(headlineOf({ judgment: device(NOT_IN_DATA), opinion })).toMatchObject({
      ...{ tone: 'go', isAnsweredLive: true, other: undefined },
    });
  const unknown = headlineOf({ judgment: device(NOT_IN_DATA), opinion: agrees({ kind: 'unknown-pack' }) });
  expect(unknown.tone).toBe('stop');
});

test('an event of this device is not overruled by a ledger that has not heard of it', () => {
  const own = headlineOf({ judgment: device(SUPPLIED, 'event'), opinion: agrees(SUPPLIED) });
  expect(own.judgment.fromOutbox).toBe('event');
});
