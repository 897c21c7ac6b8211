// The packs judged since the app was opened, newest first, each with what the ledger has said of it since and what was
// done to it.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { BULK_PACKS_MAX } from '../domain/limits.ts';
import type { EntryMode, Pack } from '../domain/pack.ts';
import type { ReadPack } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import { actingJudgment } from './permission.ts';
import { KeyError, StoreError } from './ports.ts';
import type { JudgedScan, Recorded } from './scan-model.ts';
import type { Assessment, Verifier } from './verifier.ts';

/** A whole list may come back at once, and each of its packs waits for the ledger's word. */
const HISTORY_MAX = BULK_PACKS_MAX;

export type ScanHistory = {
  readonly history: ReadonlySignal<readonly JudgedScan[]>;
  scanOf(id: number): JudgedScan | undefined;
  /** Throws what the store throws. */
  judge(id: number, reading: ReadPack, entryMode: EntryMode): Promise<void>;
  /** Judges it again and asks the ledger once more; where the store fails, what was known stays. */
  recheck(id: number): Promise<void>;
  noteRecorded(acted: JudgedScan, recorded: Recorded): Promise<void>;
};

export type ScanHistoryContext = {
  readonly verifier: Verifier;
  nameOf(productCode: string): string | undefined;
  /** After each change of `history`. */
  onChange(): void;
};

export function createScanHistory({ verifier, nameOf, onChange }: ScanHistoryContext): ScanHistory {
  const history = signal<readonly JudgedScan[]>([]);
  let entries: readonly { readonly id: number; readonly scan: JudgedScan }[] = [];

  const scanOf = (id: number) => entries.find((entry) => entry.id === id)?.scan;

  async function judge(id: number, reading: ReadPack, entryMode: EntryMode): Promise<void> {
    const assessment = await verifier.assess(reading.pack);
    const { judgment, undoable, contested } = assessment;
    const cause = await verifier.causeOf(reading, assessment);
    const { pack, expiryDayUnspecified, notes, rival } = reading;
    const scan: JudgedScan = {
      ...{ pack, expiryDayUnspecified, productName: nameOf(pack.productCode), entryMode, notes },
      ...{ judgment, opinion: { kind: 'asking' }, recorded: undefined, undoable, contested, cause },
      ...(rival && { rival }),
    };
    publish([{ id, scan }, ...entries].slice(0, HISTORY_MAX));
    void askLedger(id, pack, assessment);
  }

  async function recheck(id: number): Promise<void> {
    const scan = scanOf(id);
    if (!scan || scan.opinion.kind === 'asking') return;
    update(id, { opinion: { kind: 'asking' } });
    try {
      const assessment = await verifier.assess(scan.pack);
      const { judgment, undoable, contested } = assessment;
      const cause = await verifier.causeOf(scan, assessment);
      update(id, { judgment, undoable, contested, cause });
      await askLedger(id, scan.pack, assessment);
    } catch (error) {
      update(id, { opinion: scan.opinion });
      throw error;
    }
  }

  async function noteRecorded(acted: JudgedScan, recorded: Recorded): Promise<void> {
    const { pack } = acted;
    const entry = entries.find(({ scan }) => isSamePack(scan.pack, pack));
    if (!entry) return;
    update(entry.id, { recorded: { ...recorded, before: actingJudgment(acted) } });
    try {
      const assessment = await verifier.assess(pack);
      const { judgment, undoable, contested } = assessment;
      update(entry.id, { judgment, undoable, contested });
      // What the ledger said before the event is no answer to what the device says now.
      await askLedger(entry.id, pack, assessment);
    } catch (error) {
      // The event is on disk; only the card's second look at the pack is missing.
      if (storeCodeOf(error) === undefined) throw error;
    }
  }

  async function askLedger(id: number, pack: Pack, assessment: Assessment): Promise<void> {
    const opinion = await verifier.askLedger(pack, assessment);
    update(id, { opinion });
  }

  function update(id: number, change: Partial<JudgedScan>): void {
    publish(entries.map((entry) => (entry.id === id ? { id, scan: { ...entry.scan, ...change } } : entry)));
  }

  function publish(next: typeof entries): void {
    entries = next;
    history.value = entries.map((entry) => entry.scan);
    onChange();
  }

  return { history, scanOf, judge, recheck, noteRecorded };
}

/** Undefined: not an error of what is stored here. */
export function storeCodeOf(error: unknown): StoreError['code'] | undefined {
  if (error instanceof StoreError) return error.code;
  return error instanceof KeyError ? 'failed' : undefined;
}
