// The server's own HTTP interface, asked without a socket. Making one costs more than a short history, so that one stands
// before all the servers of this process, one after the other; whatever it keeps itself is kept by address and by device,
// which no two histories share.
import type { FastifyInstance } from 'fastify';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { createHttp } from '../../src/server/http/app.ts';
import { createDoors } from '../../src/server/http/doors.ts';
import { createInvitations, type Invitations } from '../../src/server/http/invitations.ts';
import { createSessions } from '../../src/server/http/sessions.ts';
import type { Ledger } from '../../src/server/ledger/ledger.ts';

export type Request = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | undefined;
  readonly remoteAddress: string;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The line breaks before the end. */
  readonly isBroken: boolean;
};

export type HttpDoor = {
  readonly invitations: Invitations;
  /** Whose door it is from now on. */
  leadTo(ledger: Ledger): void;
  ask(request: Request): Promise<Answer>;
};

/** Whatever else an answer says matters to browsers alone. */
const HEADERS = ['content-type', 'etag', 'retry-after', 'content-range'];

let shared: { readonly app: FastifyInstance; readonly door: HttpDoor } | undefined;

/** `folder`: the data folder, the same for every history of this process. */
export async function openHttpDoor(folder: string, ledger: Ledger): Promise<HttpDoor> {
  shared ??= await makeDoor(folder, ledger);
  shared.door.leadTo(ledger);
  return shared.door;
}

async function makeDoor(folder: string, first: Ledger) {
  let current = first;
  const ledger = leadingTo(first, () => current);
  const clock = () => Date.now();
  const sessions = createSessions(new Uint8Array(32), clock);
  const invitations = createInvitations(folder, clock);
  const app = await createHttp({
    ...{ ledger, market: DEMO_MARKET.market, clock, invitations, sessions },
    doors: createDoors(ledger, sessions, { reader: 'reader', admin: 'admin' }),
    ...{ log: () => undefined, dist: undefined, tls: undefined },
  });
  const door: HttpDoor = {
    invitations,
    leadTo(next) {
      current = next;
    },
    async ask({ payload, ...request }) {
      const asked = { ...request, method: request.method as 'GET', headers: { ...request.headers } };
      const answer = await app.inject(payload === undefined ? asked : { ...asked, payload });
      const headers = HEADERS.flatMap((name): [string, string][] => {
        const value = answer.headers[name];
        return value === undefined ? [] : [[name, String(value)]];
      });
      const bytes = new Uint8Array(answer.rawPayload);
      return { status: answer.statusCode, headers: Object.fromEntries(headers), bytes, isBroken: false };
    },
  };
  return { app, door };
}

/** Its parts too: the routes hold on to them. */
function leadingTo<T extends object>(first: T, current: () => T): T {
  return new Proxy(first, {
    get(_, name) {
      const value: unknown = Reflect.get(current(), name);
      if (typeof value !== 'object' || value === null || !(name === 'alerts' || name === 'review'))
        return value;
      return leadingTo(value, () => Reflect.get(current(), name) as object);
    },
  });
}
