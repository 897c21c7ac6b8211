// What every SnapshotStore does, whatever it is made of.
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import type { SnapshotStore, StoredSnapshot } from '../../../src/app/ports-snapshot.ts';
import { bytesToHex, utf8ToBytes } from '../../../src/domain/bytes.ts';
import { PAGE_BYTES_MAX } from '../../../src/domain/limits.ts';

export function samplePage(n: number, length = 1_000): { sha256: string; bytes: Uint8Array } {
  const bytes = new Uint8Array(length).fill(n);
  return { sha256: bytesToHex(sha256(bytes)), bytes };
}

export function storedSnapshot(n: number): StoredSnapshot {
  return { manifest: utf8ToBytes(`{"number":${n}}`), proof: `proof ${n}\n`, scope: null };
}

/** `open` gives a store that is empty. */
export function snapshotStoreSuite(name: string, open: () => Promise<SnapshotStore>): void {
  describe(`${name} is a SnapshotStore`, () => {
    test('starts empty', async () => {
      const store = await open();
      expect(await store.current()).toBeUndefined();
      expect((await store.heldPages()).has(samplePage(1).sha256)).toBe(false);
      expect(await store.page(samplePage(1).sha256)).toBeUndefined();
    });

    test('gives pages back to the byte, up to the largest', async () => {
      const store = await open();
      const pages = [samplePage(1), samplePage(2, 0), samplePage(3, PAGE_BYTES_MAX)];
      await store.putPages(pages);
      expect(await store.heldPages()).toEqual(new Set(pages.map(({ sha256 }) => sha256)));
      for (const page of pages) {
        expect(await store.page(page.sha256)).toEqual(page.bytes);
      }
      const tooLarge = samplePage(4, PAGE_BYTES_MAX + 1);
      await expect(store.putPages([tooLarge])).rejects.toThrow('assertion failed');
    });

    test('adopting drops the pages that the snapshot does not name', async () => {
      const store = await open();
      const [a, b, c] = [samplePage(1), samplePage(2), samplePage(3)];
      await store.putPages([a, b]);
      await store.adopt(storedSnapshot(1), [a.sha256, b.sha256]);
      expect(await store.current()).toEqual(storedSnapshot(1));
      await store.putPages([c]);
      await store.adopt(storedSnapshot(2), [b.sha256, c.sha256]);
      expect(await store.current()).toEqual(storedSnapshot(2));
      expect((await store.heldPages()).has(a.sha256)).toBe(false);
      expect(await store.page(b.sha256)).toEqual(b.bytes);
      expect(await store.page(c.sha256)).toEqual(c.bytes);
    });

    test('drops what is not named, and nothing else', async () => {
      const store = await open();
      const [a, b] = [samplePage(1), samplePage(2)];
      await store.putPages([a, b]);
      await store.adopt(storedSnapshot(1), [a.sha256, b.sha256]);
      await store.dropOthers(new Set([a.sha256, samplePage(3).sha256]));
      expect(await store.heldPages()).toEqual(new Set([a.sha256]));
      expect(await store.current()).toEqual(storedSnapshot(1));
    });

    test('does not adopt a snapshot whose pages another tab has dropped', async () => {
      const store = await open();
      const [a, b] = [samplePage(1), samplePage(2)];
      await store.putPages([a]);
      await store.adopt(storedSnapshot(1), [a.sha256]);
      await expect(store.adopt(storedSnapshot(2), [a.sha256, b.sha256])).rejects.toMatchObject({
        name: 'StoreError',
        code: 'damaged',
      });
      expect(await store.current()).toEqual(storedSnapshot(1));
      expect(await store.page(a.sha256)).toEqual(a.bytes);
    });

    test('narrowing drops the named pages of the snapshot in use, and no others', async () => {
      const store = await open();
      const [a, b, coming] = [samplePage(1), samplePage(2), samplePage(3)];
      const narrower = { ...storedSnapshot(1), scope: ['gtin:04012345000016', 'ppn:110375286414'] };
      expect(await store.narrow(narrower, [])).toBe(false);
      await store.putPages([a, b]);
      await store.adopt(storedSnapshot(1), [a.sha256, b.sha256]);
      await store.putPages([coming]);
      expect(await store.narrow(narrower, [b.sha256])).toBe(true);
      expect(await store.current()).toEqual(narrower);
      expect(await store.heldPages()).toEqual(new Set([a.sha256, coming.sha256]));
      expect(await store.narrow({ ...storedSnapshot(2), scope: [] }, [a.sha256])).toBe(false);
      expect(await store.current()).toEqual(narrower);
      expect(await store.page(a.sha256)).toEqual(a.bytes);
    });

    test('what a caller does to its bytes afterwards changes nothing', async () => {
      const store = await open();
      const page = samplePage(1);
      const [given, manifest] = [page.bytes.slice(), storedSnapshot(1).manifest.slice()];
      await store.putPages([{ sha256: page.sha256, bytes: given }]);
      await store.adopt({ manifest, proof: 'proof 1\n', scope: null }, [page.sha256]);
      given.fill(0);
      manifest.fill(0);
      (await store.page(page.sha256))?.fill(0);
      expect(await store.page(page.sha256)).toEqual(page.bytes);
      expect(await store.current()).toEqual(storedSnapshot(1));
    });
  });
}
