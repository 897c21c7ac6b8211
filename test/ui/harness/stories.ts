// Each screen in each state that looks different: what the accessibility test walks through.
import type { OutageSupply } from '../../../src/app/outage-model.ts';
import type { CameraState, JudgedScan } from '../../../src/app/scan-model.ts';
import { baselineCode, encodeWhole } from '../../../src/domain/keyboard/calibration-code.ts';
import type { KeyedScan } from '../../../src/domain/keyboard/keyed-scan.ts';
import { type FakeState, NOW_MS, PHARMACY } from '../../support/fake-app.ts';
import { GERMAN_LIKE, typeText } from '../../support/keyboard.ts';
import { ALERT_STATES_SHOWN, WITH_ALERT } from './alert-stories.ts';
import {
  ACTIVE,
  AGREES,
  FORK,
  inLedger,
  JOURNEY,
  OUTBOX,
  onDevice,
  PACK,
  RAISED,
  RECORDED,
  RECORDED_ITEM,
  SAID,
  SITE_ACT,
  SUPPLIED,
  sampleScan,
  WAITING,
} from './samples.ts';

const OUTAGE_SUPPLY: OutageSupply = {
  ...{
    eventId: 'ab'.repeat(32),
    claimedTimeMs: NOW_MS - 3_600_000,
    productName: 'Albufen 400 mg, 20 tablets',
  },
  pack: { ...PACK, entryMode: 'scanned', seal: 'intact' },
  ...{ reference: null, user: 'till-2', opened: false },
};

export type Story = {
  readonly name: string;
  readonly route?: string;
  readonly state: Partial<FakeState>;
  /** The app meets a fault of its own. */
  readonly fault?: string;
};

function judged(name: string, scan: JudgedScan, state: Partial<FakeState> = {}): Story {
  return { name, state: { scan: { kind: 'judged', scan }, ...state } };
}

const VERDICTS: readonly Story[] = [
  judged('active-asking', sampleScan(ACTIVE, { kind: 'asking' })),
  judged('active-agrees', sampleScan(ACTIVE, AGREES)),
  judged('active-practice', sampleScan(ACTIVE, AGREES), { mode: { kind: 'practice' } }),
  judged(
    'active-offline-ppn',
    sampleScan(
      ACTIVE,
      { kind: 'offline' },
      {
        pack: { ...PACK, productCode: 'ppn:119000001525', expiry: '2031-10-31' },
        productName: 'Rhinoval spray, 10 ml',
        expiryDayUnspecified: true,
        notes: [{ code: 'unknown-ai', ai: '7004' }],
      },
    ),
    { isOnline: false },
  ),
  judged('supplied', sampleScan(SUPPLIED, { kind: 'agrees', judgment: inLedger(SUPPLIED) }), { offers: [] }),
  judged(
    'supplied-here',
    sampleScan(
      SUPPLIED,
      { kind: 'offline' },
      {
        judgment: { ...onDevice(SUPPLIED), fromOutbox: 'event' },
        undoable: RECORDED,
      },
    ),
    { offers: [], isOnline: false },
  ),
  judged('caps-lock', sampleScan({ kind: 'not-in-data' }, { kind: 'offline' }, { cause: 'caps-lock' }), {
    isOnline: false,
  }),
  judged(
    'lost-separator',
    sampleScan(
      { kind: 'not-in-data' },
      { kind: 'disagrees', judgment: inLedger({ kind: 'unknown-pack' }) },
      { cause: 'lost-separator' },
    ),
  ),
  judged(
    'recalled-misread',
    sampleScan({ kind: 'recalled', state: 'active' }, { kind: 'offline' }, { cause: 'caps-lock' }),
  ),
  judged('ledger-disagrees', sampleScan(ACTIVE, { kind: 'disagrees', judgment: inLedger(SUPPLIED) })),
  judged('recalled', sampleScan({ kind: 'recalled', state: 'active' }, { kind: 'no-answer' }), {
    offers: ['lock', 'destroy'],
  }),
  judged('batch-mismatch', sampleScan({ kind: 'mismatch', field: 'batch' }, { kind: 'offline' }), {
    offers: ['lock'],
  }),
  judged(
    'not-in-data',
    sampleScan({ kind: 'not-in-data' }, { kind: 'offline' }, { productName: undefined }),
    { isOnline: false },
  ),
  judged(
    'answered-live',
    sampleScan({ kind: 'not-in-data' }, { kind: 'disagrees', judgment: inLedger(ACTIVE) }),
  ),
  judged('cannot-tell', sampleScan({ kind: 'cannot-tell', why: 'snapshot-expired' }, { kind: 'offline' })),
  judged('cannot-tell-outage', sampleScan({ kind: 'cannot-tell', why: 'no-snapshot' }, { kind: 'offline' }), {
    outages: [{ reason: 'no-network', startMs: NOW_MS - 7_200_000, endMs: undefined }],
  }),
  judged('recorded', sampleScan(ACTIVE, AGREES, { recorded: RECORDED, undoable: RECORDED }), {
    items: [RECORDED_ITEM],
  }),
  judged('recorded-conflict', sampleScan(ACTIVE, { kind: 'no-answer' }, { recorded: RECORDED }), {
    items: [
      {
        ...RECORDED_ITEM,
        progress: {
          ...{ ...SAID, kind: 'conflict' },
          conflicts: [
            {
              ...{ pack: 0, why: 'not-active', state: 'supplied', alert: 'A7' },
              winner: { where: 'another-location', index: 4600 },
            },
          ],
          alerts: RAISED,
        },
      },
    ],
  }),
  judged('recorded-alert', sampleScan(ACTIVE, AGREES, { recorded: RECORDED, undoable: RECORDED }), {
    items: [{ ...RECORDED_ITEM, progress: { ...SAID, kind: 'alerted', alerts: RAISED } }],
  }),
  judged('recorded-locked', sampleScan(ACTIVE, AGREES, { recorded: { ...RECORDED, operation: 'undo' } }), {
    items: [{ ...RECORDED_ITEM, operation: 'undo', progress: { ...SAID, kind: 'locked', locked: [0] } }],
  }),
  judged('recorded-unchanged', sampleScan(ACTIVE, AGREES, { recorded: { ...RECORDED, operation: 'undo' } }), {
    items: [
      { ...RECORDED_ITEM, operation: 'undo', progress: { ...SAID, kind: 'unchanged', unchanged: [0] } },
    ],
  }),
  judged('recorded-held', sampleScan(ACTIVE, AGREES, { recorded: RECORDED }), {
    items: [{ ...RECORDED_ITEM, progress: { kind: 'rejected', reason: 'device-revoked' } }],
  }),
  judged('recorded-twice', sampleScan(ACTIVE, AGREES, { recorded: RECORDED }), {
    items: [{ ...RECORDED_ITEM, progress: { ...SAID, kind: 'repeated', repeats: [0] } }],
  }),
  judged(
    'contested',
    sampleScan(
      SUPPLIED,
      { kind: 'offline' },
      {
        judgment: { ...onDevice(SUPPLIED), fromOutbox: 'receipt' },
        contested: {
          ...{ operation: 'export', claimedTimeMs: NOW_MS - 3_600_000 },
          conflict: {
            ...{ pack: 0, why: 'not-active', state: 'supplied', alert: 'A7' },
            winner: { where: 'another-location', index: 4600 },
          },
          alerts: RAISED,
        },
      },
    ),
    { workplace: 'warehouse', offers: [], items: OUTBOX },
  ),
  judged('active-alert-open', sampleScan(ACTIVE, AGREES), WITH_ALERT),
  judged('photo-of-several', sampleScan(ACTIVE, AGREES, { entryMode: 'file' }), {
    photoPacks: ['S1', 'S2', 'S3'].map((serial) => ({
      ...{ kind: 'pack', pack: { ...PACK, serial }, expiryDayUnspecified: false, notes: [] },
    })),
  }),
  judged('warehouse', sampleScan(ACTIVE, { kind: 'offline' }), {
    workplace: 'warehouse',
    offers: ['receive', 'lock', 'export', 'destroy'],
    isOnline: false,
  }),
  judged('inspection', sampleScan(ACTIVE, AGREES), {
    workplace: 'inspection',
    offers: ['inspect', 'lock', 'sample'],
  }),
];

const FAILURES: readonly Story[] = [
  {
    name: 'unreadable',
    state: {
      scan: {
        kind: 'failed',
        failure: {
          kind: 'unreadable',
          problem: 'separator-lost',
          text: ']d20109506000100012172112312131SHELF0017U10ALB311\x1d',
        },
      },
    },
  },
  {
    name: 'incomplete',
    state: {
      scan: {
        kind: 'failed',
        failure: {
          kind: 'incomplete',
          pack: { productCode: PACK.productCode, serial: PACK.serial, batch: PACK.batch },
        },
      },
    },
  },
  { name: 'checking', state: { scan: { kind: 'checking' } } },
];

const PLAIN_CAMERA: CameraState = {
  ...{ kind: 'on', cameraId: 'a', hasTorch: false, torchOn: false, zoomFactor: 1, canFocus: true },
  ...{ cameras: [{ id: 'a', label: 'Back camera' }], zoom: undefined },
};

const PLACES: readonly Story[] = [
  { name: 'home-newcomer', state: { mode: { kind: 'practice' }, workplace: undefined } },
  {
    name: 'home-busy',
    state: {
      isOnline: false,
      items: OUTBOX,
      isPersisted: false,
      evidence: [FORK],
      isUpdateWaiting: true,
      history: [
        sampleScan(ACTIVE, AGREES, { recorded: RECORDED }),
        sampleScan(SUPPLIED, { kind: 'offline' }),
        sampleScan({ kind: 'not-in-data' }, { kind: 'offline' }, { productName: undefined }),
        sampleScan(ACTIVE, AGREES),
      ],
    },
  },
  { name: 'practice', route: 'practice', state: { mode: { kind: 'practice' } } },
  { name: 'type', route: 'type', state: {} },
  { name: 'scan-starting', route: 'scan', state: { camera: { kind: 'starting' } } },
  {
    name: 'scan-on',
    route: 'scan',
    state: {
      camera: {
        ...{ kind: 'on', cameraId: 'a', hasTorch: true, torchOn: true, zoomFactor: 2, canFocus: true },
        cameras: [
          { id: 'a', label: 'Back camera' },
          { id: 'b', label: 'Front camera' },
        ],
        zoom: { min: 1, max: 8, step: 0.1 },
      },
    },
  },
  {
    name: 'scan-passed-over',
    route: 'scan',
    state: {
      passedOver: {
        kind: 'unreadable',
        problem: 'link-without-key',
        text: ']Q1https://www.example.com/leaflet',
      },
      camera: PLAIN_CAMERA,
    },
  },
  {
    name: 'list-twins',
    route: 'list',
    state: {
      pallet: {
        ...{ kind: 'open', last: 'added', isRecording: false, containers: [] },
        lines: [{ scan: sampleScan(ACTIVE, AGREES), isTwin: true, outcome: undefined, act: undefined }],
      },
    },
  },
  {
    name: 'scan-list-twins',
    route: 'scan',
    state: {
      twins: [PACK],
      passedOver: { kind: 'taken-off' },
      camera: PLAIN_CAMERA,
      pallet: {
        ...{ kind: 'open', last: 'repeat', isRecording: false, containers: [] },
        lines: [{ scan: sampleScan(ACTIVE, AGREES), isTwin: true, outcome: undefined, act: undefined }],
      },
    },
  },
  {
    name: 'scan-guided',
    route: 'scan',
    state: {
      advice: 'less-glare',
      still: undefined,
      camera: {
        ...{ kind: 'on', cameraId: 'a', hasTorch: true, torchOn: true, zoomFactor: 2, canFocus: true },
        cameras: [
          { id: 'a', label: 'Back camera' },
          { id: 'b', label: '' },
        ],
        zoom: { min: 1, max: 8, step: 0.1 },
      },
    },
  },
  { name: 'scan-denied', route: 'scan', state: { camera: { kind: 'failed', code: 'denied' } } },
  { name: 'outbox', route: 'outbox', state: { items: OUTBOX, flush: { kind: 'failed', why: 'server' } } },
  {
    name: 'list',
    route: 'list',
    state: {
      workplace: 'warehouse',
      pallet: {
        ...{ kind: 'open', last: 'repeat', isRecording: false, containers: [] },
        lines: [
          { scan: sampleScan(ACTIVE, AGREES), isTwin: false, outcome: undefined, act: undefined },
          {
            scan: sampleScan(SUPPLIED, AGREES, { pack: { ...PACK, serial: 'SHELF0099Z' } }),
            isTwin: true,
            outcome: { ok: false, failure: { kind: 'not-allowed', why: 'not-active' } },
            act: 'supply',
          },
        ],
      },
    },
  },
  {
    name: 'home-list-open',
    state: {
      workplace: 'warehouse',
      pallet: {
        ...{ kind: 'open', last: 'added', isRecording: false, containers: [] },
        lines: [{ scan: sampleScan(ACTIVE, AGREES), outcome: undefined, act: undefined, isTwin: false }],
      },
    },
  },
  {
    name: 'home-list-empty',
    state: {
      pallet: { kind: 'open', last: undefined, isRecording: false, containers: [], lines: [] },
    },
  },
  {
    name: 'list-recorded',
    route: 'list',
    state: {
      workplace: 'warehouse',
      pallet: {
        ...{ kind: 'open', last: undefined, isRecording: false, containers: [] },
        lines: [
          {
            scan: sampleScan(ACTIVE, AGREES),
            isTwin: false,
            outcome: { ok: true, eventId: 'e1', at: 0 },
            act: 'supply',
          },
          {
            scan: sampleScan(ACTIVE, AGREES, { pack: { ...PACK, serial: 'SHELF0099Z' } }),
            isTwin: false,
            outcome: { ok: true, eventId: 'e1', at: 1 },
            act: 'supply',
          },
        ],
      },
    },
  },
  {
    name: 'list-restored',
    route: 'list',
    state: {
      workplace: 'warehouse',
      pallet: {
        ...{ kind: 'open', last: undefined, isRecording: false, containers: [] },
        lines: [
          {
            scan: sampleScan(SUPPLIED, AGREES, { undoable: RECORDED }),
            ...{ isTwin: false, outcome: undefined, act: undefined },
          },
        ],
      },
    },
  },
  {
    name: 'list-pallet',
    route: 'list',
    state: {
      workplace: 'warehouse',
      pallet: {
        ...{ kind: 'open', last: 'container', isRecording: false },
        containers: [{ sscc: '006141411234567890', outcome: undefined }],
        lines: [
          { scan: sampleScan(ACTIVE, AGREES), isTwin: false, outcome: undefined, act: undefined },
          {
            scan: sampleScan(ACTIVE, AGREES, { pack: { ...PACK, serial: 'SHELF0099Z' } }),
            ...{ isTwin: false, outcome: undefined, act: undefined },
          },
        ],
      },
    },
  },
  { name: 'outage-declare', route: 'outage', state: {} },
  {
    name: 'outage',
    route: 'outage',
    state: {
      outages: [{ reason: 'no-network', startMs: NOW_MS - 7_200_000, endMs: undefined }],
      supplies: [
        OUTAGE_SUPPLY,
        { ...OUTAGE_SUPPLY, eventId: 'cd'.repeat(32), opened: true, reference: 'R/17' },
      ],
      attention: [{ supply: OUTAGE_SUPPLY, judgment: inLedger(SUPPLIED), conflict: undefined }],
    },
  },
  {
    name: 'outbox-left-alone',
    route: 'outbox',
    state: { items: OUTBOX, flush: { kind: 'failed', why: 'server', untilMs: NOW_MS + 300_000 } },
  },
  { name: 'outbox-empty', route: 'outbox', state: {} },
  { name: 'journey', state: { trail: JOURNEY } },
  judged('journey-undo', sampleScan(SUPPLIED, { kind: 'agrees', judgment: inLedger(SUPPLIED) }), {
    trail: { ...JOURNEY, undoable: SITE_ACT },
  }),
  { name: 'journey-failed', state: { trail: { kind: 'failed', why: 'bad-proof' } } },
  { name: 'device-practice', route: 'device', state: { mode: { kind: 'practice' } } },
  {
    name: 'device',
    route: 'device',
    state: {
      evidence: [FORK],
      isPersisted: false,
      sync: { kind: 'loading', bytesDone: 1_300_000, bytesTotal: 4_200_000, msLeft: 42_000 },
      invite: {
        kind: 'shown',
        link: 'https://packtrail.example/#/enrol/q1w2e3r4t5y6u7i8o9p0/9f8e7d6c5b4a39281706f5e4d3c2b1a0',
        expiresMs: NOW_MS + 600_000,
      },
    },
  },
  {
    name: 'device-refused',
    route: 'device',
    state: { sync: { kind: 'failed', why: 'rolled-back' }, data: { kind: 'none' } },
  },
  {
    name: 'outbox-held',
    route: 'outbox',
    state: { items: [{ ...RECORDED_ITEM, progress: { kind: 'rejected', reason: 'broken-chain' } }] },
  },
  { name: 'scope', route: 'scope', state: { scope: ['gtin:09506000100012', 'gtin:09506000199993'] } },
  { name: 'scope-everything', route: 'scope', state: {} },
  {
    name: 'scope-limited',
    route: 'scope',
    state: { scope: ['gtin:09506000100012'], entitled: ['gtin:09506000100012'] },
  },
  { name: 'enrol', route: 'enrol/abcdefghijklmnop/0123456789abcdef', state: { mode: { kind: 'practice' } } },
  {
    name: 'enrol-failed',
    route: 'enrol/abcdefghijklmnop/0123456789abcdef',
    state: {
      mode: PHARMACY,
      items: [WAITING],
      enrol: { kind: 'failed', code: 'abcdefghijklmnop', why: 'code-not-valid' },
    },
  },
  {
    name: 'enrol-unsent',
    route: 'enrol/abcdefghijklmnop/0123456789abcdef',
    state: {
      mode: PHARMACY,
      items: [WAITING],
      enrol: { kind: 'idle' },
    },
  },
  {
    name: 'outbox-damaged',
    route: 'outbox',
    state: {
      ...{ mode: PHARMACY, items: [{ ...WAITING, isFormer: true }], damagedCount: 2 },
      ...{ missingEvents: { known: 12, held: 40 }, clockSkew: { aheadMs: 10_800_000, uncertainMs: 700 } },
    },
  },
  {
    name: 'enrol-another',
    route: 'enrol/qrstuvwxyzabcdef/0123456789abcdef',
    state: { mode: PHARMACY, enrol: { kind: 'done', code: 'abcdefghijklmnop' } },
  },
  { name: 'start-refused', state: { startFailure: { kind: 'store', code: 'refused' } } },
  { name: 'start-lost', state: { startFailure: { kind: 'key', code: 'lost' } } },
  {
    name: 'start-damaged-enrol',
    route: 'enrol/abcdefghijklmnop/0123456789abcdef',
    state: { startFailure: { kind: 'store', code: 'damaged' } },
  },
  { name: 'stopped', state: {}, fault: 'assertion failed: practice has a device of its own' },
  { name: 'enrol-done', route: 'enrol', state: { enrol: { kind: 'done', code: 'abcdefghijklmnop' } } },
];

const keyed = (text: string): KeyedScan => ({ text, usText: undefined, capsLock: false, endsByKey: false });
const germanLike = (text: string) => keyed(typeText(text, GERMAN_LIKE));

const SCANNERS: readonly Story[] = [
  { name: 'scanner', route: 'scanner', state: {} },
  { name: 'scanner-code', route: 'scanner', state: { setUp: (setup) => setup.begin() } },
  {
    name: 'scanner-part',
    route: 'scanner',
    state: {
      setUp(setup) {
        setup.begin();
        setup.showParts();
        setup.take(keyed('something else'));
      },
    },
  },
  {
    name: 'scanner-dead-key',
    route: 'scanner',
    state: {
      setUp(setup) {
        setup.begin();
        setup.take(germanLike(encodeWhole(baselineCode())));
      },
    },
  },
  {
    name: 'scanner-refused',
    route: 'scanner',
    state: {
      setUp(setup) {
        setup.begin();
        setup.take(keyed(encodeWhole(baselineCode()).replace(' z ', ' y ')));
      },
    },
  },
  {
    name: 'scanner-learnt',
    route: 'scanner',
    state: {
      setUp(setup) {
        setup.begin();
        setup.take(keyed(encodeWhole(baselineCode())));
      },
    },
  },
  {
    name: 'scanner-kept-and-tested',
    route: 'scanner',
    state: {
      async setUp(setup) {
        setup.begin();
        setup.take(keyed(encodeWhole(baselineCode())));
        await setup.keep('Counter 1');
        setup.take(keyed('0104012345123456172711301021\x1d21AB-7'));
      },
    },
  },
  {
    name: 'scanner-garbled',
    state: {
      scan: { kind: 'failed', failure: { kind: 'keyed', problem: 'keyboard-layout', text: '0104\0' } },
    },
  },
];

const ALERTS: readonly Story[] = ALERT_STATES_SHOWN.map(([name, state]) => ({
  name,
  route: 'alerts',
  state,
}));

export const STORIES: readonly Story[] = [...PLACES, ...ALERTS, ...SCANNERS, ...VERDICTS, ...FAILURES];
