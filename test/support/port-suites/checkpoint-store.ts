// What every CheckpointStore does, whatever it is made of.
import { describe, expect, test } from 'vitest';
import type { CheckpointStore, ForkEvidence } from '../../../src/app/ports.ts';

function fork(n: number): ForkEvidence {
  return { log: 'ledger', seen: `seen ${n}\n`, offered: `offered ${n}\n`, foundMs: n };
}

/** `open` gives a store that is empty. */
export function checkpointStoreSuite(name: string, open: () => Promise<CheckpointStore>): void {
  describe(`${name} is a CheckpointStore`, () => {
    test('starts empty', async () => {
      const store = await open();
      expect(await store.latest('ledger')).toBeUndefined();
      expect(await store.evidence()).toEqual([]);
    });

    test('keeps one note for each log', async () => {
      const store = await open();
      expect(await store.replace('ledger', undefined, 'l1\n')).toBe(true);
      expect(await store.replace('snapshot', undefined, 's1\n')).toBe(true);
      expect(await store.replace('ledger', 'l1\n', 'l2\n')).toBe(true);
      expect(await store.latest('ledger')).toBe('l2\n');
      expect(await store.latest('snapshot')).toBe('s1\n');
    });

    test('replaces only what the caller expects to replace', async () => {
      const store = await open();
      const rivals = await Promise.all([
        store.replace('ledger', undefined, 'a\n'),
        store.replace('ledger', undefined, 'b\n'),
      ]);
      expect(rivals).toEqual([true, false]);
      expect(await store.replace('ledger', 'b\n', 'c\n')).toBe(false);
      expect(await store.latest('ledger')).toBe('a\n');
    });

    test('keeps evidence of forks, each once', async () => {
      const store = await open();
      await store.keepEvidence(fork(1));
      await store.keepEvidence(fork(2));
      await store.keepEvidence({ ...fork(1), foundMs: 99 });
      expect(await store.evidence()).toEqual([fork(1), fork(2)]);
    });

    test('keeps the first 16 forks, whatever a log goes on to say', async () => {
      const store = await open();
      for (let n = 1; n <= 20; n++) await store.keepEvidence(fork(n));
      expect((await store.evidence()).map(({ foundMs }) => foundMs)).toEqual(
        Array.from({ length: 16 }, (_, i) => i + 1),
      );
    });
  });
}
