// Between the tabs and the server: the ledger's client port over a network that loses, repeats, delays, reorders and
// cuts what it carries, and a server that is down, busy or, once in a while, behind a proxy that lies.
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { parseBase64 } from '../../src/domain/bytes.ts';
import { eventId } from '../../src/domain/event.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import type { SignedEvent } from '../../src/domain/wire.ts';
import type { Chance } from './chance.ts';
import { type Answer, answerOf, type Method } from './endpoints.ts';
import type { Process, Schedule } from './schedule.ts';
import type { Server } from './server.ts';

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

const TIMEOUT_MS = 15_000;
const LATE_MS = 300_000;
const RETRY_AFTER_MS = [undefined, 5_000, 120_000];

export type Network = {
  clientOf(process: Process, link: Link): LedgerClient;
  readonly counts: { messages: number; faults: number };
};

export type Link = {
  readonly weather: Weather;
  isOnline(): boolean;
  /** Whose session it is. */
  device(): string;
};

export type NetworkParts = {
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly server: Server;
  nowMs(): number;
};

export function createNetwork({ chance, schedule, server, nowMs }: NetworkParts): Network {
  const counts = { messages: 0, faults: 0 };
  const wire: Process = { name: 'network', isDead: false };

  async function serve<M extends Method>(
    device: string,
    method: M,
    args: Parameters<LedgerClient[M]>,
  ): Promise<Answer<M>> {
    const ledger = server.ledger();
    if (!ledger) throw new LedgerError(chance.happens(0.5) ? 'offline' : 'timeout');
    try {
      return await answerOf(ledger, device, method, args);
    } catch (error) {
      // The connection breaks with the process.
      if (server.isDead()) throw new LedgerError('offline', { cause: error });
      throw error;
    }
  }

  /** Its own way through the network, so that messages overtake each other. */
  function carry<T>(process: Process, label: string, work: () => Promise<T>, delayMs = 0): Promise<T> {
    counts.messages += 1;
    return schedule.ask(process, { lane: `wire ${counts.messages}`, label, fromMs: nowMs() + delayMs }, work);
  }

  async function request<M extends Method>(
    process: Process,
    link: Link,
    method: M,
    args: Parameters<LedgerClient[M]>,
  ): Promise<Answer<M>> {
    const fate = chance.happens(link.weather.faults) ? chance.pick(FATES) : undefined;
    if (fate) counts.faults += 1;
    const label = fate ? `${method} (${fate})` : method;
    const device = link.device();
    const reached =
      <T>(work: () => Promise<T>) =>
      async () => {
        if (!link.isOnline()) throw new LedgerError('offline');
        const answer = await work();
        if (!link.isOnline()) throw new LedgerError('offline');
        return answer;
      };
    const go = <T>(work: () => Promise<T>) => carry(process, label, reached(work));
    const served = () => serve(device, method, args);
    const again = () =>
      void carry(wire, `${label} again`, served, chance.below(LATE_MS)).catch(() => undefined);
    const timeout = () =>
      carry(process, `${method} times out`, () => Promise.reject(new LedgerError('timeout')), TIMEOUT_MS);
    switch (fate) {
      case undefined:
        return go(served);
      case 'request lost':
        return timeout();
      case 'answer lost':
        await go(() => served().catch(() => undefined));
        return timeout();
      case 'repeated':
        again();
        return go(served);
      case 'late':
        again();
        return timeout();
      case 'cut':
        return go(async () => cutAnswer(method, await served(), chance)) as Promise<Answer<M>>;
      case 'refused':
        return go(() => Promise.reject(refusal()));
      case 'refused after':
        return go(async () => {
          await served();
          throw refusal();
        });
      case 'forged':
        return go(async () => forgedAnswer(method, args, chance) ?? served()) as Promise<Answer<M>>;
    }
  }

  function refusal(): LedgerError {
    return new LedgerError('refused', { refusal: 'unavailable', retryAfterMs: chance.pick(RETRY_AFTER_MS) });
  }

  function clientOf(process: Process, link: Link): LedgerClient {
    const on =
      <M extends Method>(method: M) =>
      (...args: Parameters<LedgerClient[M]>) =>
        request(process, link, method, args);
    return {
      ...{ enrol: on('enrol'), keys: on('keys'), invite: on('invite'), postEvents: on('postEvents') },
      ...{ verify: on('verify'), trail: on('trail'), tightenings: on('tightenings') },
      alerts: () => Promise.reject(new LedgerError('refused', { refusal: 'unavailable' })),
      ...{ catalogue: on('catalogue'), checkpoint: on('checkpoint'), tile: on('tile') },
      ...{ cosignedCheckpoint: on('cosignedCheckpoint'), logKeys: on('logKeys') },
      ...{ latestSnapshot: on('latestSnapshot'), bundle: on('bundle') },
      ...{ clockSkew: () => undefined, heldOfDevice: () => undefined },
    } as LedgerClient;
  }

  return { clientOf, counts };
}

/** What is cut short no longer parses, except where a part of the whole is well-formed too. */
function cutAnswer<M extends Method>(method: M, answer: Answer<M>, chance: Chance): Answer<M> {
  if (method === 'postEvents' && Array.isArray(answer) && chance.happens(0.5))
    return answer.filter((_, i) => i % 2 === 0) as Answer<M>;
  if (answer instanceof Uint8Array) return answer.subarray(0, chance.below(answer.length)) as Answer<M>;
  if (typeof answer === 'string') return answer.slice(0, chance.below(answer.length)) as Answer<M>;
  if (method === 'bundle') return cutShort(answer as AsyncIterable<Uint8Array>) as Answer<M>;
  throw new LedgerError('malformed');
}

async function* cutShort(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk.subarray(0, chunk.length / 2);
    return;
  }
}

/** Well-formed, and not true: the ledger has never heard of these events, and the tile is another one. */
function forgedAnswer<M extends Method>(
  method: M,
  args: Parameters<LedgerClient[M]>,
  chance: Chance,
): Answer<M> | undefined {
  if (method === 'tile') return chance.bytes(32) as Answer<M>;
  if (method !== 'postEvents') return undefined;
  const [events] = args as Parameters<LedgerClient['postEvents']>;
  return events.map((each) => forgedReceipt(each, chance)) as Answer<M>;
}

function forgedReceipt({ bytes }: SignedEvent, chance: Chance): Receipt {
  const parsed = parseBase64(bytes);
  const id = eventId(parsed.ok ? parsed.value : new Uint8Array(0));
  const place = { id, index: chance.below(8), parts: 1, receiptTimeMs: 1_800_000_000_000, undoesIndex: null };
  const more = { keyIds: [1], containerKeyIds: [], batchKeyIds: [], repeats: [], locked: [], alerts: [] };
  return { kind: 'accepted', ...place, ...more };
}
