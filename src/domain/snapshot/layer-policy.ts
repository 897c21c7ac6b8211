// When a snapshot gets a new delta and when a new base. The rules look at nothing but the manifest before and the as-of
// time, and the salt of a base at nothing but the log, so that an auditor comes to the same layers.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '../bytes.ts';
import { FOLD_VERSION } from '../ledger/fold.ts';
import { LAYERS_MAX } from '../limits.ts';
import { BUILDER_VERSION } from './build.ts';
import { CODEC, type Layer, type Manifest } from './manifest.ts';

export type LayerPolicy = {
  /** Deltas of one period replace one another; the last of a period stays. */
  readonly periodMs: number;
  readonly baseAgeMsMax: number;
  /** Deltas together, in per cent of the bytes of their base. */
  readonly deltaPercentMax: number;
  readonly layersMax: number;
};

const DAY_MS = 86_400_000;

/**
 * The policy of this version of the builder, which every manifest names, so nobody can choose another unseen. At one per
 * cent of packs changed and one per cent new a day, thirty deltas come to about half of their base; so it is usually its
 * age that brings a new base, and the fresh salt that comes with it.
 */
export const LAYER_POLICY: LayerPolicy = {
  periodMs: DAY_MS,
  baseAgeMsMax: 30 * DAY_MS,
  deltaPercentMax: 100,
  layersMax: LAYERS_MAX,
};

/**
 * The layers of the snapshot before on which the next one rests, so that it says what has changed since; none if it is
 * to be a new base.
 */
export function planLayer(
  previous: Manifest | undefined,
  asOfMs: number,
  { periodMs, baseAgeMsMax, deltaPercentMax, layersMax }: LayerPolicy = LAYER_POLICY,
): readonly Layer[] {
  const [base, ...deltas] = previous && isOurs(previous) ? previous.layers : [];
  if (!base || asOfMs - base.asOfMs >= baseAgeMsMax) return [];
  const deltaBytes = deltas.reduce((sum, delta) => sum + bytesOf(delta), 0);
  if (deltaBytes * 100 > bytesOf(base) * deltaPercentMax) return [];
  const last = deltas.at(-1);
  const period = (layer: Pick<Layer, 'asOfMs'>) => Math.floor(layer.asOfMs / periodMs);
  const replacesLast = last !== undefined && period(last) === period({ asOfMs });
  const below = [base, ...(replacesLast ? deltas.slice(0, -1) : deltas)];
  return below.length < layersMax ? below : [];
}

/** The salt of a base, and so of the deltas above it, from the root of the entries that the base holds. */
export function baseSalt(root: Uint8Array): string {
  return bytesToHex(sha256(concatBytes(utf8ToBytes('packtrail/v1/snapshot-salt\0'), root)).subarray(0, 16));
}

/** Built by the same rules; on others' layers nothing is built. */
function isOurs({ foldVersion, builderVersion, codec, baseBits, newsBits }: Manifest): boolean {
  return (
    foldVersion === FOLD_VERSION &&
    builderVersion === BUILDER_VERSION &&
    codec === CODEC.codec &&
    baseBits === CODEC.baseBits &&
    newsBits === CODEC.newsBits
  );
}

function bytesOf({ pages }: Layer): number {
  return pages.reduce((sum, page) => sum + page.bytes, 0);
}
