// Makers who commission pack after pack over HTTP until the server is gone. Each sends what was not answered once more
// when it is back, as a device does, and remembers every answer.
import { createChance } from '../../src/domain/demo/chance.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import type { SignedBytes } from '../../src/server/ledger/ledger.ts';
import { createLoadDevice, type LoadDevice, packAt } from './event-load.ts';

export type CrashLoad = {
  readonly devices: readonly LoadDevice['record'][];
  /** Log index by event id: of all that was answered. */
  readonly answered: ReadonlyMap<string, number>;
  /** Resolves when the server no longer answers; rejects where it answers what it must not. */
  sendTo(url: string, onAnswer: () => void): Promise<void>;
};

const DEVICES = 4;
const RUN_MAX = 40;

type Sent = SignedBytes & { readonly id: string };

export function createCrashLoad(seed: number): CrashLoad {
  const chance = createChance(seed);
  const answered = new Map<string, number>();
  const makers = Array.from({ length: DEVICES }, (_, i) => createLoadDevice(`site-${i}`, 'manufacturer'));
  const unanswered: Sent[][] = makers.map(() => []);
  let pack = 0;
  let requests = 0;

  function nextRun({ sign }: LoadDevice): Sent[] {
    return Array.from({ length: 1 + chance.below(RUN_MAX) }, () => {
      pack += 1;
      return sign('commission', [packAt(pack)]);
    });
  }

  async function send(maker: LoadDevice, at: number, url: string, onAnswer: () => void): Promise<void> {
    for (;;) {
      const run = unanswered[at]?.length ? unanswered[at] : nextRun(maker);
      unanswered[at] = run;
      requests += 1;
      const receipts = await post(url, run, `198.18.${Math.floor(requests / 250) % 250}.${requests % 250}`);
      if (!receipts) return;
      for (const [i, receipt] of receipts.entries()) note(run[i]?.id, receipt);
      unanswered[at] = [];
      onAnswer();
    }
  }

  function note(id: string | undefined, receipt: Receipt): void {
    if (receipt.kind !== 'accepted' && receipt.kind !== 'duplicate')
      throw new Error(`not accepted: ${JSON.stringify(receipt)}`);
    if (receipt.id !== id) throw new Error(`${receipt.id} is the answer to ${id}`);
    if ((answered.get(receipt.id) ?? receipt.index) !== receipt.index) throw new Error(`${id} has moved`);
    answered.set(receipt.id, receipt.index);
  }

  return {
    ...{ devices: makers.map(({ record }) => record), answered },
    sendTo: async (url, onAnswer) =>
      void (await Promise.all(makers.map((maker, at) => send(maker, at, url, onAnswer)))),
  };
}

/** Undefined: the server is gone. `address`: each request comes from another, since the server limits them so. */
async function post(
  url: string,
  run: readonly Sent[],
  address: string,
): Promise<readonly Receipt[] | undefined> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const events = run.map(({ bytes, signature }) => ({ bytes: base64(bytes), signature: base64(signature) }));
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
  let status: number;
  let text: string;
  try {
    const body = JSON.stringify({ events });
    const response = await fetch(`${url}/api/events`, { method: 'POST', headers, body });
    status = response.status;
    text = await response.text();
  } catch {
    return undefined;
  }
  if (status !== 200) throw new Error(`status ${status}: ${text}`);
  return (JSON.parse(text) as { receipts: readonly Receipt[] }).receipts;
}
