// From a symbol in front of a camera to a verdict on screen. One pack at a time: while a verdict shows, further frames
// are ignored until it is dismissed, and the pack just seen does not come back by itself.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import type { MarketRules } from '../domain/market.ts';
import type { EntryMode, Pack } from '../domain/pack.ts';
import { createCameraControl } from './camera-control.ts';
import { type CodeReading, chooseSymbol, readCode, readTyped } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import type { ManyScan, ManyShown } from './many-scan.ts';
import { actingJudgment } from './permission.ts';
import { KeyError, type Ports, StoreError } from './ports.ts';
import { type DecodedSymbol, DecoderError, type ScanView } from './ports-scan.ts';
import type { JudgedScan, Recorded, ScanFailure, ScannerModel, ScanState } from './scan-model.ts';
import type { Assessment, Verifier } from './verifier.ts';
import { createWedgeReading } from './wedge-reading.ts';

/** A pack that stays in view while its verdict is read is not scanned again at once. */
const REPEAT_MS = 2_000;
const HISTORY_MAX = 200;

const PACKS: ScanView = { aim: 'one', carriers: 'packs' };
const SHELF: ScanView = { aim: 'many', carriers: 'packs-and-cases' };

export type ScannerContext = {
  readonly ports: Pick<Ports, 'camera' | 'clock' | 'photoReader' | 'settings' | 'wedge'>;
  readonly verifier: Verifier;
  readonly rules: Pick<MarketRules, 'malformedDate'>;
  nameOf(productCode: string): string | undefined;
};

export type Scanner = ScannerModel & {
  /** Listens to keyboard-wedge scanners. Returns a function that stops it. */
  start(): () => void;
  /** From the next opening of the camera on every pack in its view is judged, once; or again one at a time. */
  scanMany(on: boolean): void;
  /** Shows on the pack's newest scan what has just been done to it. */
  noteRecorded(scan: JudgedScan, recorded: Recorded): Promise<void>;
};

type Shown = { readonly id: number; readonly scan: JudgedScan };
type ReadPack = Extract<CodeReading, { readonly kind: 'pack' }>;

export function createScanner({ ports, verifier, rules, nameOf }: ScannerContext): Scanner {
  const { malformedDate: dates } = rules;
  const { clock, photoReader, wedge } = ports;
  const state = signal<ScanState>({ kind: 'idle' });
  const history = signal<readonly JudgedScan[]>([]);
  const camera = createCameraControl(ports, takeSymbols, () => (isMany ? SHELF : PACKS));
  const shownMany: ManyShown = { marks: signal([]), passedOver: signal(undefined) };
  let many: ManyScan | undefined;
  let manyLoading: Promise<void> | undefined;
  let isMany = false;
  let entries: readonly Shown[] = [];
  let shownId: number | undefined;
  let lastSeen: { readonly text: string; readonly seenMs: number } | undefined;
  /** Counts what came in and dismissals: only the newest may change what is shown. */
  let newest = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const wedgeReading = createWedgeReading(ports, dates);
  let keyedWaiting = 0;
  let setupTakes: ((scan: KeyedScan) => void) | undefined;

  function take(reading: CodeReading, entryMode: EntryMode): Promise<void> {
    const mine = ++newest;
    shownId = undefined;
    if (reading.kind === 'failed') {
      fail(mine, reading.failure);
      return Promise.resolve();
    }
    state.value = { kind: 'checking' };
    // In turn, so that the history keeps the order in which packs came.
    const judged = turn.then(() => judge(mine, reading, entryMode));
    turn = judged.catch(() => undefined);
    return judged;
  }

  async function judge(mine: number, reading: ReadPack, entryMode: EntryMode): Promise<void> {
    try {
      const assessment = await verifier.assess(reading.pack);
      const { judgment, undoable, contested } = assessment;
      const cause = await verifier.causeOf(reading, assessment);
      const { pack, expiryDayUnspecified, notes } = reading;
      const scan: JudgedScan = {
        ...{ pack, expiryDayUnspecified, productName: nameOf(pack.productCode), entryMode, notes },
        ...{ judgment, opinion: { kind: 'asking' }, recorded: undefined, undoable, contested, cause },
      };
      entries = [{ id: mine, scan }, ...entries].slice(0, HISTORY_MAX);
      if (mine === newest) shownId = mine;
      publish();
      void askLedger(mine, pack, assessment);
    } catch (error) {
      const code = storeCodeOf(error);
      if (code === undefined) throw error;
      fail(mine, { kind: 'store', code });
    }
  }

  async function recheck(): Promise<void> {
    const shown = entries.find(({ id }) => id === shownId);
    if (!shown || shown.scan.opinion.kind === 'asking') return;
    const { id, scan } = shown;
    update(id, { opinion: { kind: 'asking' } });
    try {
      const assessment = await verifier.assess(scan.pack);
      const { judgment, undoable, contested } = assessment;
      const cause = await verifier.causeOf(scan, assessment);
      update(id, { judgment, undoable, contested, cause });
      await askLedger(id, scan.pack, assessment);
    } catch (error) {
      const code = storeCodeOf(error);
      if (code === undefined) throw error;
      update(id, { opinion: scan.opinion });
      if (id === shownId) state.value = { kind: 'failed', failure: { kind: 'store', code } };
    }
  }

  function reopen({ pack, expiryDayUnspecified, notes, entryMode }: JudgedScan): Promise<void> {
    return take({ kind: 'pack', pack, expiryDayUnspecified, notes }, entryMode);
  }

  async function askLedger(id: number, pack: Pack, assessment: Assessment): Promise<void> {
    const opinion = await verifier.askLedger(pack, assessment);
    update(id, { opinion });
  }

  function update(id: number, change: Partial<JudgedScan>): void {
    entries = entries.map((entry) => (entry.id === id ? { id, scan: { ...entry.scan, ...change } } : entry));
    publish();
  }

  function publish(): void {
    history.value = entries.map((entry) => entry.scan);
    const shown = entries.find((entry) => entry.id === shownId);
    if (shown) state.value = { kind: 'judged', scan: shown.scan };
  }

  function fail(mine: number, failure: ScanFailure): void {
    if (mine === newest) state.value = { kind: 'failed', failure };
  }

  async function noteRecorded(acted: JudgedScan, recorded: Recorded): Promise<void> {
    const { pack } = acted;
    const entry = entries.find(({ scan }) => isSamePack(scan.pack, pack));
    if (!entry) return;
    update(entry.id, { recorded: { ...recorded, before: actingJudgment(acted) } });
    try {
      const assessment = await verifier.assess(pack);
      const { judgment, undoable, contested } = assessment;
      update(entry.id, { judgment, undoable, contested });
      // What the ledger said before the event is no answer to what the device says now.
      await askLedger(entry.id, pack, assessment);
    } catch (error) {
      // The event is on disk; only the card's second look at the pack is missing.
      if (storeCodeOf(error) === undefined) throw error;
    }
  }

  function takeSymbols(symbols: readonly DecodedSymbol[]): void {
    const nowMs = clock.nowMs();
    if (isMany) {
      if (many) many.take(symbols, nowMs);
      else void loadMany();
      return;
    }
    if (isBusy(state.value)) {
      if (symbols.some(({ text }) => text === lastSeen?.text)) see(lastSeen?.text ?? '', nowMs);
      return;
    }
    const choice = chooseSymbol(symbols, nowMs, dates);
    if (!choice) return;
    const isNew = !isRepeat(choice.text, nowMs);
    // What is wrong stays on screen until something better comes into view.
    if (isNew && state.value.kind === 'failed' && !isUseful(choice.reading)) return;
    // Again and again, for as long as it stays in view.
    see(choice.text, nowMs);
    if (!isNew) return;
    if (choice.reading.kind === 'failed') camera.holdStill();
    void take(choice.reading, 'scanned');
  }

  function see(text: string, seenMs: number): void {
    lastSeen = { text, seenMs };
  }

  function isRepeat(text: string, nowMs: number): boolean {
    return text === lastSeen?.text && Math.abs(nowMs - lastSeen.seenMs) < REPEAT_MS;
  }

  /** A handheld scanner means its next scan: it replaces what is shown, except its own echo. */
  async function takeWedge(scan: KeyedScan): Promise<void> {
    if (setupTakes) return setupTakes(scan);
    const nowMs = clock.nowMs();
    const isEcho = (keyedWaiting > 0 || state.value.kind !== 'idle') && isRepeat(scan.text, nowMs);
    see(scan.text, nowMs);
    if (isEcho) return;
    keyedWaiting++;
    const reading = await wedgeReading.read(scan);
    keyedWaiting--;
    await take(reading, 'scanned');
  }

  async function openSetup(): ReturnType<ScannerModel['openSetup']> {
    const setup = await wedgeReading.setup();
    const takes = (scan: KeyedScan) => setup.take(scan);
    setupTakes = takes;
    const release = () => {
      if (setupTakes === takes) setupTakes = undefined;
    };
    return { setup, release };
  }

  async function readPhoto(file: object): Promise<void> {
    const mine = ++newest;
    shownId = undefined;
    state.value = { kind: 'reading-photo' };
    try {
      const symbols = await photoReader.readPhoto(file);
      if (mine !== newest) return;
      const choice = chooseSymbol(symbols, clock.nowMs(), dates);
      if (choice) await take(choice.reading, 'file');
      else fail(mine, { kind: 'no-code-in-photo' });
    } catch (error) {
      if (!(error instanceof DecoderError)) throw error;
      fail(mine, { kind: 'photo', code: error.code });
    }
  }

  function dismiss(): void {
    newest += 1;
    shownId = undefined;
    state.value = { kind: 'idle' };
    camera.beginSearch();
  }

  function scanMany(on: boolean): void {
    isMany = on;
    many?.forget();
    if (on) void loadMany();
  }

  function loadMany(): Promise<void> {
    manyLoading ??= import('./many-scan.ts').then(
      ({ createManyScan }) => {
        many ??= createManyScan((reading) => take(reading, 'scanned'), history, dates, shownMany);
      },
      // A first visit whose network broke off; the browser has logged what could not be fetched. The next frame tries again.
      () => {
        manyLoading = undefined;
      },
    );
    return manyLoading;
  }

  const signals: Pick<ScannerModel, 'state' | 'history' | 'marks' | 'passedOver' | 'advice'> & {
    camera: ScannerModel['camera'];
  } = {
    state: state as ReadonlySignal<ScanState>,
    ...{ history, ...shownMany },
    ...{ camera: camera.state, advice: camera.advice },
  };
  return {
    ...signals,
    openCamera: camera.open,
    closeCamera: camera.close,
    chooseCamera: camera.choose,
    setTorch: camera.setTorch,
    setZoom: camera.setZoom,
    focusAt: camera.focusAt,
    takeStill: camera.takeStill,
    ...{ scanMany, openSetup, readPhoto, recheck, reopen, dismiss, noteRecorded },
    readText: (text, entryMode) => take(readCode(text, clock.nowMs(), dates), entryMode),
    readTyped: (code) => take(readTyped(code), 'typed'),
    start: () => wedge.listen((scan) => void takeWedge(scan)),
  };
}

function isBusy(state: ScanState): boolean {
  switch (state.kind) {
    case 'checking':
    case 'reading-photo':
    case 'judged':
      return true;
    case 'failed':
      // Someone is typing what the code lacks.
      return state.failure.kind === 'incomplete';
    case 'idle':
      return false;
  }
}

function isUseful(reading: CodeReading): boolean {
  return reading.kind === 'pack' || reading.failure.kind === 'incomplete';
}

function storeCodeOf(error: unknown): StoreError['code'] | undefined {
  if (error instanceof StoreError) return error.code;
  return error instanceof KeyError ? 'failed' : undefined;
}
