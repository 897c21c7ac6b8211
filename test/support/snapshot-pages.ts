// Real pages with a manifest's layers over them, and a ledger that gives them out in bundles over a line that a test
// can slow, cut and spoil.
import { setImmediate } from 'node:timers/promises';
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { concatBytes } from '../../src/domain/bytes.ts';
import { type BuiltPage, buildPackedPages } from '../../src/domain/snapshot/build.ts';
import { bundlesOf } from '../../src/domain/snapshot/bundle.ts';
import type { Layer } from '../../src/domain/snapshot/manifest.ts';
import { syntheticBatches } from './synthetic-packs.ts';

export const SALT = '5a'.repeat(16);

/** Pages of a country of so many packs, as one base. */
export function syntheticPages(packs: number, batchPacks = 4_000): readonly BuiltPage[] {
  return [...buildPackedPages(syntheticBatches({ packs, batchPacks }), SALT, 0)];
}

export function baseOf(pages: readonly BuiltPage[]): Layer {
  return { kind: 'base', logSize: 1, asOfMs: 0, pages: pages.map(({ ref }) => ref) };
}

export type Line = {
  /** Bytes that came through, and requests that were made. */
  bytes: number;
  asked: { readonly id: string; readonly from: number; readonly length: number }[];
  /** Breaks the line after so many bytes of a request; undefined: it holds. */
  breakAfter: ((request: number) => number | undefined) | undefined;
  /** `throw`: the line breaks; `end`: the answer ends as if it were whole. */
  breakBy: 'throw' | 'end';
  /** Changes what comes through. */
  spoil: ((id: string, at: number, byte: number) => number) | undefined;
  /** Called before each part. */
  onPart: (() => Promise<void>) | undefined;
  partBytes: number;
};

export function bundleLine(pages: readonly BuiltPage[]): {
  line: Line;
  ledger: Pick<LedgerClient, 'bundle'>;
} {
  const files = new Map(
    bundlesOf(pages.map(({ ref }) => ref)).map(({ id, pages: inside }) => {
      const bytesOf = new Map(pages.map(({ ref, bytes }) => [ref.sha256, bytes]));
      return [id, concatBytes(...inside.map(({ sha256 }) => bytesOf.get(sha256) ?? new Uint8Array(0)))];
    }),
  );
  const line: Line = {
    ...{ bytes: 0, asked: [], breakAfter: undefined, breakBy: 'throw', spoil: undefined, onPart: undefined },
    partBytes: 16_384,
  };

  async function* give(id: string, from: number, length: number, request: number) {
    const file = (files.get(id) ?? new Uint8Array(0)).subarray(from, from + length);
    const whole = line.spoil ? file.map((byte, i) => line.spoil?.(id, from + i, byte) ?? byte) : file;
    const end = line.breakAfter?.(request) ?? Number.POSITIVE_INFINITY;
    for (let at = 0; at < whole.length; at += line.partBytes) {
      await (line.onPart ?? setImmediate)();
      const part = whole.slice(at, Math.min(at + line.partBytes, end));
      line.bytes += part.length;
      yield part;
      if (at + line.partBytes < end) continue;
      if (line.breakBy === 'end') return;
      throw new LedgerError('offline');
    }
  }

  return {
    line,
    ledger: {
      async bundle(id, from, length) {
        line.asked.push({ id, from, length });
        if (!files.has(id)) throw new LedgerError('refused', { refusal: 'not-found' });
        return give(id, from, length, line.asked.length);
      },
    },
  };
}
