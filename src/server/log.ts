// Structured logs: one JSON object a line. The server writes what happened and how long it took, never what was in
// it: no serials, bodies, tokens, codes, addresses or query strings, and no error texts, since a parser's error
// quotes its input.

export type Log = (event: Record<string, unknown>) => void;

export function createLog(write: (line: string) => void, clock: () => number): Log {
  return (event) => write(`${JSON.stringify({ time: new Date(clock()).toISOString(), ...event })}\n`);
}

export const DISK_FULL_WORDS =
  'The disk under the data folder is full. Nothing was lost: devices keep what was not taken and send it again. Free some space.';

const SQLITE_FULL = 13;

/** SQLite's own code, or the system's. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isFull = Reflect.get(error, 'errcode') === SQLITE_FULL || Reflect.get(error, 'code') === 'ENOSPC';
  return isFull || isDiskFull(error.cause);
}

/** Where an error came from, without its message. */
export function errorTrace(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code: unknown = Reflect.get(error, 'code');
  return {
    name: error.name,
    ...(isDiskFull(error) ? { words: DISK_FULL_WORDS } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
}
