// From the symbols of a photo to verdicts: one pack of it is shown, with how many more there are, or all of them go onto
// the open list.
import type { Signal } from '@preact/signals-core';
import type { MalformedDates } from '../domain/codes/expiry.ts';
import { packsOf, rankSymbols } from './code-choice.ts';
import type { CodeReading, ReadPack } from './code-reading.ts';
import type { DecodedSymbol } from './ports-scan.ts';
import type { PassedOver, ScanState } from './scan-model.ts';

export type PhotoScanContext = {
  readonly dates: MalformedDates;
  readonly photoPacks: Signal<readonly ReadPack[]>;
  readonly passedOver: Signal<PassedOver | undefined>;
  isMany(): boolean;
  begin(state: ScanState): void;
  take(reading: CodeReading, entryMode: 'file'): Promise<void>;
  list(reading: ReadPack, entryMode: 'file'): Promise<void>;
};

export type PhotoScan = (symbols: readonly DecodedSymbol[], nowMs: number) => Promise<void>;

export function createPhotoScan(context: PhotoScanContext): PhotoScan {
  const { dates, photoPacks, passedOver, isMany, begin, take, list } = context;
  return async (symbols, nowMs) => {
    const read = rankSymbols(symbols, nowMs, dates);
    const packs = packsOf(read);
    const [first] = read;
    if (!first) begin({ kind: 'failed', failure: { kind: 'no-code-in-photo' } });
    else if (isMany() && packs.length > 0) {
      begin({ kind: 'idle' });
      for (const { reading } of read)
        if (reading.kind === 'failed' && reading.failure.kind === 'container')
          passedOver.value = reading.failure;
      await Promise.all(packs.map((pack) => list(pack, 'file')));
    } else {
      const taken = take(first.reading, 'file');
      if (packs.length > 1) photoPacks.value = packs;
      await taken;
    }
  };
}
