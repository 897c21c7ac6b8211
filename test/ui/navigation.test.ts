import { expect, test } from 'vitest';
import { createNavigation, parseEnrolLink, type Surface } from '../../src/ui/navigation.ts';

/** A window's address and history, as far as the navigation uses them. */
function createSurface(hash: string) {
  const entries = [hash];
  const listeners: (() => void)[] = [];
  const location = { hash };
  const show = () => {
    location.hash = entries.at(-1) ?? '';
  };
  const surface: Surface = {
    location,
    history: {
      pushState(_, __, url) {
        entries.push(String(url));
        show();
      },
      replaceState(_, __, url) {
        entries[entries.length - 1] = String(url);
        show();
      },
      back() {
        entries.pop();
        show();
        for (const listener of listeners) listener();
      },
    },
    addEventListener: (_, listener) => void listeners.push(listener),
  };
  const visit = (url: string) => {
    entries.push(url);
    show();
    for (const listener of listeners) listener();
  };
  return { surface, entries, visit };
}

const LINK = '#/enrol/q1w2e3r4t5y6u7i8/0011aabb';

test('the one-time code leaves the address and the history at once', () => {
  const { surface, entries } = createSurface(LINK);
  const navigation = createNavigation(surface);
  expect(navigation.enrolLink.value).toEqual({ code: 'q1w2e3r4t5y6u7i8', keyHash: '0011aabb' });
  expect(navigation.route.value).toBe('enrol');
  expect(entries).toEqual(['#/enrol']);
});

test('a link opened while the app runs is taken too', () => {
  const { surface, entries, visit } = createSurface('');
  const navigation = createNavigation(surface);
  visit(LINK);
  expect(navigation.enrolLink.value?.code).toBe('q1w2e3r4t5y6u7i8');
  expect(entries.join()).not.toContain('q1w2');
});

test.each(['#/enrol/abc', '#/enrol/a/b/c', '#/enrol/a b/c', `#/enrol/${'x'.repeat(200)}/c`])(
  'a malformed link is none: %s',
  (hash) => expect(parseEnrolLink(hash)).toBeUndefined(),
);

test('the app never opens on the camera', () => {
  const navigation = createNavigation(createSurface('#/scan').surface);
  expect(navigation.route.value).toBe('');
});

test('back leads to the screen before, and to the first one where there was none', () => {
  const { surface } = createSurface('#/outbox');
  const navigation = createNavigation(surface);
  expect(navigation.route.value).toBe('outbox');
  navigation.go('device');
  navigation.back();
  expect(navigation.route.value).toBe('outbox');
  const fresh = createNavigation(createSurface('#/outbox').surface);
  fresh.back();
  expect(fresh.route.value).toBe('');
});
