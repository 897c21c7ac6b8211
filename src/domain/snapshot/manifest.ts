// The manifest describes a snapshot: which pages, of which bytes, folded from which checkpoint, good until when. It
// is canonical JSON; its SHA-256 is its identity, stands in a leaf of the snapshot log and goes into every event that
// was recorded while it was in use.
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { type BlindId, type BlindPack, NO_ID } from '../blinding.ts';
import { bytesToHex, createByteReader, createByteWriter, parseUtf8, utf8ToBytes } from '../bytes.ts';
import {
  CHECKPOINT_BYTES_MAX,
  LAYERS_MAX,
  MANIFEST_BYTES_MAX,
  MANIFEST_PAGES_MAX,
  PAGE_BYTES_MAX,
} from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import { hex, integer, list, oneOf, parseJson, record, type Shaped, text } from '../shape.ts';
import { FINGERPRINT_BITS_MAX, FINGERPRINT_BITS_MIN } from './members.ts';

/**
 * How pages are encoded, as a manifest names it. A serial that was never issued passes a base with probability 2^-16;
 * false accepts add up over layers, and the news of thirty deltas, of 21 bits, let about as many in again.
 */
export const CODEC = { codec: 'ribbon-1', baseBits: 16, newsBits: 21 } as const;

const pageShape = record({
  sha256: hex(32),
  bytes: integer(1, PAGE_BYTES_MAX),
  /** Packs that the page holds, those that it says have changed not counted. */
  packs: integer(0),
  /**
   * The page answers for keys from `first` to `last`: productId, batchId, packId. Where it has a batch's record it
   * answers for all of the batch, up to what pages beside it answer for.
   */
  first: hex(48),
  last: hex(48),
});
export type PageRef = Shaped<typeof pageShape>;

const layerShape = record({
  kind: oneOf(['base', 'delta']),
  /** Entries of the ledger's log that are folded in, with those of the layers below. */
  logSize: integer(0),
  /** Receipt time of the last of them. */
  asOfMs: integer(0),
  pages: list(pageShape, MANIFEST_PAGES_MAX),
});
export type Layer = Shaped<typeof layerShape>;

const manifestShape = record({
  v: oneOf([1]),
  market: text(64, /^[a-z0-9][a-z0-9-]*$/, 1),
  /** Counts the manifests of this ledger from 1. */
  number: integer(1),
  foldVersion: integer(1),
  builderVersion: integer(1),
  codec: oneOf([CODEC.codec]),
  /** Bits of fingerprint in a base, and in the news of a delta. */
  baseBits: integer(FINGERPRINT_BITS_MIN, FINGERPRINT_BITS_MAX),
  newsBits: integer(FINGERPRINT_BITS_MIN, FINGERPRINT_BITS_MAX),
  /** The ledger's checkpoint note, verbatim: the snapshot holds exactly the entries below its size. */
  checkpoint: text(CHECKPOINT_BYTES_MAX, undefined, 1),
  /** Receipt time of the last entry folded in. */
  asOfMs: integer(0),
  /** When the builder found the checkpoint to be the newest; the age that screens show counts from here. */
  publishedMs: integer(0),
  expiresMs: integer(0),
  salt: hex(16),
  packs: integer(0),
  /** A base, then deltas, oldest first; the newest layer wins. */
  layers: list(layerShape, LAYERS_MAX),
});
export type Manifest = Shaped<typeof manifestShape>;

export function encodeManifest(manifest: Manifest): Uint8Array {
  const ordered = manifestShape(manifest, 'manifest');
  if (!ordered.ok) throw new Error(`not a manifest: ${ordered.detail}`);
  return utf8ToBytes(JSON.stringify(ordered.value));
}

export function parseManifest(bytes: Uint8Array): Result<Manifest, 'malformed'> {
  if (bytes.length > MANIFEST_BYTES_MAX) return err('malformed', 'manifest too long');
  const json = parseUtf8(bytes);
  if (!json.ok) return json;
  const manifest = parseJson(json.value, manifestShape);
  if (!manifest.ok) return manifest;
  if (JSON.stringify(manifest.value) !== json.value) return err('malformed', 'not the canonical encoding');
  const { layers } = manifest.value;
  if (!layers.every((layer) => inOrder(layer.pages))) return err('malformed', 'pages out of order');
  if (layers.length === 0 || !layers.every(followsLayer)) return err('malformed', 'layers out of order');
  return manifest;
}

function inOrder(pages: readonly PageRef[]): boolean {
  return pages.every(
    (page, i) => page.first <= page.last && (i === 0 || (pages[i - 1] as PageRef).last < page.first),
  );
}

function followsLayer({ kind, logSize, asOfMs }: Layer, i: number, layers: readonly Layer[]): boolean {
  const below = layers[i - 1];
  if (!below) return kind === 'base';
  return kind === 'delta' && logSize >= below.logSize && asOfMs >= below.asOfMs;
}

export function manifestId(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** A leaf of the snapshot log: a manifest, or the withdrawal of an earlier leaf. */
export type SnapshotLeaf =
  | { readonly kind: 'manifest'; readonly id: string }
  | { readonly kind: 'void'; readonly index: number };

/** u8 kind (1 manifest, 0 void), then the manifest's SHA-256 or the voided leaf's index as u64. */
export function encodeSnapshotLeaf(leaf: SnapshotLeaf): Uint8Array {
  const writer = createByteWriter();
  writer.u8(leaf.kind === 'manifest' ? 1 : 0);
  if (leaf.kind === 'manifest') writer.raw(hexToBytes(leaf.id));
  else writer.u64(leaf.index);
  return writer.done();
}

export function parseSnapshotLeaf(bytes: Uint8Array): Result<SnapshotLeaf, 'malformed'> {
  const reader = createByteReader(bytes);
  const kind = reader.u8();
  const leaf: SnapshotLeaf =
    kind === 1 ? { kind: 'manifest', id: bytesToHex(reader.raw(32)) } : { kind: 'void', index: reader.u64() };
  return kind <= 1 && reader.atEnd() ? ok(leaf) : err('malformed', 'snapshot leaf');
}

/** Pages that answer for this key, at most one of each layer, newest layer first. */
export function pagesForPack(manifest: Pick<Manifest, 'layers'>, key: string): readonly PageRef[] {
  return pagesBetween(manifest, key, key);
}

/**
 * The same, and those that answer for its batch's bare record: a recall alone, or a batch whose packs' states are no
 * longer held.
 */
export function pagesForPackOrBatch(
  { layers }: Pick<Manifest, 'layers'>,
  { productId, batchId, packId }: Pick<BlindPack, 'productId' | 'batchId' | 'packId'>,
): readonly PageRef[] {
  const record = productId + batchId + NO_ID;
  const key = productId + batchId + packId;
  const found: PageRef[] = [];
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const { pages } = layers[layer] as Layer;
    // No pack's id is below NO_ID, so the pages of the batch lie between the two.
    for (let i = firstEndingFrom(pages, record); i < pages.length; i++) {
      const page = pages[i] as PageRef;
      if (page.first > key) break;
      if (page.first <= record || page.last >= key) found.push(page);
    }
  }
  return found;
}

/** Pages that answer for keys of this product, newest layer first. */
export function pagesForProduct(manifest: Pick<Manifest, 'layers'>, productId: BlindId): readonly PageRef[] {
  return pagesBetween(manifest, productId, `${productId}g`);
}

// A layer's pages are in order and do not overlap.
function pagesBetween({ layers }: Pick<Manifest, 'layers'>, low: string, high: string): readonly PageRef[] {
  const found: PageRef[] = [];
  for (const { pages } of layers.toReversed()) {
    for (let i = firstEndingFrom(pages, low); i < pages.length; i++) {
      const page = pages[i] as PageRef;
      if (page.first > high) break;
      found.push(page);
    }
  }
  return found;
}

function firstEndingFrom(pages: readonly PageRef[], key: string): number {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pages[middle] as PageRef).last < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
