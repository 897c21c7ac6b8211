// Reads the columns of a row as the types that the schema promises. A file that breaks the promise is damaged.
import type { SQLOutputValue } from 'node:sqlite';
import { LedgerRefusal } from '../refusal.ts';

/**
 * A table that remembers rows. What it writes it remembers at once, so it forgets when a transaction is rolled back;
 * nobody else writes the store (the writer's lock).
 */
export type Forgetful = { forget(): void };

export type Row = Record<string, SQLOutputValue>;

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw damaged(column);
  return value;
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw damaged(column);
  return value;
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw damaged(column);
  return value;
}

export function hexOf(row: Row, column: string): string {
  const bytes = bytesOf(row, column);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** The word of a fixed list that the column holds. */
export function wordOf<T extends string>(row: Row, column: string, words: readonly T[]): T {
  const value = row[column];
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw damaged(column);
  return word;
}

export function blob(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

export function damaged(what: string, cause?: unknown): LedgerRefusal {
  return new LedgerRefusal('damaged', `The store holds something unreadable (${what}).`, { cause });
}
