// The wedge port over a document's key events: a handheld scanner that types its codes. Leaves alone what a person
// types, and every field that a person fills, unless the field carries `data-wedge`.
import type { Wedge } from '../app/ports-scan.ts';
import {
  pause,
  pressKey,
  releaseAlt,
  SETTLE_MS,
  WEDGE_IDLE,
  type WedgeKey,
  type WedgeStep,
} from './wedge-keys.ts';

/** `target` is what receives the keys: the document. */
export function createWedge(target: Pick<Document, 'addEventListener' | 'removeEventListener'>): Wedge {
  return { listen: (onScan) => listen(target, onScan) };
}

function listen(target: Parameters<typeof createWedge>[0], onScan: (text: string) => void): () => void {
  let state = WEDGE_IDLE;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function take(step: WedgeStep): void {
    clearTimeout(timer);
    state = step.state;
    if (state !== WEDGE_IDLE) timer = setTimeout(() => take(pause(state)), SETTLE_MS);
    if (step.scan !== undefined) onScan(step.scan);
  }
  // The focus may move to a field in the middle of a code, which is then torn.
  function missKey(event: KeyboardEvent): void {
    if (state !== WEDGE_IDLE) take(pressKey(state, { ...toWedgeKey(event), key: 'Unidentified', code: '' }));
  }
  function onKeyDown(event: KeyboardEvent): void {
    const field = fieldOf(event.target);
    if (event.isComposing || field === 'human') {
      missKey(event);
      return;
    }
    const step = pressKey(state, toWedgeKey(event));
    // A scanned Enter must not press the button that has the focus, nor Ctrl+D set a bookmark. A field that shows
    // the code keeps its characters.
    const isText = field === 'wedge' && event.key.length === 1 && !event.ctrlKey;
    if (step.isScanner && !isText) event.preventDefault();
    take(step);
  }
  function onKeyUp(event: KeyboardEvent): void {
    if (event.key === 'Alt') state = releaseAlt(state, event.timeStamp);
  }

  // In the capture phase, before a button or a dialog acts on the key.
  target.addEventListener('keydown', onKeyDown, { capture: true });
  target.addEventListener('keyup', onKeyUp, { capture: true });
  return () => {
    clearTimeout(timer);
    target.removeEventListener('keydown', onKeyDown, { capture: true });
    target.removeEventListener('keyup', onKeyUp, { capture: true });
  };
}

function toWedgeKey(event: KeyboardEvent): WedgeKey {
  const { key, code, ctrlKey: ctrl, altKey: alt, metaKey: meta, repeat, timeStamp: timeMs } = event;
  return { key, code, ctrl, alt, meta, repeat, timeMs };
}

function fieldOf(target: EventTarget | null): 'none' | 'human' | 'wedge' {
  if (!(target instanceof HTMLElement)) return 'none';
  if (target.closest('[data-wedge]')) return 'wedge';
  const isTyped = target.matches('input, textarea, select') || target.isContentEditable;
  return isTyped ? 'human' : 'none';
}
