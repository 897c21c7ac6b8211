// The keys of the logs change while devices are enrolled: a key that has been retired signs nothing new for them.
import { expect, test } from 'vitest';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryCheckpointStore, createMemoryEnrolmentStore } from '../../src/adapters/memory-stores.ts';
import { createLogFollower } from '../../src/app/checkpoint-follower.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import { createTrustKeeper } from '../../src/app/trust-keeper.ts';
import { signCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { announceLogKeys } from '../../src/domain/ledger/log-keys.ts';
import {
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  type SignerKey,
  signerOf,
  verifierOf,
} from '../../src/domain/ledger/note-key.ts';
import { makeTrust, RETIRED_KEYS_MAX } from '../../src/domain/ledger/trust.ts';
import { assert } from '../../src/domain/result.ts';
import { createFakeClock } from '../support/app-fakes.ts';
import { enrolResponse } from '../support/port-suites/enrolment-store.ts';

const keyOf = (log: string, seed: number) =>
  createSignerKey(`log.example/${log}`, SIGNATURE_KEY, new Uint8Array(32).fill(seed));
const [A, B, SNAPSHOTS] = [keyOf('ledger', 1), keyOf('ledger', 2), keyOf('snapshots', 3)];
const vkeyOf = (key: SignerKey) => encodeVerifierKey(verifierOf(key));

function checkpointBy(...keys: readonly SignerKey[]): string {
  const one = { origin: A.name, size: 1, root: new Uint8Array(32), extension: '' };
  return signCheckpoint(one, keys.map(signerOf));
}

/** Enrolled while both keys signed the ledger; `retired` of them does no longer. */
async function enrolled(retired: SignerKey, retiredKeys: readonly string[] = []) {
  const staying = retired === A ? B : A;
  const announced = announceLogKeys(
    { number: 2, ledger: [vkeyOf(staying)], snapshot: [vkeyOf(SNAPSHOTS)] },
    [staying, SNAPSHOTS].map(signerOf),
  );
  const trust = makeTrust({
    ...{ number: 1, ledgerKeys: [vkeyOf(A), vkeyOf(B)], snapshotKeys: [vkeyOf(SNAPSHOTS)] },
  });
  assert(trust.ok, 'the keys of two logs');
  const enrolments = createMemoryEnrolmentStore({
    createKey: () => createMemoryDeviceKey(new Uint8Array(32).fill(9)),
    createBlinder: createMemoryBlinder,
  });
  const key = await enrolments.createKey();
  await enrolments.save(key, enrolResponse(key.publicKey, { trust: trust.value }), 1);
  const identity = await enrolments.load();
  assert(identity, 'the device is enrolled');
  const logKeys = async (number: number) => (number === 2 ? announced : undefined);
  const ledger = { logKeys } as LedgerClient;
  const keeper = createTrustKeeper({ ledger, enrolments }, { ...identity.enrolment, retiredKeys });
  const ports = { ledger, checkpoints: createMemoryCheckpointStore(), clock: createFakeClock() };
  return { follower: createLogFollower(ports, keeper), enrolments, keeper };
}

test('a checkpoint by a retired key alone is refused in the very call that learns of it', async () => {
  for (const retired of [A, B]) {
    const { follower, keeper } = await enrolled(retired);
    expect(await follower.openNote('ledger', checkpointBy(retired))).toMatchObject({
      ...{ ok: false, error: 'unknown-key' },
    });
    expect(keeper.current().number).toBe(2);
    const staying = retired === A ? B : A;
    expect(await follower.openNote('ledger', checkpointBy(staying))).toMatchObject({ ok: true });
  }
});

test('announcements that would make the enrolment unreadable are refused', async () => {
  const many = Array.from({ length: RETIRED_KEYS_MAX }, (_, i) => `gone+${i}`);
  const { keeper, enrolments } = await enrolled(A, many);
  expect(await keeper.learnKeys()).toMatchObject({ ok: false, error: 'malformed' });
  expect(keeper.current().number).toBe(1);
  expect((await enrolments.load())?.enrolment.trust.number).toBe(1);
});
