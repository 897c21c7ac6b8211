// The server's core: takes in signed events, judges and logs them, publishes the log and its snapshots as files, and
// answers what a pack's state and journey are. It knows nothing of HTTP; this file only puts its parts together.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BlindActor } from '../../domain/blinding.ts';
import { deviceId } from '../../domain/event.ts';
import { encodeVerifierKey, verifierOf } from '../../domain/ledger/note-key.ts';
import type { MarketRules, Role } from '../../domain/market.ts';
import type { Pack } from '../../domain/pack.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { assert, type Result } from '../../domain/result.ts';
import type { Finding } from '../../domain/snapshot/lookup.ts';
import type { Catalogue, TrailResponse } from '../../domain/wire.ts';
import { createEventCheck } from './event-signature.ts';
import { createFileThread } from './file-thread.ts';
import { createIntake } from './intake.ts';
import { type LedgerKeys, openKeys } from './keys.ts';
import { openLogFiles } from './log-files.ts';
import { openPublisher } from './publisher.ts';
import { LedgerRefusal } from './refusal.ts';
import { startSchedule } from './schedule.ts';
import { createSequencer } from './sequencer.ts';
import { createServerBlinder } from './server-blinder.ts';
import { openSnapshotBuilder } from './snapshot-builder.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';
import { trailOf } from './trail.ts';
import { findInLedger } from './verify.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

export type LedgerOptions = {
  /** Data folder: store, keys, writer's lock, and the published files. */
  readonly folder: string;
  readonly rules: MarketRules;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
  /** Shortest time between two snapshots; 30 s. */
  readonly snapshotPeriodMs?: number;
  /** Longest time from an accepted event to the checkpoint that holds it; 1 s. */
  readonly checkpointPeriodMs?: number;
};

export type DeviceRecord = {
  /** First 16 bytes of the SHA-256 of the public key, in hex. */
  readonly device: string;
  readonly publicKey: Uint8Array;
  readonly organisation: string;
  readonly site: string;
  readonly role: Role;
  readonly revoked: boolean;
  readonly enrolledMs: number;
};

export type SiteRecord = {
  readonly organisation: string;
  readonly organisationName: string;
  readonly site: string;
  readonly siteName: string;
  readonly role: Role;
};

export type SignedBytes = { readonly bytes: Uint8Array; readonly signature: Uint8Array };
export type TrailReader = { readonly organisation: string; readonly site: string; readonly role: Role };

export type Ledger = {
  /** Verifier keys of the log and of the snapshot log (C2SP signed-note). */
  readonly ledgerKey: string;
  readonly snapshotKey: string;
  readonly masters: readonly { readonly keyId: number; readonly master: Uint8Array }[];
  actorIds(organisation: string, site: string, device: string): BlindActor;
  addSite(site: SiteRecord): void;
  site(organisation: string, site: string): SiteRecord | undefined;
  /** Enrols a device, or changes its record (revoked, moved); its chain of events stays. */
  addDevice(device: DeviceRecord): void;
  device(id: string): DeviceRecord | undefined;
  nextSequence(device: string): number;
  /** Resolves when every answer is durable. Throws LedgerRefusal `busy` when too much waits already. */
  acceptEvents(events: readonly SignedBytes[]): Promise<readonly Receipt[]>;
  verify(pack: Pack): { readonly finding: Finding; readonly asOfMs: number; readonly logSize: number };
  trail(pack: Pack, reader: TrailReader): Result<TrailResponse, 'unavailable'>;
  catalogue(): Catalogue;
  setCatalogue(products: Catalogue['products']): void;
  /** Integrates what is committed and publishes a checkpoint over it. */
  publishNow(): Promise<void>;
  buildSnapshotNow(): Promise<void>;
  isEmpty(): boolean;
  /** Static files: `checkpoint`, `tile/...`, `tile/entries/...`. */
  readonly logFolder: string;
  /** The same for the snapshot log, and `latest.tlog-proof`, `manifest/<hex>`, `page/<hex>`. */
  readonly snapshotFolder: string;
  close(): Promise<void>;
};

const SNAPSHOT_PERIOD_MS = 30_000;
const CHECKPOINT_PERIOD_MS = 1_000;

/** Throws LedgerRefusal. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeWriterLock(folder);
  let store: Store | undefined;
  try {
    store = openSqliteStore(join(folder, 'ledger.sqlite'));
    return await openOver(options, store, lock);
  } catch (error) {
    store?.close();
    lock.release();
    throw error;
  }
}

async function openOver(options: LedgerOptions, store: Store, lock: WriterLock): Promise<Ledger> {
  const { folder, rules, clock, log } = options;
  const keys = keysOf(store, join(folder, 'keys'), rules.market);
  const blinder = createServerBlinder(keys.masters);
  const thread = createFileThread();
  const filesOf = (name: string) => openLogFiles(join(folder, name), join(folder, 'staging', name), thread);
  const logFiles = filesOf('log');
  const snapshotFiles = filesOf('snapshots');
  const ledger = await openPublisher({ log: store.ledgerLog, files: logFiles, key: keys.ledger });
  const snapshotLog = { log: store.snapshotLog, files: snapshotFiles, key: keys.snapshots };
  const snapshots = await openPublisher(snapshotLog);
  const builder = await openSnapshotBuilder({
    ...{ store, market: rules.market, clock, ledger, snapshots, files: snapshotFiles },
  });
  const intake = createIntake({ store, blinder, rules, clock, log });
  const sequencer = createSequencer({ store, check: createEventCheck(store), intake, log });
  const schedule = startSchedule({
    ...{ logSize: store.ledgerLog.size, ledger, builder, clock, log },
    checkpointPeriodMs: options.checkpointPeriodMs ?? CHECKPOINT_PERIOD_MS,
    snapshotPeriodMs: options.snapshotPeriodMs ?? SNAPSHOT_PERIOD_MS,
  });

  let closing: Promise<void> | undefined;
  async function shut(): Promise<void> {
    await sequencer.close();
    await schedule.stop();
    await builder.settled();
    await ledger.publish();
    await thread.close();
    store.close();
    lock.release();
  }

  return {
    ledgerKey: encodeVerifierKey(verifierOf(keys.ledger)),
    snapshotKey: encodeVerifierKey(verifierOf(keys.snapshots)),
    masters: keys.masters,
    actorIds: blinder.actor,
    addSite: store.putSite,
    site: store.site,
    addDevice(device) {
      assert(device.publicKey.length === 32, 'an Ed25519 public key has 32 bytes');
      assert(device.device === deviceId(device.publicKey), 'a device is named after its key');
      store.putDevice(device);
    },
    device: store.device,
    nextSequence: (device) => store.chain(device).nextSequence,
    acceptEvents: sequencer.accept,
    verify: (pack) => ({
      finding: findInLedger(pack, blinder, store),
      asOfMs: clock(),
      logSize: store.ledgerLog.size(),
    }),
    trail: (pack, reader) => trailOf({ store, blinder, publisher: ledger }, pack, reader),
    catalogue: store.catalogue,
    setCatalogue: store.setCatalogue,
    publishNow: async () => void (await ledger.publish()),
    buildSnapshotNow: async () => void (await builder.build()),
    isEmpty: () => store.ledgerLog.size() === 0,
    logFolder: logFiles.folder,
    snapshotFolder: snapshotFiles.folder,
    close() {
      closing ??= shut();
      return closing;
    },
  };
}

/** Keys are made once; the store remembers whose they were, so that others cannot slip in. */
function keysOf(store: Store, folder: string, market: string): LedgerKeys {
  const known = store.meta('ledger-key');
  const keys = openKeys(folder, market, known === undefined);
  const vkey = encodeVerifierKey(verifierOf(keys.ledger));
  if (known === undefined) store.setMeta('ledger-key', vkey);
  else if (known !== vkey)
    throw new LedgerRefusal('keys-missing', `${folder} holds other keys than those of this ledger.`);
  return keys;
}
