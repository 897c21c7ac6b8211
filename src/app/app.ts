// One running app, practice or the enrolled device: puts the use cases together over one set of ports and starts and
// stops what runs by itself.
import { computed, type ReadonlySignal, signal } from '@preact/signals-core';
import { closedMarket, findMarket, type MarketRules } from '../domain/market.ts';
import { type Pack, passesOn } from '../domain/pack.ts';
import { type AppMode, type AppModel, type DemoPack, WORKPLACES, type Workplace } from './app-model.ts';
import { createProductNames } from './catalogue.ts';
import { createLogFollower } from './checkpoint-follower.ts';
import { createDelivery } from './delivery.ts';
import { remembered } from './failure.ts';
import { createInvite } from './invite.ts';
import { createJournal } from './journal.ts';
import { createListKeeper } from './kept-list.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import { createLaterAlerts } from './later-alerts.ts';
import { ledgerNowMs } from './ledger-time.ts';
import { createOutages } from './outage.ts';
import { createOutbox } from './outbox.ts';
import { createPallet } from './pallet.ts';
import { offersFor } from './permission.ts';
import type { ClockSkew, Enrolment, Identity, Ports } from './ports.ts';
import { createRecorder } from './recorder.ts';
import type { JudgedScan } from './scan-model.ts';
import { createScanner } from './scanner.ts';
import { createSignalling } from './signalling.ts';
import { createSync, type Sync } from './sync.ts';
import type { SyncModel, SyncState } from './sync-model.ts';
import { createPageChooser } from './sync-scope.ts';
import { createTightenings, TIGHTENING_PERIOD_MS, type Tightenings } from './tightenings.ts';
import { createTrail } from './trail.ts';
import { createTrustKeeper } from './trust-keeper.ts';
import { createVerifier } from './verifier.ts';

export type AppOptions = {
  readonly ports: Ports;
  /** As `ports.enrolments.load()` gave it. */
  readonly identity: Identity;
  readonly kind: AppMode['kind'];
  readonly demoPacks: readonly DemoPack[];
  readonly linkOrigin: string;
};

const SYNC_PERIOD_MS = 60_000;
const TICK_MS = 5_000;

export function createApp({ ports, identity, kind, demoPacks, linkOrigin }: AppOptions): AppModel {
  const { clock, ledger, settings, surroundings } = ports;
  const { enrolment, key } = identity;
  const rules = findMarket(enrolment.market) ?? closedMarket(enrolment.market);
  const permission = { role: enrolment.role, products: enrolment.products, rules };
  const { nameOf, findProducts, ...names } = createProductNames(ports);
  const keyring = createKeyring({ ports, identity });
  const { blinder } = keyring;
  const trust = createTrustKeeper(ports, enrolment);
  const follower = createLogFollower(ports, trust);
  const journal = createJournal(ports.outbox, enrolment.device);
  const tightenings = createTightenings({ ports, follower, blinder });
  const onAdopted = async (logSize: number) => {
    await journal.sweep(logSize, ledgerNowMs(ports) - rules.undoWindowMs);
    await tightenings.sweep(logSize);
  };
  const sync = createSync({
    ...{ ports, trust, follower, onAdopted },
    ...{ keeper: keyring, pagesInScope: createPageChooser(blinder) },
  });
  const verifier = createVerifier({
    ...{ ports, blinder, enrolment, rules, journal, tightenings },
    data: sync.held,
  });
  const scanner = createScanner({ ports, verifier, rules, nameOf });
  const alerts = createLaterAlerts(kind === 'enrolled' ? { ports, enrolment, key } : undefined);
  const isHeldBack = (pack: Pack) =>
    !rules.suppliesDespiteAlert && alerts.model.value?.openOn(pack) !== undefined;
  const snapshotId = sync.currentId;
  const recorder = createRecorder({
    ports,
    enrolment,
    key,
    rules,
    journal,
    verifier,
    snapshotId,
    isHeldBack,
  });
  const outbox = createOutbox({
    ...{ ports, enrolment, key, journal, recorder, nameOf },
    delivery: createDelivery({ ports, enrolment, key, keyring, follower }),
    onRecorded: (scan, recorded) => void scanner.noteRecorded(scan, recorded),
    onDelivered: () => {
      void sync.syncNow();
      void outages.refresh();
    },
  });
  const outages = createOutages({ ports, enrolment, rules, journal, outbox, nameOf });
  const offers = (scan: JudgedScan) =>
    offersFor(permission, workplace.value, scan).filter(
      (operation) => !passesOn(operation) || !isHeldBack(scan.pack),
    );
  const pallet = createPallet({
    ...{ scanner, outbox, offers, keeper: createListKeeper(settings, enrolment.device) },
    mayReceive: rules.allowed[enrolment.role].includes('receive'),
    tell: (kind) => signalling.tell(kind),
  });
  const signalling = createSignalling(ports, scanner, () => pallet.state.peek().kind === 'open');
  const trail = createTrail({ ledger, follower, enrolment, keyring, nameOf });
  const invite = createInvite(ledger, trust, linkOrigin);
  const workplace = signal<Workplace | undefined>(undefined);
  const online = signal(surroundings.online());
  const nowMs = signal(clock.nowMs());
  const clockSkew = signal<ClockSkew | undefined>(undefined);
  let stops: (() => void)[] = [];
  let isStopped = false;

  function tick(): void {
    nowMs.value = clock.nowMs();
    // A browser that has some network, one without a way out too, calls itself online.
    online.value = surroundings.online() && ledger.isReached();
    clockSkew.value = ledger.clockSkew();
  }

  function syncIfOnline(): void {
    tick();
    void outages.refresh();
    const held = alerts.load();
    if (!surroundings.online()) return;
    void held.then((model) => model?.refresh());
    void keyring.refresh();
    void sync.syncNow();
    void names.refresh();
  }

  const askForTightenings = () => void tightenings.poll();

  async function start(): Promise<void> {
    stops = [
      scanner.start(),
      pallet.start(),
      signalling.start(),
      clock.every(TICK_MS, tick),
      clock.every(SYNC_PERIOD_MS, syncIfOnline),
      surroundings.onOnline(syncIfOnline),
      surroundings.onVisible(syncIfOnline),
      clock.every(TIGHTENING_PERIOD_MS, askForTightenings),
      surroundings.onOnline(askForTightenings),
      surroundings.onVisible(askForTightenings),
    ];
    await Promise.all([sync.load(), names.load(), loadWorkplace(), outages.refresh()]);
    if (isStopped) return;
    askForTightenings();
    syncIfOnline();
    stops.push(await outbox.start());
    if (isStopped) stop();
  }

  function stop(): void {
    isStopped = true;
    scanner.closeCamera();
    for (const each of stops) each();
    stops = [];
  }

  async function loadWorkplace(): Promise<void> {
    await remembered(async () => {
      const stored = await settings.get('workplace');
      workplace.value = WORKPLACES.find((each) => each === stored);
    });
  }

  async function chooseWorkplace(chosen: Workplace): Promise<void> {
    workplace.value = chosen;
    await remembered(() => settings.set('workplace', chosen));
  }

  const state: { workplace: ReadonlySignal<Workplace | undefined>; online: ReadonlySignal<boolean> } = {
    workplace,
    online,
  };
  return {
    ...{ ...state, nowMs, clockSkew, mode: modeOf(kind, enrolment, rules), scanner },
    ...{ outbox, trail, demoPacks, nameOf, findProducts },
    sync: wholeOf(sync, tightenings, keyring),
    ...{ pallet, outages, alerts, offers, signalling, conflictSteps: rules.conflictSteps },
    ...{ chooseWorkplace, start, stop },
    ...{ invite: invite.state, openInvite: invite.open, closeInvite: invite.close },
  };
}

/** One state for the screen: how loading snapshots goes, and where that is well, why recalls or keys could not be had. */
function wholeOf(sync: Sync, tightenings: Tightenings, keyring: Keyring): SyncModel {
  const state = computed<SyncState>(() => {
    const why = tightenings.failure.value ?? keyring.failure.value;
    return why && sync.state.value.kind === 'idle' ? { kind: 'failed', why } : sync.state.value;
  });
  const { data, evidence, missing, demands, scope, changeScope, sizeOf } = sync;
  const syncNow = async () => {
    await Promise.all([sync.syncNow(), tightenings.poll(), keyring.refresh()]);
  };
  return { data, state, evidence, missing, demands, scope, changeScope, sizeOf, syncNow };
}

function modeOf(
  kind: AppMode['kind'],
  { siteName, role, market, former }: Enrolment,
  rules: MarketRules,
): AppMode {
  if (kind === 'practice') return { kind };
  const { name: marketName, nationalSystem } = rules;
  return { kind, market, marketName, siteName, role, nationalSystem, former: former ?? undefined };
}
