// The server of a simulation: the real ledger over a real SQLite file behind its own HTTP interface, put together by
// the server's own code, with the power to kill it before and after anything that it writes. What a disk would lose with
// the power is SQLite's business and tested elsewhere; a killed process loses nothing that it has committed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '../../src/domain/bytes.ts';
import { createSignerKey, encodeSignerKey, SIGNATURE_KEY } from '../../src/domain/ledger/note-key.ts';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { type Ledger, openLedgerOver } from '../../src/server/ledger/ledger.ts';
import { openSqliteStore } from '../../src/server/ledger/sqlite/sqlite-store.ts';
import type { Store } from '../../src/server/ledger/store.ts';
import type { Chance } from './chance.ts';
import { type Answer, type HttpDoor, openHttpDoor, type Request } from './http-door.ts';
import { createFileWork, createLayerWork, type Fuse, withFuse } from './server-parts.ts';

export type Server = {
  /** Undefined: it is down. */
  ledger(): Ledger | undefined;
  /** The store itself, past every fault. */
  readonly store: () => Store;
  /** From the next write on, so many happen; the process dies with the one after. */
  killAfter(writes: number): void;
  /** So many writes from now on, one fails as on a full disk. */
  fillAfter(writes: number): void;
  isDead(): boolean;
  /** Whether it is to die, or to find its disk full. */
  isArmed(): boolean;
  /** Rejects where it is down, or dies before it has answered. */
  answer(request: Request): Promise<Answer>;
  invitations(): HttpDoor['invitations'];
  /** Clears away what died and starts again. It may be killed meanwhile. */
  restart(): Promise<void>;
  remove(): Promise<void>;
};

export type ServerParts = {
  readonly chance: Chance;
  nowMs(): number;
  /** A bug to plant in the store, below what the ledger sees. */
  spoil?: Spoil | undefined;
};

/** `path`: of the request that is being answered. */
export type Spoil = (store: Store, path: () => string | undefined) => Store;

/** Never fires: the simulation publishes when chance has it. */
const NEVER_MS = 2_147_483_647;

export async function createServer({ chance, nowMs, spoil }: ServerParts): Promise<Server> {
  home ??= makeHome();
  const folder = join(home, 'data');
  mkdirSync(folder);
  const file = join(folder, 'ledger.sqlite');
  writeKeys(join(folder, 'keys'), chance);
  const fuse: Fuse = { writes: 0, deadAt: undefined, fullAt: undefined, isDead: false };
  let store = openSqliteStore(file);
  let ledger: Ledger | undefined;
  let door: HttpDoor;
  let path: string | undefined;

  async function open(): Promise<void> {
    const seen = withFuse(spoil ? spoil(store, () => path) : store, fuse);
    const snapshots = join(folder, 'snapshots');
    const options = { folder, rules: DEMO_MARKET, clock: nowMs, log: () => undefined };
    const periods = { checkpointPeriodMs: NEVER_MS, snapshotPeriodMs: NEVER_MS };
    ledger = await openLedgerOver(
      { ...options, ...periods },
      {
        lock: { release: () => undefined },
        store: { ...seen, close: () => undefined },
        thread: createFileWork(fuse),
        layers: createLayerWork({ store: file, snapshots }, fuse),
      },
    );
    door = await openHttpDoor(home ?? folder, ledger);
  }

  async function answer(request: Request): Promise<Answer> {
    if (!ledger || fuse.isDead) throw new TypeError('nobody answers');
    path = request.url;
    const given = await door.ask(request);
    path = undefined;
    // The connection breaks with the process.
    if (fuse.isDead) throw new TypeError('the connection breaks');
    return given;
  }

  async function clear(): Promise<void> {
    fuse.isDead = true;
    // What is left of it comes to nothing: every write of a dead process fails.
    await ledger?.close().catch(() => undefined);
    ledger = undefined;
    store.close();
    Object.assign(fuse, { deadAt: undefined, fullAt: undefined, isDead: false });
    store = openSqliteStore(file);
  }

  async function restart(): Promise<void> {
    await clear();
    try {
      await open();
    } catch (error) {
      // Killed again while it took up where it had stopped; anything else is a ledger that cannot be opened.
      if (!fuse.isDead) throw error;
    }
  }

  await open();
  return {
    ledger: () => (fuse.isDead ? undefined : ledger),
    store: () => store,
    killAfter: (writes) => {
      fuse.deadAt = fuse.writes + writes;
    },
    fillAfter: (writes) => {
      fuse.fullAt = fuse.writes + writes;
    },
    isDead: () => fuse.isDead || ledger === undefined,
    isArmed: () => fuse.deadAt !== undefined || fuse.fullAt !== undefined,
    answer,
    invitations: () => door.invitations,
    restart,
    async remove() {
      await clear();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One data folder a process, emptied after each history. */
let home: string | undefined;

function makeHome(): string {
  const made = mkdtempSync(join(fastFolder(), 'packtrail-simulation-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Where flushing a file costs nothing, if there is such a place. */
function fastFolder(): string {
  try {
    mkdirSync('/dev/shm/packtrail', { recursive: true });
    return '/dev/shm/packtrail';
  } catch {
    return tmpdir();
  }
}

/** Drawn from the seed, so that the ids, and with them everything that is sorted by them, are the same again. */
function writeKeys(folder: string, chance: Chance): void {
  mkdirSync(folder, { mode: 0o700 });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  write('epoch-1.key', bytesToHex(chance.bytes(32)));
  for (const log of ['ledger', 'snapshots'])
    write(
      `${log}.key`,
      encodeSignerKey(
        createSignerKey(`simulation.packtrail.invalid/${log}`, SIGNATURE_KEY, chance.bytes(32)),
      ),
    );
}
