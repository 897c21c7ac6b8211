// The signals port: what plays them comes with the first one.
import type { Signals } from '../app/ports-scan.ts';

export function createSignals(): Signals {
  let loading: Promise<Pick<Signals, 'sound' | 'shake'>> | undefined;
  function load() {
    loading ??= import('./signals-player.ts').then(({ createSignalPlayer }) => createSignalPlayer());
    return loading;
  }
  // A scan is judged and shown all the same where the player cannot be had: the next one tries again.
  function forget(): void {
    loading = undefined;
  }
  return {
    canShake: 'vibrate' in navigator,
    sound: (kind) => void load().then((player) => player.sound(kind), forget),
    shake: (kind) => void load().then((player) => player.shake(kind), forget),
  };
}
