// From practice to an enrolled device, and what the link between devices carries.
import { describe, expect, it } from 'vitest';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryEnrolmentStore, createMemoryOutboxStore } from '../../src/adapters/memory-stores.ts';
import { type LedgerClient, LedgerError, StoreError } from '../../src/app/ports.ts';
import { createRoot } from '../../src/app/root.ts';
import { trustHash } from '../../src/domain/wire.ts';
import { createWorld, idle } from '../support/app-fakes.ts';

const CODE = 'one-time-code-0123456789';
const DEMO_PACKS = [{ id: 'active', title: 'Active', text: ']d2...' }];

async function started() {
  const practice = await createWorld({ seed: 2 });
  const world = await createWorld();
  let waiting = () => {};
  let accepted = 0;
  const key = (await world.ports.enrolments.load())?.key ?? createMemoryDeviceKey(new Uint8Array(32));
  const enrolments = createMemoryEnrolmentStore({ createKey: () => key, createBlinder: createMemoryBlinder });
  const enrolledPorts = { ...world.ports, enrolments, outbox: createMemoryOutboxStore() };
  const root = createRoot({
    enrolledPorts,
    practicePorts: async () => practice.ports,
    demoPacks: DEMO_PACKS,
    update: {
      onWaiting: (callback) => {
        waiting = callback;
      },
      accept: () => {
        accepted += 1;
      },
    },
    linkOrigin: 'https://packs.example',
  });
  await root.start();
  await idle();
  const { ledgerKey, snapshotKey } = world.enrolment;
  const keyHash = trustHash(ledgerKey, snapshotKey);
  return { root, world, enrolledPorts, keyHash, wait: () => waiting(), accepted: () => accepted };
}

describe('root', () => {
  it('is practice until it is enrolled, then the enrolled device, also when opened again', async () => {
    const { root, keyHash, enrolledPorts } = await started();
    const practice = root.app.value;
    expect(practice?.mode).toEqual({ kind: 'practice' });
    expect(practice?.demoPacks).toEqual(DEMO_PACKS);
    await root.enrolWith(CODE, keyHash);
    expect(root.enrol.value).toEqual({ kind: 'done' });
    expect(root.app.value).not.toBe(practice);
    expect(root.app.value?.mode).toMatchObject({
      ...{ kind: 'enrolled', market: 'demo', siteName: 'Test site', role: 'pharmacy' },
      nationalSystem: undefined,
    });
    expect(root.app.value?.demoPacks).toEqual([]);
    await idle();
    expect(root.app.value?.sync.data.value.kind).toBe('held');
    const again = createRoot({
      ...{ enrolledPorts, demoPacks: [], linkOrigin: 'https://packs.example' },
      practicePorts: () => Promise.reject(new Error('not needed')),
      update: { onWaiting: () => undefined, accept: () => undefined },
    });
    await again.start();
    expect(again.app.value?.mode.kind).toBe('enrolled');
  });

  it('refuses a ledger whose keys the link did not name', async () => {
    const { root, enrolledPorts } = await started();
    await root.enrolWith(CODE, '00'.repeat(16));
    expect(root.enrol.value).toEqual({ kind: 'failed', why: 'wrong-key' });
    expect(await enrolledPorts.enrolments.load()).toBeUndefined();
    expect(root.app.value?.mode.kind).toBe('practice');
  });

  const failures: readonly [string, Partial<LedgerClient>, string][] = [
    ['a used code', refusing(new LedgerError('refused', { refusal: 'code-not-valid' })), 'code-not-valid'],
    ['too many tries', refusing(new LedgerError('refused', { refusal: 'too-many-requests' })), 'server'],
    ['no network', refusing(new LedgerError('offline')), 'offline'],
    ['nonsense', refusing(new LedgerError('malformed')), 'server'],
  ];
  for (const [what, answers, why] of failures)
    it(`says ${why} for ${what}`, async () => {
      const { root, world, keyHash } = await started();
      world.answers = answers;
      await root.enrolWith(CODE, keyHash);
      expect(root.enrol.value).toEqual({ kind: 'failed', why });
    });

  it('does not send what cannot be a code', async () => {
    const { root, world, keyHash } = await started();
    world.answers = refusing(new Error('asked'));
    await root.enrolWith('no code', keyHash);
    expect(root.enrol.value).toEqual({ kind: 'failed', why: 'code-not-valid' });
  });

  it('says that the disk is full', async () => {
    const { root, enrolledPorts, keyHash } = await started();
    enrolledPorts.enrolments.save = () => Promise.reject(new StoreError('full'));
    await root.enrolWith(CODE, keyHash);
    expect(root.enrol.value).toEqual({ kind: 'failed', why: 'storage-full' });
  });

  it('lets another device in by a link that names the keys', async () => {
    const { root, world, keyHash } = await started();
    await root.enrolWith(CODE, keyHash);
    const app = root.app.value;
    await app?.openInvite();
    expect(app?.invite.value).toMatchObject({
      kind: 'shown',
      link: `https://packs.example/#/enrol/${'c'.repeat(24)}/${keyHash}`,
    });
    app?.closeInvite();
    expect(app?.invite.value).toEqual({ kind: 'closed' });
    world.setOnline(false);
    await app?.openInvite();
    expect(app?.invite.value).toEqual({ kind: 'failed', why: 'offline' });
  });

  it('takes an update when the user agrees', async () => {
    const { root, wait, accepted } = await started();
    expect(root.updateWaiting.value).toBe(false);
    wait();
    expect(root.updateWaiting.value).toBe(true);
    root.acceptUpdate();
    expect(accepted()).toBe(1);
  });

  it('remembers where one works and offers accordingly', async () => {
    const world = await createWorld({ role: 'wholesaler' });
    const app = await world.openApp();
    expect(app.workplace.value).toBeUndefined();
    await app.chooseWorkplace('warehouse');
    const again = await world.openApp();
    expect(again.workplace.value).toBe('warehouse');
    again.stop();
    await world.clock.advance(200_000);
    expect(again.nowMs.value).toBeLessThan(world.clock.nowMs());
  });
});

function refusing(error: Error): Partial<LedgerClient> {
  return { enrol: () => Promise.reject(error) };
}
