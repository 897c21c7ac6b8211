import { afterEach, expect, test, vi } from 'vitest';
import { createSurroundings } from '../../src/adapters/surroundings.ts';

afterEach(() => vi.unstubAllGlobals());

function stubPage(): {
  window: EventTarget;
  document: EventTarget & { visibilityState: string };
  network: { onLine: boolean };
} {
  const page = {
    window: new EventTarget(),
    document: Object.assign(new EventTarget(), { visibilityState: 'hidden' }),
    network: { onLine: true },
  };
  vi.stubGlobal('window', page.window);
  vi.stubGlobal('document', page.document);
  vi.stubGlobal('navigator', page.network);
  return page;
}

test('says whether the browser believes to be online, and when it comes to believe so', () => {
  const { window, network } = stubPage();
  const surroundings = createSurroundings();
  expect(surroundings.online()).toBe(true);
  network.onLine = false;
  expect(surroundings.online()).toBe(false);
  const listener = vi.fn();
  const stop = surroundings.onOnline(listener);
  window.dispatchEvent(new Event('online'));
  stop();
  window.dispatchEvent(new Event('online'));
  expect(listener).toHaveBeenCalledTimes(1);
});

test('says when the page comes into view, not when it leaves', () => {
  const { document } = stubPage();
  const listener = vi.fn();
  const surroundings = createSurroundings();
  const stop = surroundings.onVisible(listener);
  expect(surroundings.visible()).toBe(false);
  const turn = (visibilityState: string) => {
    document.visibilityState = visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  turn('visible');
  expect(surroundings.visible()).toBe(true);
  turn('hidden');
  expect(listener).toHaveBeenCalledTimes(1);
  stop();
  turn('visible');
  expect(listener).toHaveBeenCalledTimes(1);
});
