// The server's core: takes in signed events, judges and logs them, publishes the log and its snapshots as files, and
// answers what a pack's state and journey are. It knows nothing of HTTP; this file only puts its parts together.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BlindActor } from '../../domain/blinding.ts';
import { deviceId } from '../../domain/event.ts';
import type { EnrolledAt } from '../../domain/ledger/admission.ts';
import { findInLedger } from '../../domain/ledger/finding.ts';
import { encodeVerifierKey, type SignerKey, verifierOf } from '../../domain/ledger/note-key.ts';
import type { PolicyPeer } from '../../domain/ledger/policy.ts';
import type { TrustText } from '../../domain/ledger/trust.ts';
import type { MarketRules, Role } from '../../domain/market.ts';
import { expiryNumber, type Pack } from '../../domain/pack.ts';
import type { Position } from '../../domain/position.ts';
import { assert, type Result } from '../../domain/result.ts';
import type { Finding } from '../../domain/snapshot/lookup.ts';
import type { Catalogue, TighteningsResponse, TrailResponse } from '../../domain/wire.ts';
import { importDeviceKey } from '../device-signature.ts';
import { type AlertDesk, createAlertDesk } from './alert-desk.ts';
import { blindPackOf } from './blind-event.ts';
import { rememberedBy, trustOf, withAuditors, witnessesOf } from './cosigners.ts';
import { startCosigning, type Witnessing } from './cosigning.ts';
import { type EpochMaster, epochMark } from './epochs.ts';
import { createEventCheck } from './event-signature.ts';
import { createFileThread, type FileThread } from './file-thread.ts';
import { createIntake } from './intake.ts';
import { announceKeys, checkKeys, readKeyHistory } from './key-announcements.ts';
import { openKeys, publishedFolder } from './keys.ts';
import { openLatestSnapshot } from './latest-snapshot.ts';
import { createLayerThread, type LayerThread } from './layer-thread.ts';
import { openLogFiles } from './log-files.ts';
import { createPageSweep } from './page-sweep.ts';
import { openPublisher } from './publisher.ts';
import { LedgerRefusal } from './refusal.ts';
import { type Retention, startRetention } from './retention.ts';
import { createReview, type Review } from './review.ts';
import { startSchedule } from './schedule.ts';
import { createSequencer, type Sequencer } from './sequencer.ts';
import { createServerBlinder } from './server-blinder.ts';
import { openSnapshotBuilder } from './snapshot-builder.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';
import { publishedTightenings } from './tightenings.ts';
import { publishedTrail } from './trail.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

export type LedgerOptions = {
  /** Data folder: store, keys, writer's lock, and the published files. */
  readonly folder: string;
  readonly rules: MarketRules;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
  /** Shortest time between two snapshots; 30 s. */
  readonly snapshotPeriodMs?: number;
  /** Time between two checkpoints while there is work; 0.5 s. */
  readonly checkpointPeriodMs?: number;
  /** Whom to ask for cosignatures, and to have devices demand them of; nobody by default. */
  readonly witnessing?: Witnessing | undefined;
};

export type DeviceRecord = {
  /** First 16 bytes of the SHA-256 of the public key, in hex. */
  readonly device: string;
  readonly publicKey: Uint8Array;
  readonly organisation: string;
  readonly site: string;
  readonly role: Role;
  /** What it may act on and have keys of; null: every product. */
  readonly products: ReadonlySet<string> | null;
  readonly revoked: boolean;
  readonly enrolledMs: number;
};

export type SiteRecord = {
  readonly organisation: string;
  readonly organisationName: string;
  readonly site: string;
  readonly siteName: string;
  readonly role: Role;
  readonly position?: Position | undefined;
};

export type SignedBytes = {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  /** The device says that the event's predecessor is lost for good. */
  readonly isAfterLoss?: boolean;
};

export type Ledger = {
  /** What devices are to trust from their enrolment on. */
  readonly trust: TrustText;
  /** The oldest verifier key of the log and of the snapshot log (C2SP signed-note). */
  readonly ledgerKey: string;
  readonly snapshotKey: string;
  /** All that sign, oldest first: more than one while a key replaces another. */
  readonly ledgerKeys: readonly string[];
  readonly snapshotKeys: readonly string[];
  readonly masters: readonly EpochMaster[];
  actorIds(organisation: string, site: string, device: string): BlindActor;
  addSite(site: SiteRecord): void;
  site(organisation: string, site: string): SiteRecord | undefined;
  /** Enrols a device, or changes its record (revoked, moved); its chain of events stays. */
  addDevice(device: DeviceRecord): void;
  device(id: string): DeviceRecord | undefined;
  nextSequence(device: string): number;
  /** Resolves when every answer is durable. Throws LedgerRefusal `busy` when too much waits already. */
  acceptEvents: Sequencer['accept'];
  readonly review: Review;
  readonly alerts: AlertDesk;
  verify(pack: Pack): { readonly finding: Finding; readonly asOfMs: number; readonly logSize: number };
  trail(pack: Pack, reader: EnrolledAt): Result<TrailResponse, 'unavailable'>;
  /** Published recalls, withdrawals and locks from this index of the log on. */
  tightenings(from: number): Result<TighteningsResponse, 'unavailable'>;
  catalogue(): Catalogue;
  setCatalogue(products: Catalogue['products']): void;
  /** Integrates what is committed and publishes a checkpoint over it. */
  publishNow(): Promise<void>;
  buildSnapshotNow(): Promise<void>;
  /** What has passed its time, in the log's private part; the log itself stays. */
  forgetNow: Retention['forget'];
  isEmpty(): boolean;
  /** Why nothing is taken in any more: a witness knows more of the log than the store holds. */
  stopped(): LedgerRefusal | undefined;
  /** Static files: `checkpoint`, `tile/...`, `tile/entries/...`. */
  readonly logFolder: string;
  /** The same for the snapshot log, and `latest.tlog-proof`, `manifest/<hex>`, `page/<hex>`. */
  readonly snapshotFolder: string;
  close(): Promise<void>;
};

const STORE = 'ledger.sqlite';
const SNAPSHOT_PERIOD_MS = 30_000;
/** Half of the second within which a checkpoint covers an event; publishing it has the other half. */
const CHECKPOINT_PERIOD_MS = 500;

/** What the ledger keeps things with. */
export type LedgerKeep = {
  readonly lock: WriterLock;
  readonly store: Store;
  readonly thread: FileThread;
  readonly layers: LayerThread;
};

/** Throws LedgerRefusal. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeWriterLock(folder);
  let store: Store | undefined;
  try {
    store = openSqliteStore(join(folder, STORE));
    const snapshots = join(folder, publishedFolder('snapshots'));
    const layers = createLayerThread({ store: join(folder, STORE), snapshots });
    return await openLedgerOver(options, { lock, store, thread: createFileThread(), layers });
  } catch (error) {
    store?.close();
    lock.release();
    throw error;
  }
}

/** The ledger closes what it is given, but not where it fails to open. Throws LedgerRefusal. */
export async function openLedgerOver(
  options: LedgerOptions,
  { lock, store, thread, layers }: LedgerKeep,
): Promise<Ledger> {
  const { folder, rules, clock, log } = options;
  keepMarket(store, folder, rules.market);
  const filesOf = (name: string) => openLogFiles(join(folder, name), join(folder, 'staging', name), thread);
  const logFiles = filesOf(publishedFolder('ledger'));
  const snapshotFiles = filesOf(publishedFolder('snapshots'));
  const keyHistory = readKeyHistory(store, logFiles);
  const keys = openKeys(join(folder, 'keys'), rules.market, keyHistory.last === undefined);
  checkKeys(keyHistory, keys);
  checkEpochs(store, join(folder, 'keys'), keys.masters);
  const blinder = createServerBlinder(keys.masters);
  const { witnessing } = options;
  const snapshotCosigners = witnessing && withAuditors(witnessing);
  const ledger = await openPublisher({
    ...{ log: store.ledgerLog, files: logFiles, keys: keys.ledger },
    ...(await witnessesOf(witnessing, witnessing?.policy, keys.ledger, log)),
  });
  const snapshots = await openPublisher({
    ...{ log: store.snapshotLog, files: snapshotFiles, keys: keys.snapshots },
    ...(await witnessesOf(witnessing, snapshotCosigners, keys.snapshots, log)),
  });
  // Readers who meet a new key's signature ask for what announces it.
  const announced = await announceKeys(store, logFiles, keyHistory, keys);
  const latest = openLatestSnapshot({
    ...{ store, ledger, snapshots, files: snapshotFiles },
  });
  const builder = await openSnapshotBuilder({
    ...{ store, market: rules.market, clock, ledger, snapshots, files: snapshotFiles, latest, layers },
    sweep: createPageSweep(snapshotFiles, clock),
  });
  const intake = createIntake({ store, blinder, rules, clock, log });
  const sequencer = createSequencer({ store, check: createEventCheck(store), intake, log });
  const review = createReview({ store, intake, clock, log });
  const { checkpointPeriodMs = CHECKPOINT_PERIOD_MS } = options;
  const cosigning = [
    { publisher: ledger, policy: witnessing?.policy, signers: keys.ledger },
    { publisher: snapshots, policy: snapshotCosigners, signers: keys.snapshots },
  ].map(({ publisher, policy, signers }) => {
    const shared = { clock, log, periodMs: checkpointPeriodMs, onCosigned: latest.publish };
    if (!witnessing || !policy) return undefined;
    const remembered = (peer: PolicyPeer) =>
      rememberedBy(witnessing, { ...policy, witnesses: [peer] }, signers, log);
    return startCosigning({ publisher, policy, witnessing, remembered, onForgotten: halt, ...shared });
  });
  const schedule = startSchedule({
    ...{ logSize: store.ledgerLog.size, ledger, builder, clock, log, checkpointPeriodMs },
    snapshotPeriodMs: options.snapshotPeriodMs ?? SNAPSHOT_PERIOD_MS,
  });

  const retention = startRetention({ store, rules, clock, log });
  let stopped: LedgerRefusal | undefined;
  /** Nothing more is taken in, signed or published; what stands is still read. */
  function halt(why: LedgerRefusal): void {
    stopped ??= why;
    for (const task of cosigning) task?.stop();
    void Promise.all([sequencer.close(why), schedule.stop(), retention.stop()]);
  }

  let closing: Promise<void> | undefined;
  async function shut(): Promise<void> {
    await sequencer.close();
    for (const task of cosigning) task?.stop();
    await Promise.all([schedule.stop(), retention.stop()]);
    await builder.close();
    if (!stopped) await ledger.publish();
    await thread.close();
    store.close();
    lock.release();
  }

  return {
    trust: trustOf(announced, witnessing),
    ledgerKey: vkeyOf(keys.ledger[0]),
    snapshotKey: vkeyOf(keys.snapshots[0]),
    ledgerKeys: keys.ledger.map(vkeyOf),
    snapshotKeys: keys.snapshots.map(vkeyOf),
    masters: keys.masters,
    actorIds: blinder.actor,
    addSite: store.putSite,
    site: store.site,
    addDevice(device) {
      assert(importDeviceKey(device.publicKey), 'a device has an Ed25519 or a P-256 key');
      assert(device.device === deviceId(device.publicKey), 'a device is named after its key');
      store.putDevice(device);
    },
    device: store.device,
    nextSequence: (device) => store.chain(device).nextSequence,
    acceptEvents: sequencer.accept,
    review,
    alerts: createAlertDesk({ store, clock, log }),
    verify: (pack) => ({
      finding: findInLedger(blindPackOf(pack, blinder, store), expiryNumber(pack.expiry), store),
      asOfMs: clock(),
      logSize: store.ledgerLog.size(),
    }),
    trail: (pack, reader) => publishedTrail({ store, blinder, publisher: ledger }, pack, reader),
    tightenings: (from) => publishedTightenings(store, ledger, from),
    catalogue: store.catalogue,
    setCatalogue: store.setCatalogue,
    publishNow: async () => void (await ledger.publish()),
    buildSnapshotNow: async () => void (await builder.build()),
    forgetNow: retention.forget,
    isEmpty: () => store.ledgerLog.size() === 0,
    stopped: () => stopped,
    logFolder: logFiles.folder,
    snapshotFolder: snapshotFiles.folder,
    close() {
      closing ??= shut();
      return closing;
    },
  };
}

/** A ledger has one market for good: under another's rules its entries would fold into other states. */
function keepMarket(store: Store, folder: string, market: string): void {
  const known = store.meta('market');
  if (known !== undefined && known !== market)
    throw new LedgerRefusal('wrong-market', `${folder} holds the ledger of the market "${known}".`);
  store.setMeta('market', market);
}

/** An epoch's master must never be missing or another: the packs under it could not be found any more. */
function checkEpochs(store: Store, folder: string, masters: readonly EpochMaster[]): void {
  const marks = masters.map(epochMark);
  const known = store.meta('epochs')?.split('\n') ?? [];
  if (!known.every((mark, i) => mark === marks[i]))
    throw new LedgerRefusal('keys-missing', `${folder} lacks the master of an epoch of this ledger.`);
  store.setMeta('epochs', marks.join('\n'));
}

function vkeyOf(key: SignerKey): string {
  return encodeVerifierKey(verifierOf(key));
}
