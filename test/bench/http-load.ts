// The load generator over HTTP, run as a process of its own: signs all events first, hands over its devices' records,
// and on the word posts them, one request under way for each device. Each request comes from an address of its own, as
// pharmacies behind a proxy do, since the server limits requests by address.
import { Agent, request } from 'node:http';
import type { Receipt } from '../../src/domain/receipt.ts';
import { createLoadDevice, shuffledPack } from './event-load.ts';
import type { Ack } from './lag-watch.ts';

export type LoadOrder = {
  readonly url: string;
  readonly seconds: number;
  readonly devices: number;
  readonly run: number;
  /** Requests for each device. */
  readonly runs: number;
};

export type LoadReport = {
  readonly rate: number;
  readonly acks: readonly Ack[];
  readonly ackMs: readonly number[];
};

let order: LoadOrder | undefined;
let bodies: readonly (readonly Buffer[])[] = [];

process.on('message', (message: LoadOrder | 'go') => {
  if (message !== 'go') {
    order = message;
    const { devices, run, runs } = order;
    const made = Array.from({ length: devices }, (_, i) => createLoadDevice(`site-${i}`, 'pharmacy'));
    bodies = made.map(({ sign }, device) =>
      Array.from({ length: runs }, (_, r) => bodyOf(sign, (i) => (r * run + i) * devices + device)),
    );
    process.send?.(made.map(({ record }) => record));
  } else void post().then((report) => process.send?.(report));
});

function bodyOf(sign: ReturnType<typeof createLoadDevice>['sign'], numberOf: (i: number) => number): Buffer {
  const { devices, run, runs } = order as LoadOrder;
  const events = Array.from({ length: run }, (_, i) => {
    const { bytes, signature } = sign('supply', [shuffledPack(numberOf(i), devices * run * runs)]);
    return { bytes: base64(bytes), signature: base64(signature) };
  });
  return Buffer.from(JSON.stringify({ events }));
}

async function post(): Promise<LoadReport> {
  const { url, seconds, devices } = order as LoadOrder;
  const agent = new Agent({ keepAlive: true, maxSockets: devices });
  const acks: Ack[] = [];
  const ackMs: number[] = [];
  let events = 0;
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let sent = 0;
  await Promise.all(
    bodies.map(async (own) => {
      for (const body of own) {
        const sentMs = performance.now();
        if (sentMs >= endMs) return;
        sent += 1;
        const receipts = await send(`${url}/api/events`, agent, body, addressOf(sent));
        const last = receipts.at(-1);
        if (last?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(last)}`);
        acks.push({ timeMs: Date.now(), index: last.index });
        ackMs.push(performance.now() - sentMs);
        events += receipts.length;
      }
    }),
  );
  const rate = events / ((performance.now() - startMs) / 1_000);
  agent.destroy();
  return { rate, acks, ackMs };
}

/** One of 65,000, in the block that RFC 2544 sets aside for benchmarks. */
function addressOf(n: number): string {
  return `198.18.${Math.floor(n / 254) % 254}.${(n % 254) + 1}`;
}

function send(url: string, agent: Agent, body: Buffer, address: string): Promise<readonly Receipt[]> {
  const headers = {
    ...{ 'content-type': 'application/json', 'content-length': body.length, 'x-forwarded-for': address },
  };
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve((JSON.parse(text) as { receipts: Receipt[] }).receipts);
        else reject(new Error(`status ${response.statusCode}: ${text}`));
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
