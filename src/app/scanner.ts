// From a symbol in front of a camera to a verdict on screen. One pack at a time: while a verdict shows, further frames
// are ignored until it is dismissed, and the pack just seen does not come back by itself. Or many: those that go onto a
// list are judged without being shown.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import type { MarketRules } from '../domain/market.ts';
import type { EntryMode, Pack } from '../domain/pack.ts';
import type { HandAdvice } from '../domain/picture/hand-advice.ts';
import type { CameraScan } from './camera-scan.ts';
import { type CodeReading, type ReadPack, readCode, readTyped } from './code-reading.ts';
import type { ManyShown } from './many-scan.ts';
import type { LastSeen } from './one-scan.ts';
import type { Ports } from './ports.ts';
import { DecoderError } from './ports-scan.ts';
import { createScanHistory, storeCodeOf } from './scan-history.ts';
import type {
  CameraState,
  JudgedScan,
  Recorded,
  ScanFailure,
  ScannerModel,
  ScanState,
} from './scan-model.ts';
import type { Verifier } from './verifier.ts';
import { createWedgeReading } from './wedge-reading.ts';

/** A pack that stays in view while its verdict is read is not scanned again at once. */
const REPEAT_MS = 2_000;

export type ScannerContext = {
  readonly ports: Pick<Ports, 'camera' | 'clock' | 'photoReader' | 'settings' | 'wedge'>;
  readonly verifier: Verifier;
  readonly rules: Pick<MarketRules, 'malformedDate'>;
  nameOf(productCode: string): string | undefined;
};

export type Scanner = ScannerModel & {
  /** Listens to keyboard-wedge scanners. Returns a function that stops it. */
  start(): () => void;
  /** From the next opening of the camera on every pack in its view is listed, once; or again one at a time. */
  scanMany(on: boolean): void;
  /** Judges a pack without showing it. What goes wrong is shown. */
  list(reading: ReadPack, entryMode: EntryMode): Promise<void>;
  /** A person has taken the pack off the list: the camera lists it again only when it is shown again. */
  takeOff(pack: Pack): void;
  /** Shows on the pack's newest scan what has just been done to it. */
  noteRecorded(scan: JudgedScan, recorded: Recorded): Promise<void>;
};

export function createScanner({ ports, verifier, rules, nameOf }: ScannerContext): Scanner {
  const { malformedDate: dates } = rules;
  const { clock, photoReader, wedge } = ports;
  const state = signal<ScanState>({ kind: 'idle' });
  const judged = createScanHistory({ verifier, nameOf, onChange: showNewest });
  const camera = signal<CameraState>({ kind: 'off' });
  const advice = signal<HandAdvice | undefined>(undefined);
  const shownMany: ManyShown = {
    ...{ marks: signal([]), marksMotion: signal({ dx: 0, dy: 0, frameMs: 0 }) },
    ...{ passedOver: signal(undefined), twins: signal([]) },
  };
  const photoPacks = signal<readonly ReadPack[]>([]);
  let cameraScan: CameraScan | undefined;
  let cameraScanLoading: Promise<void> | undefined;
  let cameraTurn = 0;
  let isMany = false;
  let last: { readonly text: string; readonly seenMs: number } | undefined;
  const lastSeen: LastSeen = {
    see(text, seenMs) {
      last = { text, seenMs };
    },
    text: () => last?.text,
    isFresh: (nowMs) => last !== undefined && Math.abs(nowMs - last.seenMs) < REPEAT_MS,
  };
  let lastId = 0;
  /** Of what came in or was dismissed last: only that may change what is shown. */
  let newest = 0;
  let listFailure: ScanFailure | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const wedgeReading = createWedgeReading(ports, dates);
  let keyedWaiting = 0;
  let setupTakes: ((scan: KeyedScan) => void) | undefined;

  /** Whatever was shown gives way. */
  function begin(next: ScanState): number {
    newest = ++lastId;
    photoPacks.value = [];
    shownMany.passedOver.value = undefined;
    state.value = next;
    return newest;
  }

  function take(reading: CodeReading, entryMode: EntryMode): Promise<void> {
    if (reading.kind === 'failed') {
      begin(reading);
      return Promise.resolve();
    }
    const mine = begin({ kind: 'checking' });
    return inTurn(() => judge(mine, reading, entryMode, (failure) => fail(mine, failure)));
  }

  function list(reading: ReadPack, entryMode: EntryMode): Promise<void> {
    const mine = ++lastId;
    return inTurn(() =>
      judge(mine, reading, entryMode, (failure) => {
        begin({ kind: 'failed', failure });
        listFailure = failure;
      }),
    );
  }

  /** So that the history keeps the order in which packs came. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  async function judge(
    mine: number,
    reading: ReadPack,
    entryMode: EntryMode,
    onFailure: (failure: ScanFailure) => void,
  ): Promise<void> {
    await orStoreFailure(() => judged.judge(mine, reading, entryMode), onFailure);
    cameraScan?.many.putBack(reading.pack);
  }

  async function recheck(): Promise<void> {
    const mine = newest;
    await orStoreFailure(
      () => judged.recheck(mine),
      (failure) => fail(mine, failure),
    );
  }

  function reopen({ pack, expiryDayUnspecified, notes, rival, entryMode }: JudgedScan): Promise<void> {
    return take({ kind: 'pack', pack, expiryDayUnspecified, notes, ...(rival && { rival }) }, entryMode);
  }

  /** The judged pack is shown while nothing newer has come. */
  function showNewest(): void {
    const scan = judged.scanOf(newest);
    if (scan) state.value = { kind: 'judged', scan };
  }

  function fail(mine: number, failure: ScanFailure): void {
    if (mine === newest) state.value = { kind: 'failed', failure };
  }

  /** A handheld scanner means its next scan: it replaces what is shown, except its own echo. */
  async function takeWedge(scan: KeyedScan): Promise<void> {
    if (setupTakes) return setupTakes(scan);
    const nowMs = clock.nowMs();
    const isRepeat = scan.text === lastSeen.text() && lastSeen.isFresh(nowMs);
    const isEcho = (keyedWaiting > 0 || state.value.kind !== 'idle') && isRepeat;
    lastSeen.see(scan.text, nowMs);
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
    const mine = begin({ kind: 'reading-photo' });
    try {
      const [symbols] = await Promise.all([photoReader.readPhoto(file), loadCameraScan()]);
      if (mine !== newest) return;
      if (!cameraScan) throw new DecoderError('failed');
      await cameraScan.takePhoto(symbols, clock.nowMs());
    } catch (error) {
      if (!(error instanceof DecoderError)) throw error;
      fail(mine, { kind: 'photo', code: error.code });
    }
  }

  function dismiss(): void {
    begin({ kind: 'idle' });
    cameraScan?.beginSearch();
  }

  function scanMany(on: boolean): void {
    isMany = on;
    cameraScan?.many.forget();
    if (on) void loadCameraScan();
  }

  function loadCameraScan(): Promise<void> {
    cameraScanLoading ??= import('./camera-scan.ts').then(
      ({ createCameraScan }) => {
        cameraScan = createCameraScan({
          ...{ ...shownMany, ports, camera, advice, photoPacks, history: judged.history, dates, state },
          ...{ lastSeen, isMany: () => isMany, begin, take, list },
          onRecovered() {
            if (state.value.kind === 'failed' && state.value.failure === listFailure) dismiss();
          },
        });
      },
      // A first visit whose network broke off; the browser has logged what could not be fetched. The next one tries again.
      () => {
        cameraScanLoading = undefined;
      },
    );
    return cameraScanLoading;
  }

  /** `open`: unless the camera has been closed or opened anew before that part of the app was there. */
  async function startCamera(open: (scan: CameraScan) => Promise<void>): Promise<void> {
    const mine = ++cameraTurn;
    camera.value = { kind: 'starting' };
    await loadCameraScan();
    if (mine !== cameraTurn) return;
    if (cameraScan) await open(cameraScan);
    else camera.value = { kind: 'failed', code: 'failed' };
  }

  function closeCamera(): void {
    cameraTurn += 1;
    camera.value = { kind: 'off' };
    cameraScan?.control.close();
  }

  const signals: Pick<
    ScannerModel,
    'state' | 'history' | 'photoPacks' | 'advice' | 'camera' | keyof ManyShown
  > = {
    state: state as ReadonlySignal<ScanState>,
    ...{ history: judged.history, ...shownMany, photoPacks },
    ...{ camera, advice },
  };
  return {
    ...signals,
    openCamera: (preview) => startCamera((scan) => scan.open(preview)),
    closeCamera,
    chooseCamera: (id, preview) => startCamera((scan) => scan.choose(id, preview)),
    setTorch: async (on) => cameraScan?.control.setTorch(on),
    setZoom: async (factor) => cameraScan?.control.setZoom(factor),
    focusAt: async (point) => cameraScan?.control.focusAt(point),
    takeStill: async () => cameraScan?.control.takeStill(),
    ...{ scanMany, list, openSetup, readPhoto, recheck, reopen, dismiss },
    explain: () => cameraScan?.explain(),
    noteRecorded: judged.noteRecorded,
    takeOff: (pack) => cameraScan?.many.takeOff(pack),
    readText: (text, entryMode) => take(readCode(text, clock.nowMs(), dates), entryMode),
    readTyped: (code) => take(readTyped(code), 'typed'),
    start: () => wedge.listen((scan) => void takeWedge(scan)),
  };
}

async function orStoreFailure(
  work: () => Promise<void>,
  onFailure: (failure: ScanFailure) => void,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = storeCodeOf(error);
    if (code === undefined) throw error;
    onFailure({ kind: 'store', code });
  }
}
