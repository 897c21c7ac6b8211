// Looks at a log again and again, keeps what stood, and tells each alert once when it comes and once when it goes: one
// JSON object a line, for whatever wakes people up.
import { setTimeout } from 'node:timers/promises';
import { type Alert, type AlertKind, lookOnce, type MonitorParts, type Round } from './monitor.ts';
import { type MonitorMemory, saveMemory } from './monitor-state.ts';

export type LoopParts = MonitorParts & {
  readonly memory: MonitorMemory | undefined;
  readonly stateFile: string | undefined;
  readonly isOnce: boolean;
  readonly periodMs: number;
  readonly print: (line: string) => void;
  readonly stop: AbortSignal;
};

/** A cache may give an older checkpoint than the one before it; a moment later it does not. */
const SECOND_LOOK_MS = 2_000;
const MAY_PASS: ReadonlySet<AlertKind> = new Set(['rollback', 'bad-consistency']);

/** The last round. */
export async function runMonitor(parts: LoopParts): Promise<Round> {
  const { source, clock, stop } = parts;
  const tell = (event: Record<string, unknown>) =>
    parts.print(JSON.stringify({ time: new Date(clock()).toISOString(), place: source.place, ...event }));
  const sinceMs = clock();
  let open: ReadonlyMap<string, Alert> = new Map();
  let memory = parts.memory;
  for (;;) {
    const round = await lookTwice(parts, memory, sinceMs);
    tellGrowth(tell, memory, round.memory);
    if (round.memory && parts.stateFile !== undefined && hasMoved(memory, round.memory))
      saveMemory(parts.stateFile, round.memory);
    memory = round.memory;
    if (round.unread !== undefined) tell({ event: 'unread', words: round.unread });
    open = tellAlerts(tell, open, round.alerts);
    if (parts.isOnce || stop.aborted) return round;
    await setTimeout(parts.periodMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return round;
  }
}

async function lookTwice(
  parts: LoopParts,
  memory: MonitorMemory | undefined,
  sinceMs: number,
): Promise<Round> {
  const round = await lookOnce(parts, memory, sinceMs);
  if (!round.alerts.some(({ kind }) => MAY_PASS.has(kind)) || parts.stop.aborted) return round;
  await setTimeout(SECOND_LOOK_MS, undefined, { signal: parts.stop }).catch(() => undefined);
  return lookOnce(parts, memory, sinceMs);
}

type Tell = (event: Record<string, unknown>) => void;

function tellGrowth(tell: Tell, before: MonitorMemory | undefined, after: MonitorMemory | undefined): void {
  if (!after) return;
  const { origin, size } = after.checkpoint;
  if (!before) tell({ event: 'first', origin, size });
  else if (size > before.checkpoint.size)
    tell({ event: 'grown', origin, size, leaves: size - before.checkpoint.size });
}

function hasMoved(before: MonitorMemory | undefined, after: MonitorMemory): boolean {
  return before?.checkpoint.note !== after.checkpoint.note || before.movedMs !== after.movedMs;
}

/** Those that are new are told, and those that have gone. */
function tellAlerts(
  tell: Tell,
  open: ReadonlyMap<string, Alert>,
  alerts: readonly Alert[],
): ReadonlyMap<string, Alert> {
  const now = new Map(alerts.map((alert) => [`${alert.kind}\n${alert.evidence.join('\n')}`, alert]));
  for (const [key, { kind, words, evidence }] of now)
    if (!open.has(key)) tell({ event: 'alert', kind, words, evidence });
  const kinds = new Set(alerts.map(({ kind }) => kind));
  for (const { kind } of new Map([...open.values()].map((alert) => [alert.kind, alert])).values())
    if (!kinds.has(kind)) tell({ event: 'over', kind });
  return now;
}
