// The wedge port over a document's key events: a handheld scanner that types its codes, whatever has the focus. What a
// person types is left alone. A field that has the focus gets a scanner's characters too, since nobody can know them for
// a scanner's at the first; they are taken out again when the code is complete.
import type { Wedge } from '../app/ports-scan.ts';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import {
  isUnderWay,
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

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function listen(target: Parameters<typeof createWedge>[0], onScan: (scan: KeyedScan) => void): () => void {
  let state = WEDGE_IDLE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The fields that had the focus since the burst began, with what they held. */
  const touched = new Map<Field, string>();

  function take(step: WedgeStep): void {
    clearTimeout(timer);
    state = step.state;
    if (step.scan !== undefined) {
      for (const [field, value] of touched) restore(field, value);
      onScan(step.scan);
    }
    if (!isUnderWay(state)) touched.clear();
    if (state !== WEDGE_IDLE) timer = setTimeout(() => take(pause(state)), SETTLE_MS);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const key = toWedgeKey(event);
    const step = pressKey(state, event.isComposing ? { ...key, key: 'Unidentified', code: '' } : key);
    const field = fieldOf(event.target);
    if (isUnderWay(step.state)) {
      // A new burst: what was there before the last one is no longer worth bringing back.
      if (step.state.startMs !== state.startMs && step.state.headLength === 0) touched.clear();
      if (field && !touched.has(field)) touched.set(field, field.value);
    }
    // A scanned Enter must not press the button that has the focus or send a form, nor Ctrl+D set a bookmark. Two quick
    // letters in a field may be a person's and stay; in a choice they would choose.
    const isWritten = field !== undefined && !(field instanceof HTMLSelectElement);
    const isText = isWritten && event.key.length === 1 && !event.ctrlKey;
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
  const { key, code, shiftKey: shift, ctrlKey: ctrl, altKey: alt, metaKey: meta } = event;
  const altGraph = event.getModifierState('AltGraph');
  const capsLock = event.getModifierState('CapsLock');
  const { repeat, timeStamp: timeMs } = event;
  return { key, code, shift, ctrl, alt, altGraph, meta, capsLock, repeat, timeMs };
}

function fieldOf(target: EventTarget | null): Field | undefined {
  const isField =
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement;
  return isField ? target : undefined;
}

function restore(field: Field, value: string): void {
  if (field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
