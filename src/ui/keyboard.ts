// Enter does the main thing and Escape goes back, for those who work without a mouse. A handheld scanner also types and
// ends with Enter, so an Enter counts only when no other key came shortly before it and the screen has stood a moment.
import { useEffect, useRef } from 'preact/hooks';

/** A person pauses longer before deciding; a scanner's burst ends within 60 ms of its last character. */
export const QUIET_MS_MIN = 1_000;
/** Nobody has read a verdict sooner, and a tap this early was meant for the screen before. */
export const STANDING_MS_MIN = 400;

export type Press = {
  readonly key: string;
  readonly timeMs: number;
  readonly isRepeat: boolean;
  /** The press is already somebody's: a field's, a button's, a scanner's. */
  readonly isTaken: boolean;
};

/** Decides which presses are a person's Enter or Escape. `sinceMs` is when the screen appeared. */
export function createKeyGate(sinceMs: number) {
  let lastOtherMs = Number.NEGATIVE_INFINITY;
  return (press: Press): 'enter' | 'escape' | undefined => {
    const { key, timeMs, isRepeat, isTaken } = press;
    if (key !== 'Enter') lastOtherMs = timeMs;
    if (isTaken || isRepeat) return undefined;
    if (key === 'Escape') return 'escape';
    if (key !== 'Enter') return undefined;
    const isDeliberate = timeMs - lastOtherMs >= QUIET_MS_MIN && timeMs - sinceMs >= STANDING_MS_MIN;
    return isDeliberate ? 'enter' : undefined;
  };
}

/** Listens while the screen is shown. `scene` names what is on it: when it changes, the moment starts anew. */
export function useKeys(scene: string, keys: { onEnter?: (() => void) | undefined; onEscape(): void }): void {
  const latest = useRef(keys);
  latest.current = keys;
  // A new scene is what restarts the gate
  useEffect(() => {
    const gate = createKeyGate(performance.now());
    const onKeyDown = (event: KeyboardEvent) => {
      const isTaken = event.defaultPrevented || isControl(event.target) || isDialogOpen();
      const { key, timeStamp: timeMs, repeat: isRepeat } = event;
      const meaning = gate({ key, timeMs, isRepeat, isTaken });
      if (meaning === 'enter') latest.current.onEnter?.();
      if (meaning === 'escape') latest.current.onEscape();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [scene]);
}

// Not in every browser yet, and so not in the compiler's library.
type Closable = EventTarget & { destroy(): void };

/** Android's back gesture closes what lies on top, where the browser offers it (CloseWatcher). */
export function useBackGesture(onBack: () => void): void {
  const latest = useRef(onBack);
  latest.current = onBack;
  useEffect(() => {
    const { CloseWatcher } = window as { CloseWatcher?: new () => Closable };
    if (!CloseWatcher) return undefined;
    const watcher = new CloseWatcher();
    watcher.addEventListener('close', () => latest.current());
    return () => watcher.destroy();
  }, []);
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select, button, a, summary');
}

function isDialogOpen(): boolean {
  return document.querySelector('dialog[open]') !== null;
}
