// Sound and vibration, one pattern for each kind of outcome, so that it is known without looking: a short high note for
// go, a long low one with two shakes for stop, two middle ones for ask, a click for what could not be read, two quick
// ones for what is on the list already. Several at once are told one after the other, none over another.
import type { SignalKind } from '../app/ports-scan.ts';

type Note = { readonly hertz: number; readonly fromMs: number; readonly forMs: number };

const NOTES: Readonly<Record<SignalKind, readonly Note[]>> = {
  go: [{ hertz: 1_320, fromMs: 0, forMs: 90 }],
  ask: [
    { hertz: 660, fromMs: 0, forMs: 110 },
    { hertz: 660, fromMs: 180, forMs: 110 },
  ],
  stop: [{ hertz: 220, fromMs: 0, forMs: 480 }],
  unread: [{ hertz: 440, fromMs: 0, forMs: 40 }],
  listed: [
    { hertz: 880, fromMs: 0, forMs: 30 },
    { hertz: 880, fromMs: 80, forMs: 30 },
  ],
};
/** Milliseconds on, off, on. */
const SHAKES: Readonly<Record<SignalKind, number[]>> = {
  go: [40],
  ask: [60, 90, 60],
  stop: [220, 80, 220],
  unread: [15],
  listed: [15, 40, 15],
};
/** Between two of them. */
const PAUSE_MS = 90;
/** A shelf before the camera may hold forty packs: of what comes later than this, only what is no "go" is told. */
const QUEUE_MS_MAX = 1_500;
const LOUDNESS = 0.2;
/** A note that starts or ends at full loudness clicks. */
const RAMP_MS = 8;

export function createSignalPlayer() {
  let context: AudioContext | undefined;
  let soundsUntilMs = 0;
  let shakesUntilMs = 0;

  function sound(kind: SignalKind): void {
    if (typeof AudioContext !== 'function') return;
    context ??= new AudioContext();
    const audio = context;
    // Browsers hold sound back until the user has touched the page.
    audio.resume().then(
      () => {
        const nowMs = audio.currentTime * 1_000;
        const startMs = Math.max(nowMs, soundsUntilMs);
        if (kind === 'go' && startMs - nowMs > QUEUE_MS_MAX) return;
        for (const note of NOTES[kind]) play(audio, startMs, note);
        soundsUntilMs = startMs + lengthOf(NOTES[kind]) + PAUSE_MS;
      },
      () => undefined,
    );
  }

  function shake(kind: SignalKind): void {
    // Absent on iOS and on most computers.
    if (!('vibrate' in navigator)) return;
    const nowMs = performance.now();
    // One would end the other, and a "go" must not end a "stop".
    if (kind === 'go' && nowMs < shakesUntilMs) return;
    navigator.vibrate(SHAKES[kind]);
    const lengthMs = SHAKES[kind].reduce((sum, each) => sum + each, 0);
    shakesUntilMs = kind === 'go' ? 0 : nowMs + lengthMs + PAUSE_MS;
  }

  return { sound, shake };
}

function lengthOf(notes: readonly Note[]): number {
  return Math.max(...notes.map(({ fromMs, forMs }) => fromMs + forMs));
}

function play(audio: AudioContext, atMs: number, { hertz, fromMs, forMs }: Note): void {
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  const start = (atMs + fromMs) / 1_000;
  const end = start + forMs / 1_000;
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(LOUDNESS, start + RAMP_MS / 1_000);
  gain.gain.setValueAtTime(LOUDNESS, end - RAMP_MS / 1_000);
  gain.gain.linearRampToValueAtTime(0, end);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(end);
}
