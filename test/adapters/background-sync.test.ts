// Browsers that will not be woken for the outbox: recording goes on, and the tabs send by themselves.
import { afterEach, expect, test, vi } from 'vitest';
import { createBackgroundSync } from '../../src/adapters/background-sync.ts';

afterEach(() => void vi.unstubAllGlobals());

const forbidden = () => Promise.reject(new DOMException('site data is blocked', 'SecurityError'));

test.each([
  ['has no service workers', {}],
  ['is not registered', { serviceWorker: { getRegistration: async () => undefined } }],
  ['has no Background Sync', { serviceWorker: { getRegistration: async () => ({}) } }],
  ['blocks site data', { serviceWorker: { getRegistration: forbidden } }],
  ['forbids it', { serviceWorker: { getRegistration: async () => ({ sync: { register: forbidden } }) } }],
])('asks nothing more of a browser that %s', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator);
  await expect(createBackgroundSync().ask()).resolves.toBeUndefined();
});

test('asks the browser that can', async () => {
  const tags: string[] = [];
  const register = async (tag: string) => void tags.push(tag);
  vi.stubGlobal('navigator', { serviceWorker: { getRegistration: async () => ({ sync: { register } }) } });
  await createBackgroundSync().ask();
  expect(tags).toEqual(['packtrail-outbox']);
});
