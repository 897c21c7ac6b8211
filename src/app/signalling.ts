// Tells by sound and vibration what became of a scan, for those who look at the pack and not at the screen. Each can be
// switched off, and stays so.
import { effect, type ReadonlySignal, signal } from '@preact/signals-core';
import { toneOf } from '../domain/verdict.ts';
import { remembered } from './failure.ts';
import { isSamePack } from './journal.ts';
import type { Ports } from './ports.ts';
import type { SignalKind } from './ports-scan.ts';
import type { ScannerModel } from './scan-model.ts';

export type SignalChoice = { readonly sound: boolean; readonly shake: boolean };

export type SignallingModel = {
  readonly choice: ReadonlySignal<SignalChoice>;
  /** Whether this device can vibrate at all. */
  readonly canShake: boolean;
  choose(choice: SignalChoice): Promise<void>;
  /** What has become of the pack on screen since its scan was told, as far as it is switched on. */
  tell(kind: SignalKind): void;
};

/** Stored as these letters. */
const SOUND = 's';
const SHAKE = 'v';

export function createSignalling(
  { signals, settings }: Pick<Ports, 'signals' | 'settings'>,
  scanner: Pick<ScannerModel, 'state' | 'history'>,
  /** A list is open, which tells itself what becomes of a scan. */
  isListing: () => boolean,
): SignallingModel & { start(): () => void } {
  const choice = signal<SignalChoice>({ sound: true, shake: true });

  function tell(kind: SignalKind): void {
    const { sound, shake } = choice.peek();
    if (sound) signals.sound(kind);
    if (shake) signals.shake(kind);
  }

  function start(): () => void {
    void load();
    let known = scanner.history.peek();
    let wasFailed = scanner.state.peek().kind === 'failed';
    const stops = [
      effect(() => {
        const history = scanner.history.value;
        const [newest] = history;
        const [before] = known;
        const isNew =
          newest && (history.length > known.length || !before || !isSamePack(newest.pack, before.pack));
        known = history;
        if (isNew && !isListing()) tell(toneOf(newest.judgment.verdict));
      }),
      effect(() => {
        const isFailed = scanner.state.value.kind === 'failed';
        if (isFailed && !wasFailed && !isListing()) tell('unread');
        wasFailed = isFailed;
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async function load(): Promise<void> {
    await remembered(async () => {
      const stored = await settings.get('signals');
      if (stored !== undefined)
        choice.value = { sound: stored.includes(SOUND), shake: stored.includes(SHAKE) };
    });
  }

  async function choose(next: SignalChoice): Promise<void> {
    choice.value = next;
    // What was switched on shows itself.
    tell('go');
    await remembered(() => settings.set('signals', (next.sound ? SOUND : '') + (next.shake ? SHAKE : '')));
  }

  return { choice, canShake: signals.canShake, choose, tell, start };
}
