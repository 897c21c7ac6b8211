import { expect, test } from 'vitest';
import { parseUtf8, utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  encodeSnapshotLeaf,
  type Layer,
  type Manifest,
  type PageRef,
  pagesForPack,
  pagesForProduct,
  parseManifest,
  parseSnapshotLeaf,
} from '../../../src/domain/snapshot/manifest.ts';
import { openSnapshot } from '../../../src/domain/snapshot/open.ts';
import { mangled } from '../../support/mangle.ts';
import { blindPack, PACK, packs } from '../../support/sample-events.ts';
import {
  LEDGER_KEY,
  SNAPSHOT_KEY,
  sampleSnapshot,
  sampleTrust,
  TRUST,
} from '../../support/sample-snapshot.ts';

const issued = packs(3).map((pack) => ({ pack, state: 'active' as const }));

function openSnapshotOf(change: Partial<Manifest>) {
  const { manifest, proof } = sampleSnapshot(issued, change);
  return openSnapshot(manifest, proof, TRUST);
}

test('a snapshot opens when its manifest is proven in the snapshot log', () => {
  const { manifest, proof } = sampleSnapshot(issued);
  const opened = openSnapshot(manifest, proof, TRUST);
  expect(opened).toMatchObject({ ok: true, value: { leafIndex: 1, ledgerCheckpoint: { size: 1 } } });
});

test('another log’s key opens nothing', () => {
  const { manifest, proof } = sampleSnapshot(issued);
  const swapped = sampleTrust({ ledgerKeys: [SNAPSHOT_KEY], snapshotKeys: [LEDGER_KEY] });
  expect(openSnapshot(manifest, proof, swapped)).toMatchObject({ ok: false, error: 'unknown-key' });
  expect(openSnapshot(manifest, proof, sampleTrust({ ledgerKeys: [SNAPSHOT_KEY] }))).toMatchObject({
    ok: false,
    error: 'unknown-key',
  });
});

test('a manifest with an unsigned ledger checkpoint is refused even if the snapshot log holds it', () => {
  const { manifest, proof } = sampleSnapshot(issued, {
    checkpoint: 'test.packtrail.invalid/ledger\n9\nAAAA\n\n',
  });
  expect(openSnapshot(manifest, proof, TRUST).ok).toBe(false);
});

test('every changed byte of a manifest or a proof is refused or harmless', () => {
  const { manifest, proof } = sampleSnapshot([{ pack: PACK, state: 'active' }]);
  // Each costs a signature check, so one change a byte; all of them end at the same hash.
  for (let at = 0; at < manifest.length; at++) {
    const other = manifest.with(at, (manifest[at] as number) ^ (1 << (at % 8)));
    expect(openSnapshot(other, proof, TRUST).ok).toBe(false);
  }
  expect(openSnapshot(manifest.slice(0, -1), proof, TRUST).ok).toBe(false);
  for (const other of mangled(utf8ToBytes(proof))) {
    const text = parseUtf8(other);
    const opened = text.ok ? openSnapshot(manifest, text.value, TRUST) : text;
    // The `extra` line is opaque to the proof; nothing else may change.
    if (opened.ok)
      expect(text.ok && text.value.replace(/^extra .*\n/m, '')).toBe(proof.replace(/^extra .*\n/m, ''));
  }
});

test('pages are found by pack and by product', () => {
  const { manifest } = sampleSnapshot(issued);
  const parsed = parseManifest(manifest);
  if (!parsed.ok) throw new Error(parsed.detail);
  const { productId, batchId, packId } = blindPack(PACK);
  expect(pagesForPack(parsed.value, productId + batchId + packId)).toHaveLength(1);
  expect(pagesForProduct(parsed.value, productId)).toHaveLength(1);
  expect(pagesForPack(parsed.value, 'f'.repeat(96))).toHaveLength(0);
});

test('a manifest starts with a base, on which deltas lie in the order of the log', () => {
  const pages: PageRef[] = [];
  const layer = (kind: 'base' | 'delta', logSize: number, asOfMs = 0) => ({ kind, logSize, asOfMs, pages });
  const opens = (layers: Layer[]) => openSnapshotOf({ layers }).ok;
  const base = layer('base', 1);
  expect(opens([base])).toBe(true);
  expect(opens([base, layer('delta', 1), layer('delta', 1)])).toBe(true);
  expect(opens([])).toBe(false);
  expect(opens([layer('delta', 1)])).toBe(false);
  expect(opens([base, base])).toBe(false);
  expect(opens([layer('base', 2), layer('delta', 1)])).toBe(false);
  expect(opens([layer('base', 1, 5), layer('delta', 1, 4)])).toBe(false);
});

test('snapshot leaves have one encoding', () => {
  for (const leaf of [
    { kind: 'manifest', id: 'ab'.repeat(32) } as const,
    { kind: 'void', index: 7 } as const,
  ]) {
    const bytes = encodeSnapshotLeaf(leaf);
    expect(parseSnapshotLeaf(bytes)).toEqual({ ok: true, value: leaf });
    for (const other of mangled(bytes)) {
      const read = parseSnapshotLeaf(other);
      if (read.ok) expect(encodeSnapshotLeaf(read.value)).toEqual(other);
    }
  }
});
