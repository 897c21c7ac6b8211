import { expect, test } from 'vitest';
import { PACK_STATES } from '../../src/domain/pack.ts';
import type { Finding } from '../../src/domain/snapshot/lookup.ts';
import {
  disagree,
  type Judgment,
  judgeInLedger,
  judgeOnDevice,
  type SnapshotStatus,
  type Tightened,
  tighten,
  type Verdict,
} from '../../src/domain/verdict.ts';
import { PACK } from '../support/sample-events.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 10);
const HELD: SnapshotStatus = {
  kind: 'held',
  publishedMs: NOW_MS - 1_200_000,
  expiresMs: NOW_MS + 1,
  isWithdrawn: false,
};
const batch = { expiry: 20311231, recalled: false, withdrawn: false };
const hit = (state: (typeof PACK_STATES)[number], change = {}): Finding => ({
  kind: 'hit',
  state,
  batch: { ...batch, ...change },
});
const judge = (finding: Finding | 'outside-scope' | undefined, snapshot: SnapshotStatus = HELD) =>
  judgeOnDevice(PACK, snapshot, finding, undefined, NOW_MS);

test('each state has its verdict, on this device, with the age of the data', () => {
  for (const state of PACK_STATES)
    expect(judge(hit(state))).toEqual({
      verdict: state === 'active' ? { kind: 'active' } : { kind: 'not-active', state },
      certainty: 'on-this-device',
      asOfMs: HELD.publishedMs,
      fromOutbox: false,
    });
});

test.each([
  [
    'a withdrawn product before a recalled batch',
    hit('active', { recalled: true, withdrawn: true }),
    { kind: 'withdrawn', state: 'active' },
  ],
  ['a recalled batch', hit('supplied', { recalled: true }), { kind: 'recalled', state: 'supplied' }],
  [
    'a recalled batch whose pack is not in the data',
    { kind: 'miss', batch: { ...batch, recalled: true } },
    { kind: 'recalled', state: undefined },
  ],
  ['a mismatch', { kind: 'mismatch', field: 'batch' }, { kind: 'mismatch', field: 'batch' }],
  ['a miss', { kind: 'miss', batch: null }, { kind: 'not-in-data' }],
  [
    'an expired batch without states',
    { kind: 'state-not-held', batch },
    { kind: 'expired', state: undefined },
  ],
] as const)('%s', (_, finding, verdict) => {
  expect(judge(finding as Finding).verdict).toEqual(verdict);
});

test('a pack is expired from the day after its date', () => {
  const expired = { ...PACK, expiry: '2026-11-21' };
  const today = { ...PACK, expiry: '2026-11-22' };
  expect(judgeOnDevice(expired, HELD, hit('active'), undefined, NOW_MS).verdict.kind).toBe('expired');
  expect(judgeOnDevice(today, HELD, hit('active'), undefined, NOW_MS).verdict.kind).toBe('active');
});

test('no failure and no old data vouches for a pack', () => {
  const stale = { ...HELD, expiresMs: NOW_MS - 1 } as SnapshotStatus;
  expect(judge(hit('active'), stale).verdict).toEqual({ kind: 'cannot-tell', why: 'snapshot-expired' });
  expect(judge(hit('supplied'), stale).verdict).toEqual({ kind: 'not-active', state: 'supplied' });
  expect(judge(undefined).verdict).toEqual({ kind: 'cannot-tell', why: 'no-snapshot' });
  expect(judge(undefined, { kind: 'absent' }).verdict).toEqual({ kind: 'cannot-tell', why: 'no-snapshot' });
  expect(judge('outside-scope').verdict).toEqual({ kind: 'cannot-tell', why: 'outside-scope' });
  const damaged = { kind: 'damaged', publishedMs: 1 } as const;
  expect(judge(hit('active'), damaged).verdict).toEqual({ kind: 'cannot-tell', why: 'snapshot-damaged' });
  // Nor does the device's own undo.
  const undone = { state: 'active', claimedTimeMs: NOW_MS, from: 'event' } as const;
  expect(judgeOnDevice(PACK, stale, hit('supplied'), undone, NOW_MS).verdict.kind).toBe('cannot-tell');
  expect(judgeOnDevice(PACK, damaged, undefined, undone, NOW_MS).verdict.kind).toBe('cannot-tell');
});

test('what this device did overrides older data, never a warning', () => {
  const own = { state: 'supplied', claimedTimeMs: NOW_MS, from: 'event' } as const;
  expect(judgeOnDevice(PACK, HELD, hit('active'), own, NOW_MS)).toMatchObject({
    verdict: { kind: 'not-active', state: 'supplied' },
    fromOutbox: 'event',
  });
  expect(judgeOnDevice(PACK, HELD, hit('active', { recalled: true }), own, NOW_MS).verdict).toEqual({
    kind: 'recalled',
    state: 'supplied',
  });
});

test('the ledger alone may say that a pack is unknown', () => {
  expect(judgeInLedger(PACK, { kind: 'miss', batch: null }, NOW_MS, NOW_MS)).toMatchObject({
    verdict: { kind: 'unknown-pack' },
    certainty: 'in-ledger',
  });
});

test('disagreement is what leads to another action', () => {
  expect(disagree({ kind: 'active' }, { kind: 'not-active', state: 'supplied' })).toBe(true);
  expect(disagree({ kind: 'not-active', state: 'supplied' }, { kind: 'not-active', state: 'locked' })).toBe(
    true,
  );
  expect(disagree({ kind: 'active' }, { kind: 'active' })).toBe(false);
  expect(disagree({ kind: 'not-in-data' }, { kind: 'unknown-pack' })).toBe(false);
  expect(disagree({ kind: 'cannot-tell', why: 'no-snapshot' }, { kind: 'active' })).toBe(false);
  for (const kind of ['recalled', 'withdrawn', 'expired'] as const) {
    expect(disagree({ kind, state: undefined }, { kind, state: 'active' })).toBe(false);
    expect(disagree({ kind, state: 'active' }, { kind, state: 'supplied' })).toBe(true);
    expect(disagree({ kind, state: undefined }, { kind: 'active' })).toBe(true);
  }
});

test('news only tightens: what stops a pack already is not replaced by less', () => {
  const verdicts: readonly Verdict[] = [
    ...([{ kind: 'active' }, { kind: 'not-in-data' }, { kind: 'cannot-tell', why: 'no-snapshot' }] as const),
    ...([
      { kind: 'not-active', state: 'supplied' },
      { kind: 'expired', state: 'active' },
    ] as const),
    ...([
      { kind: 'recalled', state: 'active' },
      { kind: 'withdrawn', state: undefined },
    ] as const),
    ...([{ kind: 'mismatch', field: 'batch' }, { kind: 'unknown-pack' }] as const),
  ];
  const after = (verdict: Verdict, ...operations: Tightened['operation'][]) => {
    const judgment: Judgment = { verdict, certainty: 'on-this-device', asOfMs: 1, fromOutbox: 'event' };
    const news = operations.map((operation) => ({ operation, receivedMs: 7 }));
    const tightened = tighten(judgment, news);
    if (tightened.verdict === verdict) expect(tightened).toBe(judgment);
    else expect(tightened).toMatchObject({ certainty: 'on-this-device', asOfMs: 7, fromOutbox: false });
    const now = tightened.verdict;
    return 'state' in now ? `${now.kind} ${now.state}` : now.kind;
  };
  const told = (...operations: Tightened['operation'][]) =>
    verdicts.map((each) => after(each, ...operations));
  const kept = ['mismatch', 'unknown-pack'];
  expect(told('lock')).toEqual([
    ...['not-active locked', 'not-active locked', 'not-active locked', 'not-active supplied'],
    ...['expired locked', 'recalled locked', 'withdrawn undefined', ...kept],
  ]);
  expect(told('recall')).toEqual([
    ...['recalled active', 'recalled undefined', 'recalled undefined', 'recalled supplied'],
    ...['recalled active', 'recalled active', 'withdrawn undefined', ...kept],
  ]);
  expect(told('recall', 'withdraw', 'lock')).toEqual([
    ...['withdrawn locked', 'withdrawn locked', 'withdrawn locked', 'withdrawn supplied'],
    ...['withdrawn locked', 'withdrawn locked', 'withdrawn undefined', ...kept],
  ]);
  expect(told()).toContain('active');
});
