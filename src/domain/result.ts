// The one shape for "bad or hostile input": parsers and checks return a Result, so a caller cannot use a value
// without having looked at the failure. Outcomes of the field (a verdict, a receipt) are plain unions instead.

export type Ok<T> = { readonly ok: true; readonly value: T };

/** `error` is a stable code that callers switch over; `detail` is for an engineer's log, never for a screen. */
export type Err<E> = {
  readonly ok: false;
  readonly error: E;
  readonly detail: string;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
};

export type Result<T, E = string> = Ok<T> | Err<E>;

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

export function err<E extends string>(error: E, detail: string = error): Err<E> {
  return { ok: false, error, detail };
}

/** A bug, never an input: stops the screen or the request instead of guessing on. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
