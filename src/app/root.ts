// What screens start from: the enrolled device where there is one, practice on sample packs where there is none, and
// the step from one to the other.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { assert } from '../domain/result.ts';
import { createApp } from './app.ts';
import type { AppMode, AppModel, DemoPack } from './app-model.ts';
import { enrolDevice } from './enrolment.ts';
import { failureOf } from './failure.ts';
import type { ExportedFile } from './outbox-model.ts';
import { KeyError, type Ports, StoreError } from './ports.ts';
import { createPosting } from './posting.ts';
import type { EnrolState, RootModel, StartFailure } from './root-model.ts';

export type Practice = {
  /** Their enrolment store already holds the practice device. */
  readonly ports: Ports;
  readonly demoPacks: readonly DemoPack[];
};

export type RootOptions = {
  readonly enrolledPorts: Ports;
  /** Called only when needed; undefined where practice cannot be loaded. */
  openPractice(): Promise<Practice | undefined>;
  readonly update: { onWaiting(callback: () => void): void; accept(): void };
  /** Scheme, host and port under which other devices reach the app. */
  readonly linkOrigin: string;
};

export function createRoot({ enrolledPorts, openPractice, update, linkOrigin }: RootOptions): RootModel {
  const app = signal<AppModel | undefined>(undefined);
  const startFailure = signal<StartFailure | undefined>(undefined);
  const enrol = signal<EnrolState>({ kind: 'idle' });
  const updateWaiting = signal(false);
  const { post } = createPosting(enrolledPorts);
  const send = () => void enrolledPorts.locks.tryHold('drain', () => post());
  enrolledPorts.surroundings.onOnline(() => {
    if (startFailure.value) send();
  });
  update.onWaiting(() => {
    updateWaiting.value = true;
  });

  async function start(): Promise<void> {
    startFailure.value = undefined;
    if (!(await openDevice())) await practise();
  }

  /** False: this device is not enrolled. */
  async function openDevice(): Promise<boolean> {
    try {
      return await open(enrolledPorts, 'enrolled');
    } catch (error) {
      const failure = startFailureOf(error);
      if (!failure) throw error;
      app.value?.stop();
      app.value = undefined;
      startFailure.value = failure;
      // What was recorded reaches the ledger all the same; the rows stay until they can be proven.
      send();
      return true;
    }
  }

  /** Unsigned as a whole, since the key cannot be opened; each event in it is signed. */
  async function exportOutbox(): Promise<readonly ExportedFile[] | undefined> {
    try {
      const { exportOutbox: exportFiles } = await import('./outbox-export.ts');
      const { outbox, clock } = enrolledPorts;
      return await exportFiles({ outbox, clock, signer: undefined });
    } catch (error) {
      // The store may be what cannot be opened, or the export's part of the app not be on the device.
      if (failureOf(error) === undefined && !(error instanceof TypeError)) throw error;
      return undefined;
    }
  }

  async function practise(): Promise<void> {
    const practice = await openPractice();
    if (!practice) {
      startFailure.value = { kind: 'practice', code: 'not-loaded' };
      return;
    }
    const isOpen = await open(practice.ports, 'practice', practice.demoPacks);
    assert(isOpen, 'practice has a device of its own');
  }

  async function open(
    ports: Ports,
    kind: AppMode['kind'],
    demoPacks: readonly DemoPack[] = [],
  ): Promise<boolean> {
    const identity = await ports.enrolments.load();
    if (!identity) return false;
    const next = createApp({ ports, identity, kind, demoPacks, linkOrigin });
    app.value?.stop();
    app.value = next;
    startFailure.value = undefined;
    await next.start();
    return true;
  }

  async function enrolWith(code: string, keyHash: string): Promise<void> {
    if (enrol.value.kind === 'working') return;
    enrol.value = { kind: 'working', code };
    const enrolled = await enrolDevice(enrolledPorts, code, keyHash);
    enrol.value = enrolled.ok ? { kind: 'done', code } : { kind: 'failed', code, why: enrolled.error };
    if (enrolled.ok) await openDevice();
  }

  const signals: {
    app: ReadonlySignal<AppModel | undefined>;
    startFailure: ReadonlySignal<StartFailure | undefined>;
    enrol: ReadonlySignal<EnrolState>;
  } = { app, startFailure, enrol };
  return {
    ...signals,
    start,
    practise,
    updateWaiting,
    enrolWith,
    exportOutbox,
    acceptUpdate: () => update.accept(),
  };
}

function startFailureOf(error: unknown): StartFailure | undefined {
  if (error instanceof StoreError) return { kind: 'store', code: error.code };
  return error instanceof KeyError ? { kind: 'key', code: error.code } : undefined;
}
