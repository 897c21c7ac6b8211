// A disk that fails is told to whoever waits, and keeps nobody waiting: the next submission may find it well again.
import { expect, test } from 'vitest';
import { err } from '../../../src/domain/result.ts';
import { createSequencer } from '../../../src/server/ledger/sequencer.ts';
import type { Store } from '../../../src/server/ledger/store.ts';

const EVENT = { bytes: new Uint8Array(1), signature: new Uint8Array(64) };
const ID = 'ab'.repeat(32);

test('a store that cannot begin a transaction refuses what waits, one after the other, and then goes on', async () => {
  let failing = 3;
  const store: Pick<Store, 'transaction'> = {
    transaction(work) {
      failing -= 1;
      if (failing >= 0) throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR' });
      return work();
    },
  };
  const logged: unknown[] = [];
  const sequencer = createSequencer({
    store,
    check: async (events) =>
      events.map((signed) => ({ signed, id: ID, event: undefined, refusal: 'malformed' as const })),
    intake: {
      take: ({ id }) => ({ kind: 'rejected', id, reason: 'malformed' }),
      release: () => err('malformed'),
    },
    log: ({ event }) => logged.push(event),
  });
  const answers = await Promise.allSettled(Array.from({ length: 4 }, () => sequencer.accept([EVENT])));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
  expect(logged).toEqual(['store-failed', 'store-failed', 'store-failed']);
  await sequencer.close();
});
