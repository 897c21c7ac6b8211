// Which screen is open, kept in the address's fragment so that the phone's back button works. The one-time code of an
// enrolment link is taken out of the address and the history at once: whoever sees the address bar must not get it.
import { type ReadonlySignal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export const ROUTES = [
  '',
  'scan',
  'type',
  'list',
  'practice',
  'outage',
  'outbox',
  'alerts',
  'device',
  'scanner',
  'scope',
  'enrol',
] as const;
export type Route = (typeof ROUTES)[number];

export type EnrolLink = { readonly code: string; readonly keyHash: string };

export type Navigation = {
  readonly route: ReadonlySignal<Route>;
  readonly enrolLink: ReadonlySignal<EnrolLink | undefined>;
  go(route: Route): void;
  /** To the screen before this one, or the first screen where the app was opened on this one. */
  back(): void;
  forgetEnrolLink(): void;
};

/** What the navigation needs of the browser's window. */
export type Surface = {
  readonly location: Pick<Location, 'hash'>;
  readonly history: Pick<History, 'replaceState' | 'pushState' | 'back'>;
  addEventListener(type: 'popstate' | 'hashchange', listener: () => void): void;
};

export const hrefOf = (route: Route): string => `#/${route}`;

export function createNavigation({ location, history, addEventListener }: Surface): Navigation {
  const route = signal<Route>('');
  const enrolLink = signal<EnrolLink | undefined>(undefined);
  let depth = 0;

  function read(): void {
    const link = parseEnrolLink(location.hash);
    if (link) {
      enrolLink.value = link;
      history.replaceState(null, '', hrefOf('enrol'));
    }
    const next = parseRoute(location.hash);
    if (next !== route.value) depth++;
    route.value = next;
  }

  read();
  depth = 0;
  // The camera starts after a tap only, so the app never opens on the scan screen.
  if (route.value === 'scan') {
    history.replaceState(null, '', hrefOf(''));
    route.value = '';
  }
  addEventListener('popstate', read);
  addEventListener('hashchange', read);

  function go(next: Route): void {
    if (next === route.value) return;
    history.pushState(null, '', hrefOf(next));
    read();
  }
  function back(): void {
    if (depth > 0) {
      history.back();
      return;
    }
    history.replaceState(null, '', hrefOf(''));
    route.value = '';
  }
  function forgetEnrolLink(): void {
    enrolLink.value = undefined;
  }
  return { route, enrolLink, go, back, forgetEnrolLink };
}

export function parseEnrolLink(hash: string): EnrolLink | undefined {
  const [, code, keyHash] = /^#\/enrol\/([A-Za-z0-9_-]{1,128})\/([A-Za-z0-9_-]{1,128})$/.exec(hash) ?? [];
  return code === undefined || keyHash === undefined ? undefined : { code, keyHash };
}

function parseRoute(hash: string): Route {
  const name = hash.replace(/^#\/?/, '').split('/')[0];
  return ROUTES.find((known) => known === name) ?? '';
}

const NavigationContext = createContext<Navigation | undefined>(undefined);
export const NavigationProvider = NavigationContext.Provider;

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (!navigation) throw new Error('screens are rendered inside a NavigationProvider');
  return navigation;
}
