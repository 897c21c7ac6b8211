// Between the browsers and the server's HTTP interface: a network that loses, repeats, delays, reorders and cuts what it
// carries, and a server that is down, busy or, once in a while, behind a proxy that lies.
import type { Fetch } from '../../src/adapters/ledger-http-transport.ts';
import type { Chance } from './chance.ts';
import type { Answer, Request } from './http-door.ts';
import { forgedAnswer, refusal, shortened, tallyAnswer, toResponse } from './network-answers.ts';
import type { PostWatch } from './post-watch.ts';
import type { Process, Schedule } from './schedule.ts';
import type { Server } from './server.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { Tally } from './tally.ts';

/** How a device is connected: now and then something happens to a message, or much of the time. */
export type Weather = { faults: number };

const FATES = [
  'request lost',
  'answer lost',
  'repeated',
  'late',
  'cut',
  'refused',
  'refused after',
  'forged',
] as const;

/** What lies about events is worth most. */
const POST_FATES = [...FATES, 'forged', 'forged'] as const;

/** A stream has no time-out that shows from outside. */
const SILENCE_MS = 20_000;
const LATE_MS = 300_000;

export type Network = {
  fetchOf(process: Process, link: Link): Fetch;
};

export type Link = {
  readonly weather: Weather;
  readonly address: string;
  isOnline(): boolean;
};

/** More than a history has. */
const ADDRESSES = 8;

/** No two histories share one, since the server counts by address. */
export function addressOf(seed: number, device: number): string {
  const number = seed * ADDRESSES + device;
  return [10, (number >> 16) & 255, (number >> 8) & 255, number & 255].join('.');
}

export type NetworkParts = {
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly server: Server;
  readonly time: SimulatedTime;
  readonly watch: PostWatch;
  readonly tally: Tally;
  nowMs(): number;
};

export function createNetwork(parts: NetworkParts): Network {
  const { chance, schedule, server, time, watch, tally, nowMs } = parts;
  const wire: Process = { name: 'network', isDead: false };
  let messages = 0;

  /** Its own way through the network, so that messages overtake each other. */
  function carry<T>(process: Process, label: string, work: () => Promise<T>, delayMs = 0): Promise<T> {
    messages += 1;
    const isPost = label.startsWith(POST_LABEL);
    const lane = { lane: `wire ${messages}`, together: isPost ? 'posts' : undefined };
    return schedule.ask(process, { ...lane, label, fromMs: nowMs() + delayMs }, work);
  }

  async function travel(
    process: Process,
    link: Link,
    request: Request,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const fates = request.url === EVENTS_PATH ? POST_FATES : FATES;
    const fate = chance.happens(link.weather.faults) ? chance.pick(fates) : undefined;
    tally.add('messages');
    if (fate) tally.add(`message ${fate}`);
    const name = `${request.method} ${request.url}`;
    const label = fate ? `${name} (${fate})` : name;
    const reached = (work: () => Promise<Answer>) => async () => {
      if (!link.isOnline()) throw new TypeError('offline');
      const answer = await work();
      if (!link.isOnline()) throw new TypeError('offline');
      return answer;
    };
    const go = (work: () => Promise<Answer>) => carry(process, label, reached(work));
    const served = async () => {
      const answer = await server.answer(request);
      tallyAnswer(request, answer, tally);
      return answer;
    };
    const again = () =>
      void carry(wire, `${label} again`, served, chance.below(LATE_MS)).catch(() => undefined);
    const timeout = () => {
      const waitMs = (signal && time.dueMs(signal)) ?? nowMs() + SILENCE_MS;
      const lost = () => Promise.reject(new TypeError('lost'));
      return carry(process, `${name} times out`, lost, waitMs - nowMs());
    };
    switch (fate) {
      case undefined:
        return go(served);
      case 'request lost':
        return timeout();
      case 'answer lost':
        await go(() => served().catch(() => NOTHING)).catch(() => undefined);
        return timeout();
      case 'repeated':
        again();
        return go(served);
      case 'late':
        again();
        return timeout();
      case 'cut':
        return go(async () => shortened(await served(), chance));
      case 'refused':
        return go(async () => refusal(chance, nowMs()));
      case 'refused after':
        return go(async () => {
          await served();
          return refusal(chance, nowMs());
        });
      case 'forged':
        return go(async () => forgedAnswer(request, chance));
    }
  }

  return {
    fetchOf: (process, link) => async (path, init) => {
      const { method = 'GET', body, signal } = init;
      const request: Request = {
        ...{ method, url: path, remoteAddress: link.address },
        headers: (init.headers ?? {}) as Readonly<Record<string, string>>,
        payload: typeof body === 'string' ? body : undefined,
      };
      const end = path === EVENTS_PATH ? watch.begin(process, link.address) : undefined;
      try {
        const answer = await travel(process, link, request, signal ?? undefined);
        end?.(answer);
        return toResponse(answer, nowMs());
      } catch (error) {
        end?.(undefined);
        throw error;
      }
    },
  };
}

const EVENTS_PATH = '/api/events';
const POST_LABEL = `POST ${EVENTS_PATH}`;
const NOTHING: Answer = { status: 500, headers: {}, bytes: new Uint8Array(0), isBroken: false };
