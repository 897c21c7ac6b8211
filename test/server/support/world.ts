// A small demo market behind an HTTP app that is asked without a socket, and phones that enrol with it.
import { type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { encodeBase64, utf8ToBytes } from '../../../src/domain/bytes.ts';
import { NEWCOMER_PLACES, type NewcomerRole } from '../../../src/domain/demo/places.ts';
import {
  type Algorithm,
  BARE_EVENT,
  deviceId,
  encodeEvent,
  eventId,
  NO_PREVIOUS,
  type PackEvent,
} from '../../../src/domain/event.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import type { Scope } from '../../../src/domain/snapshot/scope.ts';
import { type EnrolResponse, sessionMessage } from '../../../src/domain/wire.ts';
import { makeDemoMarket } from '../../../src/server/demo/market.ts';
import { createHttp } from '../../../src/server/http/app.ts';
import { createDoors } from '../../../src/server/http/doors.ts';
import { createInvitations, type Invitations } from '../../../src/server/http/invitations.ts';
import { createSessions } from '../../../src/server/http/sessions.ts';
import { type Ledger, type LedgerOptions, openLedger } from '../../../src/server/ledger/ledger.ts';
import { createLog } from '../../../src/server/log.ts';
import { createRawKeyPair, signAs } from '../../support/device-keys.ts';

export type World = {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly invitations: Invitations;
  readonly logLines: string[];
  app: FastifyInstance;
  /** Added to the real clock. */
  readonly time: { skewMs: number };
  /** A new app over the same ledger: its rate limits start afresh. */
  renewApp(): Promise<void>;
  code(role?: NewcomerRole, products?: Scope): string;
  post(path: string, body: object | string, token?: string): Promise<LightMyRequestResponse>;
  get(path: string, token?: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
};

type Periods = Pick<LedgerOptions, 'checkpointPeriodMs' | 'snapshotPeriodMs'>;

export const READER_TOKEN = 'reader-token-of-an-auditor';
export const ADMIN_TOKEN = 'admin-token-of-an-operator';
const PACKS = 400;

export async function openWorld(dist?: string, periods: Periods = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-http-'));
  const logLines: string[] = [];
  const time = { skewMs: 0 };
  const clock = () => Date.now() + time.skewMs;
  const log = createLog((line) => logLines.push(line), clock);
  const ledger = await openLedger({ folder, rules: DEMO_MARKET, clock: Date.now, log, ...periods });
  await makeDemoMarket({ ledger, folder, market: DEMO_MARKET.market, clock: Date.now, packs: PACKS });
  const invitations = createInvitations(folder, clock);
  const sessions = createSessions(randomBytes(32), clock);
  const doors = createDoors(ledger, sessions, { reader: READER_TOKEN, admin: ADMIN_TOKEN });
  const makeApp = () =>
    createHttp({
      ...{ ledger, market: DEMO_MARKET.market, clock, invitations, sessions, doors, log, dist },
      tls: undefined,
    });
  const ask = (options: InjectOptions, token?: string) =>
    world.app.inject({
      ...options,
      headers: { ...options.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
  const world: World = {
    ...{ folder, ledger, invitations, logLines, time },
    app: await makeApp(),
    async renewApp() {
      await world.app.close();
      world.app = await makeApp();
    },
    code(role = 'pharmacy', products = null) {
      const { organisation, site } = NEWCOMER_PLACES[role];
      const invitation = invitations.create(organisation, site, products);
      if (!invitation.ok) throw new Error(invitation.error);
      return invitation.value.code;
    },
    post: (path, body, token) =>
      ask(
        {
          ...{ method: 'POST', url: path, headers: { 'content-type': 'application/json' } },
          payload: typeof body === 'string' ? body : JSON.stringify(body),
        },
        token,
      ),
    get: (path, token, headers = {}) => ask({ method: 'GET', url: path, headers }, token),
    async close() {
      await world.app.close();
      await ledger.close();
      rmSync(folder, { recursive: true });
    },
  };
  return world;
}

export type Phone = {
  readonly enrolment: EnrolResponse;
  readonly privateKey: KeyObject;
  openSession(): Promise<string>;
  /** The next event of this phone's chain, as the wire wants it. */
  sign(act: Partial<PackEvent>): { bytes: string; signature: string };
};

export function newKey(alg?: Algorithm): { publicKey: string; device: string; privateKey: KeyObject } {
  const { publicKey, privateKey } = createRawKeyPair(alg);
  return { publicKey: encodeBase64(publicKey), device: deviceId(publicKey), privateKey };
}

export async function enrolPhone(
  world: World,
  role: NewcomerRole = 'pharmacy',
  alg: Algorithm = 'Ed25519',
  products: Scope = null,
): Promise<Phone> {
  const { publicKey, privateKey } = newKey(alg);
  const response = await world.post('/api/enrol', { code: world.code(role, products), publicKey });
  const enrolment: EnrolResponse = response.json();
  const { device, market, organisation, site } = enrolment;
  let sequence = 0;
  let previous = NO_PREVIOUS;
  return {
    ...{ enrolment, privateKey },
    async openSession() {
      const { challenge } = (await world.post('/api/challenge', { device })).json();
      const answer = signAs(alg, privateKey, utf8ToBytes(sessionMessage(device, challenge)));
      const body = { device, challenge, signature: encodeBase64(answer) };
      return (await world.post('/api/session', body)).json().token;
    },
    sign(act) {
      const bytes = encodeEvent({
        ...{ v: 1, alg, market, organisation, site, device },
        ...{ sequence: ++sequence, previous, user: 'tester', claimedTimeMs: Date.now(), operation: 'supply' },
        ...{ ...BARE_EVENT, packs: [], nonce: randomBytes(16).toString('hex') },
        ...act,
      });
      previous = eventId(bytes);
      return { bytes: encodeBase64(bytes), signature: encodeBase64(signAs(alg, privateKey, bytes)) };
    },
  };
}
