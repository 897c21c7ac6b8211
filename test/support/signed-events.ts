// Devices for tests of the server: each holds a key, keeps its chain of events and signs as the app's device does.
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Algorithm,
  deviceId,
  encodeEvent,
  eventId,
  NO_PREVIOUS,
  type PackEvent,
} from '../../src/domain/event.ts';
import { DEMO_MARKET, type Role } from '../../src/domain/market.ts';
import type { Operation, Pack } from '../../src/domain/pack.ts';
import {
  type DeviceRecord,
  type Ledger,
  type LedgerOptions,
  openLedger,
  type SignedBytes,
} from '../../src/server/ledger/ledger.ts';
import { createRawKeyPair, signAs } from './device-keys.ts';
import { sampleEvent } from './sample-events.ts';

export type TestDevice = {
  readonly record: DeviceRecord;
  /** Makes, chains and signs the device's next event; `change` is what to get wrong. */
  next(operation: Operation, on: readonly Pack[], change?: Partial<PackEvent>): SignedEventOf;
  /** The same, but the chain stays where it was. */
  fork(operation: Operation, on: readonly Pack[], change?: Partial<PackEvent>): SignedEventOf;
  sign(message: Uint8Array): Uint8Array;
};
export type SignedEventOf = SignedBytes & { readonly event: PackEvent; readonly id: string };

export function createTestDevice(
  organisation: string,
  site: string,
  role: Role,
  alg: Algorithm = 'Ed25519',
): TestDevice {
  const { publicKey, privateKey } = createRawKeyPair(alg);
  const device = deviceId(publicKey);
  const place = { organisation, site, role, products: null };
  const record = { device, publicKey, ...place, revoked: false, enrolledMs: 0 };
  let sequence = 1;
  let previous = NO_PREVIOUS;

  function fork(operation: Operation, on: readonly Pack[], change: Partial<PackEvent> = {}): SignedEventOf {
    const at = { market: DEMO_MARKET.market, organisation, site, device, sequence, previous, alg };
    const nonce = nonceOf(sequence, operation);
    return signEvent(sampleEvent(operation, on, { ...at, nonce, ...change }), privateKey, alg);
  }

  function next(operation: Operation, on: readonly Pack[], change: Partial<PackEvent> = {}): SignedEventOf {
    const signed = fork(operation, on, change);
    sequence = signed.event.sequence + 1;
    previous = signed.id;
    return signed;
  }

  return { record, next, fork, sign: (message) => signAs(alg, privateKey, message) };
}

export function signEvent(event: PackEvent, key: KeyObject, alg: Algorithm = event.alg): SignedEventOf {
  const bytes = encodeEvent(event);
  return { bytes, signature: signAs(alg, key, bytes), event, id: eventId(bytes) };
}

function nonceOf(sequence: number, operation: string): string {
  return `${operation.length.toString(16)}${sequence.toString(16)}`.padStart(32, '0');
}

export type TestLedger = {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly logged: Record<string, unknown>[];
  readonly time: { nowMs: number };
  /** Enrols a device of this place, which becomes known. */
  enrol(organisation: string, site: string, role: Role): TestDevice;
  reopen(): Promise<Ledger>;
  remove(): Promise<void>;
};

export const START_MS = Date.UTC(2027, 0, 15, 12);

/** A ledger in a folder of its own, with a clock that the test sets and no publishing but what the test asks for. */
export async function openTestLedger(options: Partial<LedgerOptions> = {}): Promise<TestLedger> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'packtrail-ledger-'));
  const logged: Record<string, unknown>[] = [];
  const time = { nowMs: START_MS };
  const all: LedgerOptions = {
    ...{ folder, rules: DEMO_MARKET, clock: () => time.nowMs, log: (event) => void logged.push(event) },
    ...{ checkpointPeriodMs: 3_600_000, ...options },
  };
  const test = { ledger: await openLedger(all), folder, logged, time, enrol, reopen, remove };

  function enrol(organisation: string, site: string, role: Role): TestDevice {
    const names = { organisationName: `The ${organisation}`, siteName: `At ${site}` };
    test.ledger.addSite({ organisation, site, role, ...names });
    const device = createTestDevice(organisation, site, role);
    test.ledger.addDevice(device.record);
    return device;
  }

  async function reopen(): Promise<Ledger> {
    await test.ledger.close();
    test.ledger = await openLedger(all);
    return test.ledger;
  }

  async function remove(): Promise<void> {
    await test.ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }

  return test;
}
