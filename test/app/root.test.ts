// From practice to an enrolled device, and what the link between devices carries.
import { describe, expect, it } from 'vitest';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryOutboxStore } from '../../src/adapters/memory-outbox.ts';
import { createMemoryEnrolmentStore } from '../../src/adapters/memory-stores.ts';
import { KeyError, type LedgerClient, LedgerError, StoreError } from '../../src/app/ports.ts';
import { createRoot } from '../../src/app/root.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { trustHash } from '../../src/domain/wire.ts';
import { createWorld, gs1, idle, judge, openedWorld, rowsOf, supply } from '../support/app-fakes.ts';
import { allRows } from '../support/outbox-rows.ts';
import { outboxRow, START } from '../support/port-suites/outbox-store.ts';
import { PACK } from '../support/sample-events.ts';

const CODE = 'one-time-code-0123456789';
const ACTIVE = SHELF.find(({ id }) => id === 'active')?.printed ?? PACK;
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
    openPractice: async () => ({ ports: practice.ports, demoPacks: DEMO_PACKS }),
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
  const keyHash = trustHash(world.enrolment.trust);
  return { root, world, enrolledPorts, keyHash, wait: () => waiting(), accepted: () => accepted };
}

describe('root', () => {
  it('is practice until it is enrolled, then the enrolled device, also when opened again', async () => {
    const { root, keyHash, enrolledPorts } = await started();
    const practice = root.app.value;
    expect(practice?.mode).toEqual({ kind: 'practice' });
    expect(practice?.demoPacks).toEqual(DEMO_PACKS);
    await root.enrolWith(CODE, keyHash);
    expect(root.enrol.value).toMatchObject({ kind: 'done' });
    expect(root.app.value).not.toBe(practice);
    expect(root.app.value?.mode).toMatchObject({
      ...{ kind: 'enrolled', market: 'demo', siteName: 'Test site', role: 'pharmacy' },
      nationalSystem: undefined,
    });
    expect(root.app.value?.demoPacks).toEqual([]);
    await idle();
    expect(root.app.value?.sync.data.value.kind).toBe('held');
    const again = createRoot({
      ...{ enrolledPorts, linkOrigin: 'https://packs.example' },
      openPractice: () => Promise.reject(new Error('not needed')),
      update: { onWaiting: () => undefined, accept: () => undefined },
    });
    await again.start();
    expect(again.app.value?.mode.kind).toBe('enrolled');
  });

  it('refuses a ledger whose keys the link did not name', async () => {
    const { root, enrolledPorts } = await started();
    await root.enrolWith(CODE, '00'.repeat(16));
    expect(root.enrol.value).toMatchObject({ kind: 'failed', why: 'wrong-key' });
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
      expect(root.enrol.value).toMatchObject({ kind: 'failed', why });
    });

  it('does not send what cannot be a code', async () => {
    const { root, world, keyHash } = await started();
    world.answers = refusing(new Error('asked'));
    await root.enrolWith('no code', keyHash);
    expect(root.enrol.value).toMatchObject({ kind: 'failed', why: 'code-not-valid' });
  });

  it('says that the disk is full', async () => {
    const { root, enrolledPorts, keyHash } = await started();
    enrolledPorts.enrolments.save = () => Promise.reject(new StoreError('full'));
    await root.enrolWith(CODE, keyHash);
    expect(root.enrol.value).toMatchObject({ kind: 'failed', why: 'storage-full' });
  });

  it('enrols again while the outbox holds events, and keeps them', async () => {
    const { root, enrolledPorts, keyHash } = await started();
    await enrolledPorts.outbox.append(START, outboxRow(1));
    await root.enrolWith(CODE, keyHash);
    expect(root.enrol.value).toMatchObject({ kind: 'done' });
    expect(await allRows(enrolledPorts.outbox)).toHaveLength(1);
  });

  it('says that the browser did not store the enrolment', async () => {
    const { root, enrolledPorts, keyHash } = await started();
    enrolledPorts.enrolments.save = () => Promise.reject(new StoreError('refused'));
    await root.enrolWith(CODE, keyHash);
    expect(root.enrol.value).toMatchObject({ kind: 'failed', why: 'storage-failed' });
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

describe('a device that cannot be opened', () => {
  async function failing(error: Error) {
    const { ports } = await createWorld({ seed: 2 });
    const practice = { ports, demoPacks: DEMO_PACKS };
    const given = await started();
    const { load } = given.enrolledPorts.enrolments;
    await given.root.enrolWith(CODE, given.keyHash);
    // What the first start began is over before the store breaks.
    given.root.app.value?.stop();
    await idle();
    given.enrolledPorts.enrolments.load = () => Promise.reject(error);
    const again = createRoot({
      ...{ enrolledPorts: given.enrolledPorts, linkOrigin: 'https://packs.example' },
      openPractice: async () => practice,
      update: { onWaiting: () => undefined, accept: () => undefined },
    });
    await again.start();
    const repair = () => {
      given.enrolledPorts.enrolments.load = load;
    };
    return { ...given, root: again, repair };
  }

  for (const [error, failure] of [
    [new StoreError('refused'), { kind: 'store', code: 'refused' }],
    [new StoreError('damaged'), { kind: 'store', code: 'damaged' }],
    [new KeyError('lost'), { kind: 'key', code: 'lost' }],
  ] as const)
    it(`says why: ${failure.kind} ${failure.code}; never falls into practice by itself`, async () => {
      const { root, repair } = await failing(error);
      expect(root.startFailure.value).toEqual(failure);
      expect(root.app.value).toBeUndefined();
      repair();
      await root.start();
      expect(root.startFailure.value).toBeUndefined();
      expect(root.app.value?.mode.kind).toBe('enrolled');
    });

  it('sends what waits in the outbox all the same, now and when the network is back; no row leaves', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    await app.outbox.record(supply(await judge(app, gs1(ACTIVE))));
    app.stop();
    world.ports.enrolments.load = () => Promise.reject(new KeyError('lost'));
    const root = createRoot({
      ...{ enrolledPorts: world.ports, linkOrigin: 'https://packs.example' },
      openPractice: async () => undefined,
      update: { onWaiting: () => undefined, accept: () => undefined },
    });
    await root.start();
    await idle();
    expect(world.ledger.taken).toEqual([]);
    expect(await rowsOf(world)).toEqual([[1, 'waiting']]);
    world.setOnline(true);
    await idle();
    expect(world.ledger.taken).toHaveLength(1);
    expect(await rowsOf(world)).toEqual([[1, 'placed']]);
    await root.start();
    await idle();
    expect(world.ledger.taken).toHaveLength(1);
    expect(await rowsOf(world)).toEqual([[1, 'placed']]);
    expect(root.startFailure.value).toEqual({ kind: 'key', code: 'lost' });
  });

  it('can practise meanwhile', async () => {
    const { root } = await failing(new StoreError('refused'));
    await root.practise();
    expect(root.startFailure.value).toBeUndefined();
    expect(root.app.value?.mode.kind).toBe('practice');
  });

  it('says that practice itself could not be loaded', async () => {
    const { enrolledPorts } = await started();
    const root = createRoot({
      ...{ enrolledPorts, linkOrigin: 'https://packs.example' },
      openPractice: async () => undefined,
      update: { onWaiting: () => undefined, accept: () => undefined },
    });
    await root.start();
    expect(root.startFailure.value).toEqual({ kind: 'practice', code: 'not-loaded' });
    expect(root.app.value).toBeUndefined();
  });

  it('lets a bug through', async () => {
    await expect(failing(new Error('a bug'))).rejects.toThrow('a bug');
  });
});

function refusing(error: Error): Partial<LedgerClient> {
  return { enrol: () => Promise.reject(error) };
}
