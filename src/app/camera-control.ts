// The camera as a screen sees it: off, starting, on with what it can do, or failed with the reason.
import type { Signal } from '@preact/signals-core';
import type { HandAdvice } from '../domain/picture/hand-advice.ts';
import { remembered } from './failure.ts';
import { createHandGuidance } from './hand-guidance.ts';
import type { Ports } from './ports.ts';
import {
  CameraError,
  type CameraSession,
  type DecodedSymbol,
  type PicturePoint,
  type ScanView,
} from './ports-scan.ts';
import type { CameraState } from './scan-model.ts';

export type CameraControl = {
  open(preview: object): Promise<void>;
  close(): void;
  choose(id: string, preview: object): Promise<void>;
  setTorch(on: boolean): Promise<void>;
  setZoom(factor: number): Promise<void>;
  focusAt(point: PicturePoint): Promise<void>;
  /** The hand begins to search anew. */
  beginSearch(): void;
  /** Keeps the picture as it is, because what was read of it is no pack's code, until the next search. */
  holdStill(): void;
  /** The picture held or else as it is, as a JPEG; undefined where there is none. */
  takeStill(): Promise<object | undefined>;
};

export type CameraControlContext = {
  readonly ports: Pick<Ports, 'camera' | 'settings' | 'clock'>;
  readonly camera: Signal<CameraState>;
  /** What would help, once nothing has been read for a while. */
  readonly advice: Signal<HandAdvice | undefined>;
  onSymbols(symbols: readonly DecodedSymbol[], frameMs: number): void;
  view(): ScanView;
};

/** So long a camera stays focused where it was tapped, though nothing is read there: the next pack lies elsewhere. */
const FOCUS_MS = 4_000;

export function createCameraControl({
  ports: { camera, settings, clock },
  camera: state,
  advice,
  onSymbols,
  view,
}: CameraControlContext): CameraControl {
  let session: CameraSession | undefined;
  let chosenId: string | undefined;
  /** Counts openings and closings, so that a camera that opens too late is closed again. */
  let turn = 0;
  const guidance = createHandGuidance(advice);
  let held: Promise<object | undefined> | undefined;
  let focusedMs: number | undefined;

  async function open(preview: object): Promise<void> {
    close();
    const mine = ++turn;
    state.value = { kind: 'starting' };
    try {
      chosenId ??= await remembered(() => settings.get('camera'));
      const opened = await openKnownOrAny(chosenId, preview, mine);
      if (mine !== turn) return opened.close();
      session = opened;
      beginSearch();
      const { cameras, hasTorch, zoom, canFocus } = opened;
      const zoomFactor = zoom ? Math.min(zoom.max, Math.max(zoom.min, 1)) : 1;
      state.value = {
        ...{ kind: 'on', cameraId: opened.cameraId, cameras, hasTorch, torchOn: false },
        ...{ zoom, zoomFactor, canFocus },
      };
    } catch (error) {
      if (!(error instanceof CameraError)) throw error;
      if (mine === turn) state.value = { kind: 'failed', code: error.code };
    }
  }

  /** The camera chosen last time may be gone. */
  async function openKnownOrAny(
    cameraId: string | undefined,
    preview: object,
    mine: number,
  ): Promise<CameraSession> {
    try {
      return await openOne(cameraId, preview, mine);
    } catch (error) {
      const isGone = error instanceof CameraError && error.code === 'absent' && cameraId !== undefined;
      if (!isGone || mine !== turn) throw error;
      return openOne(undefined, preview, mine);
    }
  }

  function openOne(cameraId: string | undefined, preview: object, mine: number): Promise<CameraSession> {
    return camera.open({
      cameraId,
      preview,
      view: view(),
      onSymbols: (symbols, frameMs) => {
        if (mine !== turn) return;
        if (symbols.length > 0) guidance.begin(clock.nowMs());
        onSymbols(symbols, frameMs);
      },
      onUnread: (seen) => {
        if (mine !== turn) return;
        guidance.take(seen, clock.nowMs());
        if (focusedMs !== undefined && Math.abs(clock.nowMs() - focusedMs) >= FOCUS_MS)
          void focusAt(undefined);
        // What was held has left the picture.
        if (advice.peek()) held = undefined;
      },
      onLost: (error) => {
        if (mine !== turn) return;
        close();
        state.value = { kind: 'failed', code: error.code };
      },
    });
  }

  function close(): void {
    turn += 1;
    session?.close();
    session = undefined;
    focusedMs = undefined;
    beginSearch();
    state.value = { kind: 'off' };
  }

  async function choose(id: string, preview: object): Promise<void> {
    chosenId = id;
    await remembered(() => settings.set('camera', id));
    await open(preview);
  }

  /** A torch or zoom that will not move stays as it was, and the screen shows it as it is. */
  async function change(
    work: (session: CameraSession) => Promise<void>,
    next: Partial<Extract<CameraState, { readonly kind: 'on' }>>,
  ): Promise<void> {
    const mine = turn;
    if (!session) return;
    try {
      await work(session);
    } catch (error) {
      if (!(error instanceof CameraError)) throw error;
      return;
    }
    if (mine === turn && state.value.kind === 'on') state.value = { ...state.value, ...next };
  }

  function focusAt(point: PicturePoint | undefined): Promise<void> {
    focusedMs = point && clock.nowMs();
    return change((opened) => opened.focusAt(point), {});
  }

  function beginSearch(): void {
    held = undefined;
    guidance.begin(clock.nowMs());
  }

  function holdStill(): void {
    held = takeNow();
  }

  async function takeNow(): Promise<object | undefined> {
    try {
      return await session?.takeStill();
    } catch (error) {
      if (!(error instanceof CameraError)) throw error;
      return undefined;
    }
  }

  return {
    ...{ open, close, choose, focusAt, beginSearch, holdStill },
    takeStill: () => held ?? takeNow(),
    setTorch: (on) => change((opened) => opened.setTorch(on), { torchOn: on }),
    setZoom: (factor) => change((opened) => opened.setZoom(factor), { zoomFactor: factor }),
  };
}
