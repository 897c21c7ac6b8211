// The server's root: the one place that constructs its parts and joins them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NewcomerRole } from '../domain/demo/places.ts';
import type { Policy } from '../domain/ledger/policy.ts';
import { NO_QUORUM } from '../domain/ledger/quorum.ts';
import { DEMO_MARKET, type MarketRules } from '../domain/market.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import { trustHash } from '../domain/wire.ts';
import { makeDataFolder } from './data-folder.ts';
import { clearUnfinishedDemo, makeDemoMarket } from './demo/market.ts';
import { createHttp, type HttpParts } from './http/app.ts';
import { createDoors } from './http/doors.ts';
import { createInvitations } from './http/invitations.ts';
import { loadAdminToken, loadReaderToken, loadSessionKey } from './http/secret-file.ts';
import { createSessions } from './http/sessions.ts';
import { announceAddress, makeInviteLink, withdrawAddress } from './invite-link.ts';
import { type Lan, listen, serveLan } from './lan/serve.ts';
import { type Ledger, openLedger } from './ledger/ledger.ts';
import { LedgerRefusal } from './ledger/refusal.ts';
import { createLog, type Log } from './log.ts';
import { StartError } from './start-error.ts';
import { collectCosignatures, fetchLastWitnessed } from './witness/witness-client.ts';

export type ServerOptions = {
  readonly dataFolder: string;
  /** Folder of the built web app; undefined: only the API, the ledger's files and the shelf. */
  readonly dist: string | undefined;
  readonly host: string;
  /** 0: any free one. With `lan`, the two ports after it open to the network. */
  readonly port: number;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly lan?: boolean;
  /** Where browsers reach this server, when a proxy stands before it. */
  readonly origin?: string | undefined;
  /** Whose witnesses cosign both logs, and how many of them devices demand; nobody by default. */
  readonly witnessPolicy?: Policy | undefined;
  /** The same for the auditors of the snapshot log. */
  readonly auditorPolicy?: Policy | undefined;
  /** Whose rules apply; the demo market's by default. */
  readonly rules?: MarketRules | undefined;
  /** Size of the demo market; 100,000. */
  readonly demoPacks?: number;
  readonly clock: () => number;
  readonly writeLog: (line: string) => void;
  /** For the person at the terminal. */
  readonly tell: (words: string) => void;
};

export type Server = {
  /** Where the machine that runs the server opens it. */
  readonly url: string;
  readonly lan: Omit<Lan, 'close'> | undefined;
  readonly ledger: Ledger;
  /**
   * A link that enrols one device, once, within 15 minutes. `origin`: where that device reaches the server;
   * `products`: what it may act on, everything by default.
   */
  inviteLink(role?: NewcomerRole, origin?: string, products?: Scope): string;
  close(): Promise<void>;
};

/** Throws StartError. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { dataFolder, clock, dist, lan: isLan = false } = options;
  if (dist !== undefined && !existsSync(join(dist, 'index.html')))
    throw new StartError('not-built', `There is no built app in ${dist}. Run: npx vite build`);
  makeDataFolder(dataFolder);
  const log = createLog(options.writeLog, clock);
  // What has been opened, to be closed in reverse.
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of opened.splice(0).reverse()) await closeOne();
  };
  try {
    const ledger = await openOwnLedger(options, log);
    opened.push(() => ledger.close());
    // One that a killed server has left behind leads nowhere.
    withdrawAddress(dataFolder);
    await fillWhenEmpty(options, ledger);
    const parts = joinParts(options, ledger, log);
    const { url, ...http } = await openHttp(parts, options);
    opened.push(http.close);
    const lan = isLan ? await openLan(parts, options) : undefined;
    if (lan) opened.push(lan.close);
    const address = {
      origin: options.origin ?? lan?.url ?? url,
      local: url,
      trust: trustHash(ledger.trust),
    };
    announceAddress(dataFolder, address);
    opened.push(async () => withdrawAddress(dataFolder));
    const inviteLink: Server['inviteLink'] = (
      role = 'pharmacy',
      origin = address.origin,
      products = null,
    ) => {
      const link = makeInviteLink(parts.invitations, { ...address, origin }, role, products);
      if (!link.ok) throw new Error(`no invitation: ${link.error}`);
      return link.value;
    };
    return { url, lan, ledger, inviteLink, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openOwnLedger(options: ServerOptions, log: Log): Promise<Ledger> {
  const { dataFolder, clock, rules = DEMO_MARKET } = options;
  const { witnessPolicy, auditorPolicy: auditors } = options;
  try {
    clearUnfinishedDemo(dataFolder);
    const policy = witnessPolicy ?? { logs: [], witnesses: [], quorum: NO_QUORUM };
    const witnessing = (witnessPolicy ?? auditors) && {
      ...{ policy, auditors, collect: collectCosignatures, lastWitnessed: fetchLastWitnessed },
    };
    return await openLedger({ folder: dataFolder, rules, clock, log, witnessing });
  } catch (error) {
    if (error instanceof LedgerRefusal) throw new StartError('data-refused', error.message, error);
    throw error;
  }
}

async function fillWhenEmpty(options: ServerOptions, ledger: Ledger): Promise<void> {
  if (!ledger.isEmpty()) return;
  const { dataFolder, clock, tell, demoPacks, rules = DEMO_MARKET } = options;
  const startMs = clock();
  tell('Making the demo market: invented medicines, packs and their journeys...');
  await makeDemoMarket({
    ledger,
    folder: dataFolder,
    market: rules.market,
    clock,
    packs: demoPacks,
  });
  tell(`Made in ${((clock() - startMs) / 1000).toFixed(1)} s.`);
}

function joinParts(options: ServerOptions, ledger: Ledger, log: Log): Omit<HttpParts, 'tls'> {
  const { dataFolder, clock, dist, rules = DEMO_MARKET } = options;
  const sessions = createSessions(loadSessionKey(dataFolder), clock);
  const doors = createDoors(ledger, sessions, {
    reader: loadReaderToken(dataFolder),
    admin: loadAdminToken(dataFolder),
  });
  const invitations = createInvitations(dataFolder, clock);
  return { ledger, market: rules.market, clock, invitations, sessions, doors, log, dist };
}

async function openHttp(
  parts: Omit<HttpParts, 'tls'>,
  { host, port, tls, lan }: ServerOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
  // With --lan the certificate is for the network; this machine keeps its plain door.
  const own = tls && !lan ? { ...tls, isHsts: true } : undefined;
  const app = await createHttp({ ...parts, tls: own });
  const opened = await listen(app, host, port).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return { url: `${own ? 'https' : 'http'}://${name}:${opened}`, close: () => app.close() };
}

function openLan(parts: Omit<HttpParts, 'tls'>, { dataFolder, port, tls }: ServerOptions): Promise<Lan> {
  const ports = port === 0 ? { app: 0, page: 0 } : { app: port + 1, page: port + 2 };
  return serveLan(parts, { dataFolder, ports, tls });
}
