// Where the device's chain of events stands, as it lies in IndexedDB: enrolment begins a chain, the outbox adds to it.
import type { ChainHead } from '../app/outbox-ports.ts';
import { NO_PREVIOUS } from '../domain/event.ts';
import { ok, type Result } from '../domain/result.ts';
import { hex, integer, nullable, record } from '../domain/shape.ts';

/** `device`: whose chain it is, null before any was enrolled. A tab that still speaks for another adds nothing. */
export type StoredHead = ChainHead & { readonly device: string | null };

const headShape = record({
  place: integer(0),
  sequence: integer(0),
  id: hex(32),
  device: nullable(hex(16)),
});

export const START: StoredHead = { place: 0, sequence: 0, id: NO_PREVIOUS, device: null };

export function parseHead(value: unknown): Result<StoredHead, 'malformed'> {
  return value === undefined ? ok(START) : headShape(value, 'chain head');
}
