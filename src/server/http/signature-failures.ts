// Who sends events with wrong signatures is soon not listened to: a signature must be worked out before it is known
// to be wrong, and a batch may ask for a thousand. An honest device's are right, and its batch needs one such check.
import { createRecentMap } from '../ledger/recent-map.ts';
import { Refusal } from './refusal.ts';

export type SignatureFailures = {
  /**
   * Runs `accept` for a batch from this address; it tells how many signatures were wrong. Throws Refusal
   * `too-many-requests`, without running it.
   */
  count<T>(address: string, accept: (tellForged: (count: number) => void) => Promise<T>): Promise<T>;
};

const WINDOW_MS = 60_000;
export const FAILURES_MAX = 20;
const ADDRESSES_MAX = 10_000;
/** What an address sends at once is counted only when it has been checked, so that must not be all it sends. */
const BATCHES_AT_ONCE_MAX = 4;

type Sender = { failures: number; untilMs: number; running: number; readonly waiting: (() => void)[] };

export function createSignatureFailures(clock: () => number): SignatureFailures {
  const senders = createRecentMap<Sender>(ADDRESSES_MAX);

  function requireTrusted(sender: Sender): void {
    if (clock() >= sender.untilMs) sender.failures = 0;
    if (sender.failures >= FAILURES_MAX) throw new Refusal('too-many-requests');
  }

  function addFailures(sender: Sender, failures: number): void {
    if (failures === 0) return;
    if (clock() >= sender.untilMs || sender.failures === 0) {
      sender.failures = 0;
      sender.untilMs = clock() + WINDOW_MS;
    }
    sender.failures += failures;
  }

  return {
    async count(address, accept) {
      const sender = senders.get(address, () => ({ failures: 0, untilMs: 0, running: 0, waiting: [] }));
      requireTrusted(sender);
      while (sender.running >= BATCHES_AT_ONCE_MAX)
        await new Promise<void>((resolve) => sender.waiting.push(resolve));
      try {
        requireTrusted(sender);
        sender.running++;
      } catch (error) {
        // Nobody else would wake the next one.
        sender.waiting.shift()?.();
        throw error;
      }
      try {
        return await accept((count) => addFailures(sender, count));
      } finally {
        sender.running--;
        sender.waiting.shift()?.();
      }
    },
  };
}
