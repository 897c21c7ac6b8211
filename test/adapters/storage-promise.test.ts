import { afterEach, expect, test, vi } from 'vitest';
import { createStoragePromise } from '../../src/adapters/storage-promise.ts';

afterEach(() => vi.unstubAllGlobals());

function promiseOver(storage: unknown) {
  vi.stubGlobal('navigator', { storage });
  return createStoragePromise();
}

test('passes on what the browser promises', async () => {
  let persisted = false;
  const promise = promiseOver({
    persisted: async () => persisted,
    persist: async () => {
      persisted = true;
      return persisted;
    },
  });
  expect(await promise.persisted()).toBe(false);
  expect(await promise.ask()).toBe(true);
  expect(await promise.persisted()).toBe(true);
});

test('tells what space there is left, as far as the browser says', async () => {
  const estimating = (estimate: StorageEstimate) => promiseOver({ estimate: async () => estimate });
  expect(await estimating({ quota: 100, usage: 30 }).spaceLeft()).toBe(70);
  expect(await estimating({ quota: 100, usage: 130 }).spaceLeft()).toBe(0);
  expect(await estimating({}).spaceLeft()).toBeUndefined();
  for (const storage of [undefined, {}, { estimate: () => Promise.reject(new TypeError('opaque origin')) }])
    expect(await promiseOver(storage).spaceLeft()).toBeUndefined();
});

test('a browser that knows no such promise, or refuses to answer, has promised nothing', async () => {
  const refusing = () => Promise.reject(new TypeError('opaque origin'));
  for (const storage of [undefined, {}, { persisted: refusing, persist: refusing }]) {
    const promise = promiseOver(storage);
    expect(await promise.persisted()).toBe(false);
    expect(await promise.ask()).toBe(false);
  }
});
