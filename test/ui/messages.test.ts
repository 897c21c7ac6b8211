// The compiler holds the catalogue to every code; these tests hold its words to what the screens promise.
import { expect, test } from 'vitest';
import type { RecordFailure } from '../../src/app/outbox-model.ts';
import type { ScanFailure } from '../../src/app/scan-model.ts';
import type { SyncFailure } from '../../src/app/sync-model.ts';
import type { NoPackProblem, ScanNoteCode } from '../../src/domain/codes/scan.ts';
import { CONFLICT_STEPS, ROLES } from '../../src/domain/market.ts';
import { MISREADS, OWN_CAUSES } from '../../src/domain/misread.ts';
import { OPERATIONS, PACK_STATES, type PackState } from '../../src/domain/pack.ts';
import { REJECTIONS } from '../../src/domain/receipt.ts';
import { CONFLICT_REASONS } from '../../src/domain/transition.ts';
import type { CannotTell, Judgment, Verdict } from '../../src/domain/verdict.ts';
import { API_ERRORS } from '../../src/domain/wire.ts';
import { laterWords } from '../../src/ui/later-messages.ts';
import { type Advice, words } from '../../src/ui/messages.ts';
import { DATA_MS, NOW_MS } from '../support/fake-app.ts';

/** Every member of a union that the domain keeps as a type alone: a missing one does not compile. */
function all<T extends string>(members: { readonly [K in T]: true }): readonly T[] {
  return Object.keys(members) as T[];
}

const PROBLEMS = all<NoPackProblem>({
  empty: true,
  oversized: true,
  'carrier-unsupported': true,
  'product-bar-code': true,
  'case-bar-code': true,
  'logistic-unit': true,
  'not-a-code': true,
  'ai-unreadable': true,
  'value-empty': true,
  'too-short': true,
  'too-long': true,
  character: true,
  'check-digit': true,
  date: true,
  'month-date': true,
  content: true,
  coupon: true,
  'repeat-differs': true,
  'pairing-missing': true,
  'pairing-forbidden': true,
  'separator-lost': true,
  'envelope-broken': true,
  'link-malformed': true,
  'link-without-key': true,
  'link-order': true,
  'link-attribute': true,
  'no-product-code': true,
  'no-serial': true,
});

const NOTES = all<ScanNoteCode>({
  'unknown-ai': true,
  'day-unspecified': true,
  'month-date': true,
  repeated: true,
  'separator-first': true,
  'separator-doubled': true,
  'pairing-missing': true,
  'carrier-unlisted': true,
  'noise-removed': true,
  'layout-unconfirmed': true,
  'link-outdated': true,
  'batch-missing': true,
  'expiry-missing': true,
});

const CANNOT_TELL = all<CannotTell>({
  'no-snapshot': true,
  'snapshot-expired': true,
  'snapshot-withdrawn': true,
  'snapshot-damaged': true,
  'outside-scope': true,
  'unreadable-code': true,
  'incomplete-code': true,
});

const SYNC_FAILURES = all<SyncFailure>({
  offline: true,
  timeout: true,
  server: true,
  malformed: true,
  'bad-signature': true,
  'unknown-key': true,
  'missing-witnesses': true,
  'missing-auditors': true,
  voided: true,
  'rolled-back': true,
  forked: true,
  'bad-proof': true,
  stale: true,
  'wrong-hash': true,
  'storage-full': true,
  'storage-failed': true,
  'not-enrolled': true,
});

const KEY_CODES = ['unsupported', 'lost', 'failed'] as const;
const STORE_CODES = ['full', 'refused', 'damaged', 'failed'] as const;
const STATES: readonly (PackState | undefined)[] = [...PACK_STATES, undefined];

type Inactive = Exclude<PackState, 'active'>;
const inactive = (state: Inactive): Verdict => ({ kind: 'not-active', state });
const batchWide = (state: PackState | undefined): Verdict[] => [
  { kind: 'recalled', state },
  { kind: 'withdrawn', state },
  { kind: 'expired', state },
];

const VERDICTS: readonly Verdict[] = [
  { kind: 'active' },
  ...PACK_STATES.filter((state): state is Inactive => state !== 'active').map(inactive),
  ...STATES.flatMap(batchWide),
  { kind: 'mismatch', field: 'batch' },
  { kind: 'mismatch', field: 'expiry' },
  { kind: 'not-in-data' },
  { kind: 'unknown-pack' },
  ...CANNOT_TELL.map((why): Verdict => ({ kind: 'cannot-tell', why })),
];

function judgment(verdict: Verdict, change: Partial<Judgment> = {}): Judgment {
  return { verdict, certainty: 'on-this-device', asOfMs: DATA_MS, fromOutbox: false, ...change };
}

const SCAN_FAILURES: readonly ScanFailure[] = [
  ...PROBLEMS.map((problem) => ({ kind: 'unreadable', problem, text: '' }) as const),
  { kind: 'incomplete', pack: { productCode: 'gtin:09506000100012', serial: 'A' } },
  ...(['not-an-image', 'too-large', 'failed'] as const).map((code) => ({ kind: 'photo', code }) as const),
  { kind: 'no-code-in-photo' },
  ...STORE_CODES.map((code) => ({ kind: 'store', code }) as const),
];

const RECORD_FAILURES: readonly RecordFailure[] = [
  ...STORE_CODES.map((code) => ({ kind: 'store', code }) as const),
  ...KEY_CODES.map((code) => ({ kind: 'key', code }) as const),
  ...([...CONFLICT_REASONS, 'role', 'product', 'state', 'handed-over', 'opened', 'misread'] as const).map(
    (why) => ({ kind: 'not-allowed', why }) as const,
  ),
];

const ADVICE: readonly (readonly [string, Advice])[] = [
  ...SCAN_FAILURES.map((failure) => [JSON.stringify(failure), laterWords.scanFailure(failure)] as const),
  ...RECORD_FAILURES.map((failure) => [JSON.stringify(failure), laterWords.recordFailure(failure)] as const),
  ...(['denied', 'absent', 'in-use', 'insecure', 'failed'] as const).map(
    (code) => [`camera ${code}`, laterWords.camera(code)] as const,
  ),
  ...SYNC_FAILURES.map((why) => [`sync ${why}`, laterWords.syncFailure(why)] as const),
  ...([...SYNC_FAILURES, 'not-about-this-pack', 'outside-scope'] as const).map(
    (why) => [`trail ${why}`, laterWords.trailFailure(why)] as const,
  ),
  ...(['server', 'malformed', 'proof', 'store', 'not-enrolled'] as const).map(
    (why) => [`flush ${why}`, laterWords.flush({ kind: 'failed', why })] as const,
  ),
  ...REJECTIONS.map((reason) => [`rejection ${reason}`, laterWords.rejection(reason)] as const),
  ...STORE_CODES.map((code) => [`start ${code}`, words.startFailure({ kind: 'store', code })] as const),
  ...KEY_CODES.map((code) => [`start ${code}`, words.startFailure({ kind: 'key', code })] as const),
  ['start practice', words.startFailure({ kind: 'practice', code: 'not-loaded' })],
  ['stopped', words.stopped],
  ['outbox damaged', laterWords.outbox.damaged(1)],
  ['outbox missing', laterWords.outbox.missing({ known: 12, held: 40 })],
  ...(
    [
      ...(['code-not-valid', 'wrong-key', 'offline', 'server', 'unsupported'] as const),
      ...(['storage-full', 'storage-failed'] as const),
    ] as const
  ).map((why) => [`enrol ${why}`, laterWords.enrolFailure(why)] as const),
  ...[...MISREADS, ...OWN_CAUSES].map((cause) => [`cause ${cause}`, laterWords.cause(cause)] as const),
  ...(['offline', 'server'] as const).map((why) => [`invite ${why}`, laterWords.inviteFailure(why)] as const),
];

test.each(ADVICE)('a failure says what happened, what to do and what is safe: %s', (_, advice) => {
  for (const sentence of [advice.what, advice.next, advice.kept]) {
    expect(sentence).toMatch(/^[A-Z]/);
    expect(sentence).toMatch(/[.]$/);
  }
  const text = Object.values(advice).join(' ');
  // Codes of the program are not words of the field.
  for (const code of API_ERRORS.filter((error) => error.includes('-'))) expect(text).not.toContain(code);
});

test('no word calls a pack falsified, counterfeit or fake', () => {
  const spoken = [
    ...VERDICTS.flatMap((verdict) => Object.values(words.verdict(judgment(verdict), NOW_MS))),
    ...ADVICE.flatMap(([, advice]) => Object.values(advice)),
    ...NOTES.map((code) => laterWords.note({ code, ai: '21' })),
  ];
  for (const text of spoken) expect(text).not.toMatch(/falsif|counterfeit|fake|forged/i);
});

test.each(VERDICTS)('every verdict has a big word, a meaning and an advice: %o', (verdict) => {
  const said = words.verdict(judgment(verdict), NOW_MS);
  expect(said.word.length).toBeLessThanOrEqual(18);
  expect(said.meaning).toMatch(/\.$/);
  expect(said.todo).toMatch(/\.$/);
});

test('an offline miss asks for a live check and never says unknown', () => {
  const { word, meaning, todo } = words.verdict(judgment({ kind: 'not-in-data' }), NOW_MS);
  expect(`${word}: ${meaning}`).toBe("Check live: Not in this device's data (09:40).");
  expect(`${word} ${meaning} ${todo}`).not.toMatch(/unknown/i);
});

test('certainty is always worded', () => {
  const active: Verdict = { kind: 'active' };
  const said = (
    verdict: Verdict,
    change: Partial<Judgment> = {},
    mode: 'enrolled' | 'practice' = 'enrolled',
  ) => laterWords.certainty(judgment(verdict, change), NOW_MS, mode);
  expect(said(active)).toBe('On this device, provisional: in the data of 09:40');
  expect(said(active, { certainty: 'in-ledger' })).toBe("In Packtrail's ledger, asked 09:40");
  expect(said(active, { certainty: 'in-ledger' }, 'practice')).toBe('In the practice ledger, asked 09:40');
  expect(said(active, { certainty: 'confirmed-upstream' })).toMatch(/^Confirmed by the national system/);
  expect(said({ kind: 'cannot-tell', why: 'no-snapshot' }, { asOfMs: undefined })).toBe(
    'On this device, provisional: no data held',
  );
  const [event, receipt] = [said(active, { fromOutbox: 'event' }), said(active, { fromOutbox: 'receipt' })];
  expect(event).toBe('On this device, provisional: by its own record');
  expect(receipt).not.toBe(event);
});

test('an undo that finds nothing to take back says where to look, since another till may have acted', () => {
  const { what, next } = laterWords.recordFailure({ kind: 'not-allowed', why: 'undo-not-possible' });
  expect([what, next].join(' ')).not.toMatch(/has no undo|administrator/);
  expect(next).toMatch(/journey/);
});

test('only what this device did itself is called so, and may be undone', () => {
  const supplied: Verdict = { kind: 'not-active', state: 'supplied' };
  // Where there is no button for it, none is promised.
  expect(words.verdict(judgment(supplied, { fromOutbox: 'event' }), NOW_MS, true).todo).toMatch(/undo/);
  expect(words.verdict(judgment(supplied, { fromOutbox: 'event' }), NOW_MS).todo).not.toMatch(/undo/);
  const told = words.verdict(judgment(supplied, { fromOutbox: 'receipt' }), NOW_MS);
  expect(told.meaning).toMatch(/The ledger has told this device/);
  expect(told.todo).not.toMatch(/undo/);
});

test('without a national system nothing is a legal verification', () => {
  expect(laterWords.legal('confirmed-upstream', undefined)).toMatch(/not a legal verification/i);
  expect(laterWords.legal('in-ledger', 'securPharm')).toMatch(/not yet confirmed by securPharm/i);
  expect(laterWords.legal('confirmed-upstream', 'securPharm')).toBeUndefined();
});

test('operations, states, roles, notes and steps all have words', () => {
  for (const step of CONFLICT_STEPS) expect(laterWords.conflictStep(step)).toMatch(/\.$/);
  for (const operation of OPERATIONS) {
    expect(words.operation(operation).act).not.toBe('');
    expect(words.operation(operation).past).not.toBe('');
    expect(words.recorded(operation, undefined, false).meaning).toMatch(/^Recorded on this device/);
  }
  for (const state of PACK_STATES) expect(words.state(state)).not.toBe('');
  for (const role of ROLES) expect(words.role(role)).not.toBe('');
  for (const code of NOTES) expect(laterWords.note({ code, ai: undefined })).toMatch(/\.$/);
});

test('the loser of a conflict learns who and when only for its own site', () => {
  const conflict = { pack: 0, why: 'not-active', state: 'supplied', alert: 'A7' } as const;
  const elsewhere = { ...conflict, winner: { where: 'another-location', index: 7 } } as const;
  expect(laterWords.conflict(elsewhere, NOW_MS)).toMatch(/another location\.$/);
  const here = {
    ...conflict,
    winner: {
      where: 'this-site',
      index: 7,
      receiptTimeMs: DATA_MS,
      operation: 'supply',
      user: 'till-2',
    },
  } as const;
  expect(laterWords.conflict(here, NOW_MS)).toMatch(/at this site: supplied, 09:40, by till-2\.$/);
  for (const why of CONFLICT_REASONS)
    expect(laterWords.conflict({ pack: 0, why, state: null, alert: null, winner: null }, NOW_MS)).toMatch(
      /\.$/,
    );
});

test('a month is shown as printed, with the day that counts', () => {
  expect(words.format.expiry('2031-10-31', true)).toBe('Oct 2031 (until 31 Oct 2031)');
  expect(words.format.expiry('2031-10-31', false)).toBe('31 Oct 2031');
});
