// Real entries in real order, every tenth event in three parts, and the folder of a log over them.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeEntry } from '../../../src/domain/ledger/entry.ts';
import { PACK, sampleEntries, sampleEvent } from '../../support/sample-events.ts';

export const START_MS = 1_800_000_000_000;

export function ledgerEntries(count: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let number = 0; entries.length < count; number++)
    entries.push(...eventEntries(number, number % 10 === 9 && count - entries.length >= 3 ? 3 : 1));
  return entries.slice(0, count);
}

/** The entries of one event of so many parts: each pack in a batch of its own. */
export function eventEntries(number: number, parts: number, receiptTimeMs = START_MS + number): Uint8Array[] {
  const packs = Array.from({ length: parts }, (_, i) => ({ ...PACK, serial: `S${number}`, batch: `B${i}` }));
  const event = sampleEvent('commission', packs, { sequence: number + 1 });
  return sampleEntries(event, { receiptTimeMs }).map(encodeEntry);
}

/** Events of one pack that only their id and their time tell apart: quick to make. */
export function manyEntries(count: number): Uint8Array[] {
  const [entry] = sampleEntries(sampleEvent('commission', [PACK]));
  if (!entry) throw new Error('an event has an entry');
  return Array.from({ length: count }, (_, i) =>
    encodeEntry({ ...entry, eventId: String(i).padStart(64, '0'), receiptTimeMs: START_MS + i }),
  );
}

/** Paths of the files below, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

/** Runs `act` with one byte of the file changed, and puts it back. */
export async function withFlip(file: string, at: number, act: () => Promise<void>): Promise<void> {
  const kept = readFileSync(file);
  const flipped = Buffer.from(kept);
  flipped[at] = (flipped[at] as number) ^ 0x01;
  writeFileSync(file, flipped);
  await act();
  writeFileSync(file, kept);
}
