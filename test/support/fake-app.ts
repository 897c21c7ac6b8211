// A root model made of plain signals: what screens show is set by hand, what they call is noted. For stories and tests
// of the screens, without any use case behind them.

import { type Signal, signal } from '@preact/signals-core';
import { createMemorySettingsStore } from '../../src/adapters/memory-stores.ts';
import type { AlertDetail, AlertList, AlertsModel } from '../../src/app/alerts-model.ts';
import type { AppMode, AppModel, InviteState, Workplace } from '../../src/app/app-model.ts';
import type { ReadPack } from '../../src/app/code-reading.ts';
import type { Outage, OutageAttention, OutageSupply } from '../../src/app/outage-model.ts';
import type {
  FlushState,
  MissingEvents,
  OutboxItem,
  RecordFailure,
  RecordRequest,
} from '../../src/app/outbox-model.ts';
import type { PalletState } from '../../src/app/pallet-model.ts';
import type { ClockSkew, ForkEvidence } from '../../src/app/ports.ts';
import type { EnrolState, RootModel, StartFailure } from '../../src/app/root-model.ts';
import type { CameraState, JudgedScan, PassedOver, ScanState } from '../../src/app/scan-model.ts';
import { createScannerSetup, type ScannerSetup } from '../../src/app/scanner-setup.ts';
import type { DataState, MissingCosigners, SyncState } from '../../src/app/sync-model.ts';
import type { TrailState } from '../../src/app/trail-model.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { CONFLICT_STEPS } from '../../src/domain/market.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { HandAdvice } from '../../src/domain/picture/hand-advice.ts';
import { ok } from '../../src/domain/result.ts';
import { overlapOf, type Scope } from '../../src/domain/snapshot/scope.ts';

/** 3 March 2026, 09:52 on the clock of whoever runs this: what the screens then show is the same everywhere. */
export const NOW_MS = new Date(2026, 2, 3, 9, 52).getTime();
export const DATA_MS = NOW_MS - 12 * 60_000;

export type Call = readonly [action: string, ...values: readonly unknown[]];

export type FakeApp = {
  readonly root: RootModel;
  readonly calls: readonly Call[];
  readonly scan: Signal<ScanState>;
  readonly camera: Signal<CameraState>;
  readonly trail: Signal<TrailState>;
  readonly enrol: Signal<EnrolState>;
  /** What `record` and `undo` answer; undefined: recorded. */
  readonly answer: { value: RecordFailure | undefined };
};

export type FakeState = {
  readonly mode: AppMode;
  readonly workplace: Workplace | undefined;
  readonly isOnline: boolean;
  readonly offers: readonly RecordRequest['operation'][];
  readonly scan: ScanState;
  readonly camera: CameraState;
  readonly history: readonly JudgedScan[];
  readonly items: readonly OutboxItem[];
  readonly flush: FlushState;
  readonly isPersisted: boolean;
  readonly damagedCount: number;
  readonly missingEvents: MissingEvents | undefined;
  readonly clockSkew: ClockSkew | undefined;
  readonly data: DataState;
  readonly sync: SyncState;
  readonly missing: readonly MissingCosigners[];
  readonly demands: readonly MissingCosigners[];
  readonly evidence: readonly ForkEvidence[];
  readonly scope: Scope;
  /** What the ledger lets the device hold. */
  readonly entitled: Scope;
  readonly trail: TrailState;
  readonly invite: InviteState;
  readonly pallet: PalletState;
  readonly outages: readonly Outage[];
  readonly supplies: readonly OutageSupply[];
  readonly attention: readonly OutageAttention[];
  readonly alerts: AlertList;
  readonly alertDetail: AlertDetail;
  readonly enrol: EnrolState;
  /** Set: nothing is open. */
  readonly startFailure: StartFailure | undefined;
  readonly isUpdateWaiting: boolean;
  readonly advice: HandAdvice | undefined;
  readonly passedOver: PassedOver | undefined;
  readonly twins: readonly Pack[];
  readonly photoPacks: readonly ReadPack[];
  /** What the camera gives to be kept. */
  readonly still: Blob | undefined;
  /** Brings the scanner screen to a state. */
  readonly setUp: (setup: ScannerSetup) => void | Promise<void>;
};

export const PHARMACY: AppMode = {
  kind: 'enrolled',
  market: 'demo',
  marketName: 'Demo market',
  siteName: 'Linden Pharmacy, Main Street',
  role: 'pharmacy',
  nationalSystem: undefined,
};

const NAMES = new Map(SHELF.map(({ printed, productName }) => [printed.productCode, productName]));

const DEFAULTS: FakeState = {
  mode: PHARMACY,
  workplace: 'counter',
  isOnline: true,
  offers: ['supply', 'lock', 'destroy', 'sample', 'stolen'],
  scan: { kind: 'idle' },
  camera: { kind: 'off' },
  history: [],
  items: [],
  flush: { kind: 'idle' },
  isPersisted: true,
  damagedCount: 0,
  missingEvents: undefined,
  clockSkew: undefined,
  data: {
    kind: 'held',
    publishedMs: DATA_MS,
    expiresMs: DATA_MS + 24 * 3_600_000,
    packs: 100_000,
    bytes: 217_000,
    scope: null,
    logSize: 4_711,
    manifestId: '5f3c9a0b77d14e62',
    isWithdrawn: false,
  },
  sync: { kind: 'idle' },
  missing: [],
  demands: [],
  evidence: [],
  scope: null,
  entitled: null,
  trail: { kind: 'closed' },
  invite: { kind: 'closed' },
  pallet: { kind: 'closed' },
  ...{ outages: [], supplies: [], attention: [] },
  alerts: { ...{ lines: [], asOfMs: NOW_MS, failure: undefined }, isLoading: false, hasMore: false },
  alertDetail: { kind: 'none' },
  enrol: { kind: 'idle' },
  startFailure: undefined,
  isUpdateWaiting: false,
  advice: undefined,
  passedOver: undefined,
  twins: [],
  photoPacks: [],
  still: new Blob(['picture'], { type: 'image/jpeg' }),
  setUp: () => undefined,
};

export function createFakeApp(change: Partial<FakeState> = {}): FakeApp {
  const state = { ...DEFAULTS, ...change };
  const calls: Call[] = [];
  const scan = signal(state.scan);
  const camera = signal(state.camera);
  const trail = signal(state.trail);
  const enrol = signal(state.enrol);
  const invite = signal(state.invite);
  const workplace = signal(state.workplace);
  const answer: FakeApp['answer'] = { value: undefined };
  const note = (action: string, ...values: readonly unknown[]) => void calls.push([action, ...values]);
  const noteLater = async (action: string, ...values: readonly unknown[]) => note(action, ...values);

  function record(request: RecordRequest): RecordFailure | undefined {
    note('record', request);
    if (answer.value) return answer.value;
    const { operation } = request;
    const { judgment: before } = request.scan;
    const recorded = { eventId: 'e1', operation, claimedTimeMs: NOW_MS, before };
    scan.value = { kind: 'judged', scan: { ...request.scan, recorded, undoable: recorded } };
    return undefined;
  }

  // The real one, so that a story can feed it scans.
  const clock = { nowMs: () => NOW_MS, every: () => () => undefined };
  const scannerSetup = createScannerSetup({ settings: createMemorySettingsStore(), clock });

  const alertDetail = signal(state.alertDetail);
  const alerts: AlertsModel = {
    ...{ open: signal(state.alerts), closed: signal(DEFAULTS.alerts), detail: alertDetail },
    waiting: signal(state.alerts.lines.length),
    refresh: () => noteLater('refreshAlerts'),
    refreshClosed: () => noteLater('refreshClosedAlerts'),
    more: (closed) => noteLater('moreAlerts', closed),
    read: async (id) => {
      note('readAlert', id);
      alertDetail.value = { kind: 'loading' };
    },
    leave() {
      note('leaveAlert');
      alertDetail.value = { kind: 'none' };
    },
    take: (action) => noteLater('takeAlertStep', action),
    openOn: ({ serial }) => state.alerts.lines.find(({ pack }) => pack.serial === serial),
  };

  const app: AppModel = {
    mode: state.mode,
    workplace,
    online: signal(state.isOnline),
    clockSkew: signal(state.clockSkew),
    nowMs: signal(NOW_MS),
    signalling: {
      choice: signal({ sound: true, shake: false }),
      canShake: true,
      choose: (choice) => noteLater('chooseSignals', choice),
      tell: (kind) => note('tell', kind),
    },
    scanner: {
      marks: signal([]),
      marksMotion: signal({ dx: 0, dy: 0, frameMs: 0 }),
      passedOver: signal(state.passedOver),
      twins: signal(state.twins),
      photoPacks: signal(state.photoPacks),
      camera,
      state: scan,
      history: signal(state.history),
      openCamera: (preview) => noteLater('openCamera', preview),
      closeCamera: () => note('closeCamera'),
      chooseCamera: (id) => noteLater('chooseCamera', id),
      setTorch: (on) => noteLater('setTorch', on),
      setZoom: (factor) => noteLater('setZoom', factor),
      focusAt: (point) => noteLater('focusAt', point),
      advice: signal(state.advice),
      takeStill: async () => state.still,
      openSetup: async () => {
        const setup = await scannerSetup;
        await state.setUp(setup);
        return { setup, release: () => note('releaseSetup') };
      },
      readPhoto: (file) => noteLater('readPhoto', file),
      readText: (text, entryMode) => noteLater('readText', text, entryMode),
      readTyped: (code) => noteLater('readTyped', code),
      recheck: () => noteLater('recheck'),
      reopen: ({ pack }) => noteLater('reopen', pack),
      explain: () => note('explain'),
      dismiss() {
        note('dismiss');
        scan.value = { kind: 'idle' };
      },
    },
    outbox: {
      unsentCount: signal(state.items.length),
      items: signal(state.items),
      progressOf: (eventId) =>
        state.items.find((item) => item.eventId === eventId)?.progress ?? { kind: 'proven' },
      flushState: signal(state.flush),
      persisted: signal(state.isPersisted),
      damagedCount: signal(state.damagedCount),
      missing: signal(state.missingEvents),
      exportFiles: async () => undefined,
      record: async (request) => record(request),
      undo: async (request) => {
        note('undo', request.handedOver, ...(request.act ? [request.act.id] : []));
        return request.handedOver ? { kind: 'not-allowed', why: 'handed-over' } : answer.value;
      },
      recordAll: async (request) => {
        note('recordAll', request.operation, request.scans.length);
        return request.scans.map((_, at) => ({ ok: true, eventId: 'e1', at }));
      },
      undoAll: async (request) => {
        note('undoAll', request.scans.length, request.handedOver);
        return request.scans.map((_, at) => ({ ok: true, eventId: 'e2', at }));
      },
      recordOutage: async (request) => {
        note('recordOutage', request.reason);
        return answer.value;
      },
      flush: () => noteLater('flush'),
      acknowledge: (place) => noteLater('acknowledge', place),
      acknowledgeDamaged: () => noteLater('acknowledgeDamaged'),
    },
    conflictSteps: CONFLICT_STEPS,
    pallet: {
      state: signal(state.pallet),
      open: () => note('openPallet'),
      openWithPhoto: () => note('openWithPhoto'),
      close: () => note('closePallet'),
      remove: ({ scan: { pack } }) => note('removeFromPallet', pack.serial),
      offers: () => {
        const containers = state.pallet.kind === 'open' ? state.pallet.containers.length : 0;
        return [{ operation: 'receive', packs: 2, containers }];
      },
      removeContainer: (sscc) => note('removeContainer', sscc),
      record: (request, asked) => noteLater('recordPallet', request.operation, request.seal, asked.length),
      undoable: () =>
        state.pallet.kind === 'open' ? state.pallet.lines.filter(({ outcome }) => outcome?.ok).length : 0,
      undo: (handedOver, asked) => noteLater('undoPallet', handedOver, asked.length),
    },
    outages: {
      mayDeclare: true,
      ...{ outages: signal(state.outages), uncheckedCount: signal(0), attention: signal(state.attention) },
      declare: async (reason) => {
        note('declareOutage', reason);
        return answer.value;
      },
      end: async () => {
        note('endOutage');
        return answer.value;
      },
      suppliesIn: async () => state.supplies,
    },
    alerts: { model: signal(alerts), load: async () => alerts },
    sync: {
      data: signal(state.data),
      state: signal(state.sync),
      missing: signal(state.missing),
      demands: state.demands,
      evidence: signal(state.evidence),
      scope: signal(state.scope),
      changeScope: async (next) => {
        note('changeScope', next);
        return ok(overlapOf(next, state.entitled));
      },
      sizeOf: async (scope) => {
        const packs = scope ? scope.length * 12_000 : 100_000;
        return ok({ packs, bytes: packs * 2.17, bytesToLoad: packs });
      },
      syncNow: () => noteLater('syncNow'),
    },
    nameOf: (productCode) => NAMES.get(productCode),
    findProducts: (text) =>
      [...NAMES]
        .map(([productCode, name]) => ({ productCode, name }))
        .filter(({ name }) => text !== '' && name.toLowerCase().includes(text.toLowerCase())),
    trail: {
      exportProof: async () => ok('proof'),
      state: trail,
      open: (pack) => noteLater('openTrail', pack),
      close() {
        note('closeTrail');
        trail.value = { kind: 'closed' };
      },
    },
    offers: () => state.offers,
    async chooseWorkplace(choice) {
      note('chooseWorkplace', choice);
      workplace.value = choice;
    },
    demoPacks:
      state.mode.kind === 'practice'
        ? SHELF.map(({ id, title, printed }) => ({ id, title, text: printed.serial }))
        : [],
    invite,
    openInvite: () => noteLater('openInvite'),
    closeInvite: () => note('closeInvite'),
    start: () => noteLater('start'),
    stop: () => note('stop'),
  };
  const root: RootModel = {
    app: signal(state.startFailure ? undefined : app),
    startFailure: signal(state.startFailure),
    start: () => noteLater('start'),
    practise: () => noteLater('practise'),
    enrol,
    enrolWith: (code, keyHash) => noteLater('enrolWith', code, keyHash),
    updateWaiting: signal(state.isUpdateWaiting),
    exportOutbox: async () => undefined,
    acceptUpdate: () => note('acceptUpdate'),
  };
  return { root, calls, scan, camera, trail, enrol, answer };
}
