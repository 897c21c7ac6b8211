// The screens' entry: renders a root model into an element. What is on screen follows from three signals, the topmost
// first: an open journey, the scan's state, the route.
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { RootModel } from '../app/root-model.ts';
import type { JudgedScan, ScanState } from '../app/scan-model.ts';
import { HomeScreen } from './home-screen.tsx';
import { Sign } from './icons.tsx';
import { laterScreen } from './later-screen.tsx';
import { words } from './messages.ts';
import { createNavigation, type Navigation, NavigationProvider, useNavigation } from './navigation.ts';
import { Busy, FocusedTitle } from './parts.tsx';
import { StatusBar } from './status-bar.tsx';

const loadVerdictCard = async () => (await import('./verdict-card.tsx')).VerdictCard;
const VerdictCard = laterScreen(loadVerdictCard);
const ScanScreen = laterScreen(async () => (await import('./scan-screen.tsx')).ScanScreen);
const StartFailedScreen = laterScreen(
  async () => (await import('./start-failed-screen.tsx')).StartFailedScreen,
);
const EnrolScreen = laterScreen(async () => (await import('./enrol-screen.tsx')).EnrolScreen);
const JourneyScreen = laterScreen(async () => (await import('./journey-screen.tsx')).JourneyScreen);
const PracticeScreen = laterScreen(async () => (await import('./practice-screen.tsx')).PracticeScreen);
const ScanFailed = laterScreen(async () => (await import('./scan-failed.tsx')).ScanFailed);
const TypedScreen = laterScreen(async () => (await import('./typed-screen.tsx')).TypedScreen);
const OutageScreen = laterScreen(async () => (await import('./outage-screen.tsx')).OutageScreen);
const PalletScreen = laterScreen(async () => (await import('./pallet-screen.tsx')).PalletScreen);
const OutboxScreen = laterScreen(async () => (await import('./outbox-screen.tsx')).OutboxScreen);
const AlertsScreen = laterScreen(async () => (await import('./alerts-screen.tsx')).AlertsScreen);
const ScannerScreen = laterScreen(async () => (await import('./scanner-screen.tsx')).ScannerScreen);
const ScopeScreen = laterScreen(async () => (await import('./scope-screen.tsx')).ScopeScreen);
const DeviceScreen = laterScreen(async () => (await import('./device-screen.tsx')).DeviceScreen);

export function renderApp(root: RootModel, element: Element): void {
  const navigation = createNavigation({
    location: window.location,
    history: window.history,
    addEventListener: (type, listener) => window.addEventListener(type, listener),
  });
  // What the page said until now; the framework would leave it standing.
  element.replaceChildren();
  render(<Root root={root} navigation={navigation} />, element);
}

function Root({ root, navigation }: { readonly root: RootModel; readonly navigation: Navigation }) {
  return (
    <NavigationProvider value={navigation}>
      <Opened root={root} />
    </NavigationProvider>
  );
}

function Opened({ root }: { readonly root: RootModel }) {
  const app = root.app.value;
  const failure = root.startFailure.value;
  if (app) return <Shell key={app.mode.kind} root={root} app={app} />;
  return (
    <div class="shell">
      {failure ? <StartFailedScreen root={root} failure={failure} /> : <Busy label={words.home.opening} />}
    </div>
  );
}

/** After the first screen stands: whoever scans a pack should not wait for its card. */
const PRELOAD_MS = 2_000;

function Shell({ root, app }: { readonly root: RootModel; readonly app: AppModel }) {
  const route = useNavigation().route.value;
  const scan = app.scanner.state.value;
  const isJourneyOpen = app.trail.state.value.kind !== 'closed';
  const isCovered = isJourneyOpen || scan.kind !== 'idle';
  useLeaving(app, route);
  useEffect(() => {
    // Where it fails, the card itself says so.
    const timer = setTimeout(() => loadVerdictCard().catch(() => undefined), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  // What is new on screen is read from its top
  useEffect(() => window.scrollTo(0, 0), [route, scan.kind, isJourneyOpen]);
  return (
    <div class="shell">
      <StatusBar app={app} />
      {isJourneyOpen && <JourneyScreen app={app} />}
      {!isJourneyOpen && <Scan app={app} state={scan} />}
      {route === 'scan' && <ScanScreen app={app} isCovered={isCovered} />}
      <div hidden={isCovered}>
        <Place root={root} app={app} />
      </div>
    </div>
  );
}

/** Whoever goes to another screen has finished with the pack on this one. */
function useLeaving(app: AppModel, route: string): void {
  // Leaving is a change of route
  useEffect(
    () => () => {
      app.trail.close();
      app.scanner.dismiss();
    },
    [app, route],
  );
}

function Scan({ app, state }: { readonly app: AppModel; readonly state: ScanState }) {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'reading-photo':
      return <Waiting label={words.scan.readingPhoto} />;
    case 'checking':
      return <Waiting label={words.scan.checking} />;
    case 'failed':
      return <ScanFailed app={app} failure={state.failure} />;
    case 'judged':
      return <VerdictCard key={packKeyOf(state.scan)} app={app} scan={state.scan} />;
  }
}

/** Another pack gets a card of its own, so that no open question or failure is carried over. */
function packKeyOf({ pack: { productCode, serial } }: JudgedScan): string {
  return `${productCode} ${serial}`;
}

function Waiting({ label }: { readonly label: string }) {
  return (
    <main class="verdict tone-wait">
      <div class="banner" role="status">
        <Sign name="wait" />
        <FocusedTitle>{label}</FocusedTitle>
      </div>
    </main>
  );
}

function Place({ root, app }: { readonly root: RootModel; readonly app: AppModel }) {
  switch (useNavigation().route.value) {
    case '':
      return (
        <HomeScreen
          app={app}
          isUpdateWaiting={root.updateWaiting.value}
          onUpdate={() => root.acceptUpdate()}
        />
      );
    case 'scan':
      return null;
    case 'type':
      return <TypedScreen app={app} />;
    case 'list':
      return <PalletScreen app={app} />;
    case 'outage':
      return <OutageScreen app={app} />;
    case 'practice':
      return <PracticeScreen app={app} />;
    case 'outbox':
      return <OutboxScreen app={app} />;
    case 'alerts':
      return <AlertsScreen app={app} />;
    case 'device':
      return <DeviceScreen app={app} />;
    case 'scanner':
      return <ScannerScreen app={app} />;
    case 'scope':
      return <ScopeScreen app={app} />;
    case 'enrol':
      return <EnrolScreen root={root} app={app} />;
  }
}
