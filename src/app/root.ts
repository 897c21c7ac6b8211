// What screens start from: the enrolled device where there is one, practice on sample packs where there is none, and
// the step from one to the other.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { assert } from '../domain/result.ts';
import { createApp } from './app.ts';
import type { AppMode, AppModel, DemoPack } from './app-model.ts';
import { enrolDevice } from './enrolment.ts';
import type { Ports } from './ports.ts';
import type { EnrolState, RootModel } from './root-model.ts';

export type RootOptions = {
  readonly enrolledPorts: Ports;
  /** Made only when needed; its enrolment store already holds the practice device. */
  practicePorts(): Promise<Ports>;
  readonly demoPacks: readonly DemoPack[];
  readonly update: { onWaiting(callback: () => void): void; accept(): void };
  /** Scheme, host and port under which other devices reach the app. */
  readonly linkOrigin: string;
};

export type Root = RootModel & {
  /** Reads the stored enrolment and opens the app. Throws StoreError or KeyError where it cannot be read. */
  start(): Promise<void>;
};

export function createRoot({
  enrolledPorts,
  practicePorts,
  demoPacks,
  update,
  linkOrigin,
}: RootOptions): Root {
  const app = signal<AppModel | undefined>(undefined);
  const enrol = signal<EnrolState>({ kind: 'idle' });
  const updateWaiting = signal(false);
  update.onWaiting(() => {
    updateWaiting.value = true;
  });

  async function start(): Promise<void> {
    if (await open(enrolledPorts, 'enrolled')) return;
    const isOpen = await open(await practicePorts(), 'practice');
    assert(isOpen, 'practice has a device of its own');
  }

  async function open(ports: Ports, kind: AppMode['kind']): Promise<boolean> {
    const identity = await ports.enrolments.load();
    if (!identity) return false;
    const samples = kind === 'practice' ? demoPacks : [];
    const next = createApp({ ports, identity, kind, demoPacks: samples, linkOrigin });
    app.value?.stop();
    app.value = next;
    await next.start();
    return true;
  }

  async function enrolWith(code: string, keyHash: string): Promise<void> {
    if (enrol.value.kind === 'working') return;
    enrol.value = { kind: 'working' };
    const enrolled = await enrolDevice(enrolledPorts, code, keyHash);
    enrol.value = enrolled.ok ? { kind: 'done' } : { kind: 'failed', why: enrolled.error };
    if (enrolled.ok) await open(enrolledPorts, 'enrolled');
  }

  const signals: { app: ReadonlySignal<AppModel | undefined>; enrol: ReadonlySignal<EnrolState> } = {
    app,
    enrol,
  };
  return { ...signals, updateWaiting, enrolWith, acceptUpdate: () => update.accept(), start };
}
