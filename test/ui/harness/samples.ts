// Invented scans, events and journeys that the stories show.
import type { SiteAct } from '../../../src/app/outbox-model.ts';
import type { Done, JudgedScan, LedgerOpinion } from '../../../src/app/scan-model.ts';
import type { TrailStepView } from '../../../src/app/trail-model.ts';
import { alertId } from '../../../src/domain/alerts/alert.ts';
import type { NamedAlert } from '../../../src/domain/receipt.ts';
import type { Judgment, Verdict } from '../../../src/domain/verdict.ts';
import { DATA_MS, type FakeState, NOW_MS } from '../../support/fake-app.ts';
import { sampleEvent } from '../../support/sample-events.ts';

export const PACK = {
  ...{ productCode: 'gtin:09506000100012', serial: 'SHELF0001A' },
  ...{ batch: 'ALB311', expiry: '2031-12-31' },
};

export function onDevice(verdict: Verdict): Judgment {
  return { verdict, certainty: 'on-this-device', asOfMs: DATA_MS, fromOutbox: false };
}

export function inLedger(verdict: Verdict): Judgment {
  return { verdict, certainty: 'in-ledger', asOfMs: NOW_MS, fromOutbox: false };
}

export function sampleScan(
  verdict: Verdict,
  opinion: LedgerOpinion,
  change: Partial<JudgedScan> = {},
): JudgedScan {
  return {
    pack: PACK,
    expiryDayUnspecified: false,
    productName: 'Albufen 400 mg, 20 tablets',
    entryMode: 'scanned',
    notes: [],
    judgment: onDevice(verdict),
    opinion,
    recorded: undefined,
    undoable: undefined,
    contested: undefined,
    cause: undefined,
    ...change,
  };
}

export const ACTIVE: Verdict = { kind: 'active' };
export const SUPPLIED: Verdict = { kind: 'not-active', state: 'supplied' };
export const AGREES: LedgerOpinion = { kind: 'agrees', judgment: inLedger(ACTIVE) };
export const RECORDED: Done = {
  ...{ eventId: 'e1', operation: 'supply', claimedTimeMs: NOW_MS },
  before: inLedger(ACTIVE),
};

export const SAID = {
  index: 4700,
  conflicts: [],
  locked: [],
  unchanged: [],
  alerts: [],
  repeats: [],
} as const;
export const RAISED: readonly NamedAlert[] = [
  { pack: 0, kind: 'A7', id: alertId('demo', 'ab'.repeat(32), 0, 'A7') },
];

export const WAITING = {
  sequence: 12,
  place: 12,
  isFormer: false,
  eventId: 'e12',
  operation: 'supply',
  claimedTimeMs: NOW_MS - 180_000,
  packs: [PACK],
  containers: [],
  productName: 'Albufen 400 mg, 20 tablets',
  progress: { kind: 'waiting' },
} as const;
export const RECORDED_ITEM = { ...WAITING, eventId: RECORDED.eventId, sequence: 13 };

export const OUTBOX: FakeState['items'] = [
  WAITING,
  { ...WAITING, sequence: 11, operation: 'lock', progress: { kind: 'proving', index: 4711 } },
  {
    ...WAITING,
    sequence: 10,
    progress: {
      ...{ ...SAID, kind: 'conflict' },
      index: 4700,
      conflicts: [
        {
          pack: 0,
          why: 'not-active',
          state: 'supplied',
          alert: 'A7',
          winner: { where: 'another-location', index: 4600 },
        },
      ],
      alerts: RAISED,
    },
  },
  {
    ...WAITING,
    sequence: 9,
    progress: {
      ...{ ...SAID, kind: 'conflict' },
      index: 4690,
      conflicts: [
        {
          pack: 0,
          why: 'not-active',
          state: 'supplied',
          alert: 'A7',
          winner: {
            ...{ where: 'this-site', index: 4600, receiptTimeMs: NOW_MS - 7_200_000 },
            ...{ operation: 'supply', user: 'till-2' },
          },
        },
      ],
      alerts: [],
    },
  },
  { ...WAITING, sequence: 8, progress: { kind: 'rejected', reason: 'operation-not-allowed' } },
];

export const CHECKPOINT =
  'packtrail.example/ledger\n4711\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— packtrail.example/ledger Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';

export function step(
  change: Partial<TrailStepView> & Pick<TrailStepView, 'index' | 'operation'>,
): TrailStepView {
  return {
    receiptTimeMs: NOW_MS - (5000 - change.index) * 60_000,
    where: { organisation: 'Albion Pharma', site: 'Plant 2', role: 'manufacturer', own: false },
    user: undefined,
    container: undefined,
    ...{ leaf: new Uint8Array(32), entry: undefined },
    evidence: 'proven',
    ...change,
  };
}

export const SITE_ACT: SiteAct = {
  ...{ id: 'cd'.repeat(32), receiptTimeMs: NOW_MS - 3_600_000 },
  event: sampleEvent('supply', [PACK], { organisation: 'rose', site: 'main' }),
};

export const JOURNEY: Extract<FakeState['trail'], { kind: 'shown' }> = {
  kind: 'shown',
  undoable: undefined,
  pack: PACK,
  productName: 'Albufen 400 mg, 20 tablets',
  logSize: 4711,
  checkpoint: CHECKPOINT,
  steps: [
    step({ index: 12, operation: 'commission' }),
    step({ index: 40, operation: 'pack', container: '095060001000000018' }),
    step({
      index: 88,
      operation: 'ship',
      receiptTimeMs: undefined,
      where: undefined,
      ...{ leaf: new Uint8Array(32), entry: undefined },
      evidence: 'leaf-proven',
    }),
    step({
      index: 4650,
      operation: 'supply',
      user: 'till-2',
      where: { organisation: 'Linden Pharmacy', site: 'Main Street', role: 'pharmacy', own: true },
    }),
  ],
};

export const FORK = {
  log: 'ledger',
  seen: CHECKPOINT,
  offered: CHECKPOINT,
  foundMs: NOW_MS - 60_000,
} as const;
