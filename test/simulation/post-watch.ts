// Looks over the shoulder of whoever posts events: one browser's tabs and its service worker never do so at once, and
// nobody does before the time at which the server wants to hear of them again.

import type { Answer } from './http-door.ts';
import type { Process } from './schedule.ts';
import { Violation } from './violation.ts';

/** A device need not wait for longer, whatever it is asked for. */
const WAIT_MS_MAX = 3_600_000;

export type PostWatch = {
  /** `place`: the browser. The function that is returned takes the answer, undefined where none came. */
  begin(process: Process, place: string): (answer: Answer | undefined) => void;
  /** It died before it had done with the answer: nobody else has heard of it. */
  forget(process: Process): void;
  /** A disk no longer takes or gives everything, so that others there may not know what one was asked. */
  doubt(place: string): void;
};

export type PostWatchParts = {
  trueMs(): number;
  /** By the clock of the device in this place. */
  nowMs(place: string): number;
  /** Whether the disk there takes and gives everything. */
  isDiskWell(place: string): boolean;
  /** Whether it may post beside another: it has waited for long enough, or was thought dead itself. */
  goesWithout(process: Process, place: string): boolean;
  report(violation: Violation): void;
};

type Waiting = {
  readonly by: Process;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isShared: boolean;
};

export function createPostWatch({
  trueMs,
  nowMs,
  isDiskWell,
  goesWithout,
  report,
}: PostWatchParts): PostWatch {
  const running = new Map<string, Process>();
  const waiting = new Map<string, Waiting>();

  function check(process: Process, place: string): void {
    const other = running.get(place);
    const isAlone = !other || other.isDead || goesWithout(process, place) || goesWithout(other, place);
    if (!isAlone) report(new Violation(`${process.name} posts events while ${other.name} does`));
    const asked = waiting.get(place);
    const now = nowMs(place);
    // A clock that was set back ends the waiting.
    if (!asked || now < asked.fromMs || now >= asked.untilMs) return;
    const hasHeard = asked.by === process || (asked.isShared && !goesWithout(process, place));
    if (hasHeard && (asked.by === process || isDiskWell(place)))
      report(new Violation(`${process.name} posts ${asked.untilMs - now} ms before it should`));
  }

  return {
    forget(process) {
      for (const [place, { by }] of waiting) if (by === process) waiting.delete(place);
    },
    doubt(place) {
      const asked = waiting.get(place);
      if (asked) waiting.set(place, { ...asked, isShared: false });
    },
    begin(process, place) {
      check(process, place);
      running.set(place, process);
      return (answer) => {
        if (running.get(place) === process) running.delete(place);
        const retryAfter = answer && answer.status >= 400 ? answer.headers['retry-after'] : undefined;
        if (retryAfter === undefined) return;
        const now = nowMs(place);
        const isDate = Number.isNaN(Number(retryAfter));
        const waitMs = isDate ? Date.parse(retryAfter) - trueMs() : Number(retryAfter) * 1_000;
        const untilMs = now + Math.min(waitMs, WAIT_MS_MAX);
        waiting.set(place, { by: process, fromMs: now, untilMs, isShared: isDiskWell(place) });
      };
    },
  };
}
