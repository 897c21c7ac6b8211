// The stores of ports.ts in memory: practice keeps its packs here, so that leaving it leaves no trace, and tests take
// them as fakes. They pass the same conformance suites as the stores that last.
import {
  type Blinder,
  type CheckpointStore,
  type DeviceKey,
  type EnrolmentStore,
  type ForkEvidence,
  type Identity,
  type LogName,
  type SettingName,
  type SettingsStore,
  type StoragePromise,
  StoreError,
} from '../app/ports.ts';
import type { SnapshotStore, StoredSnapshot } from '../app/ports-snapshot.ts';
import type { HeldTightening, TighteningStore } from '../app/ports-tightening.ts';
import { equalBytes } from '../domain/bytes.ts';
import type { EpochKeys } from '../domain/epoch-keys.ts';
import { keysBefore } from '../domain/ledger/trust.ts';
import { PAGE_BYTES_MAX } from '../domain/limits.ts';
import { assert } from '../domain/result.ts';
import { isSameScope, type Scope } from '../domain/snapshot/scope.ts';

/** As many as tell the story; the first ones are what started it, so later ones are dropped. */
const EVIDENCE_MAX = 16;

export function createMemoryCheckpointStore(): CheckpointStore {
  const latest = new Map<LogName, string>();
  const kept: ForkEvidence[] = [];
  return {
    latest: async (log) => latest.get(log),
    async replace(log, expected, next) {
      if (latest.get(log) !== expected) return false;
      latest.set(log, next);
      return true;
    },
    async keepEvidence(evidence) {
      const isKnown = kept.some((each) => each.seen === evidence.seen && each.offered === evidence.offered);
      if (!isKnown && kept.length < EVIDENCE_MAX) kept.push(evidence);
    },
    evidence: async () => [...kept],
  };
}

export function createMemorySnapshotStore(): SnapshotStore {
  const pages = new Map<string, Uint8Array>();
  let current: StoredSnapshot | undefined;
  return {
    current: async () => current && { ...current, manifest: current.manifest.slice() },
    heldPages: async () => new Set(pages.keys()),
    page: async (sha256) => pages.get(sha256)?.slice(),
    async putPages(given) {
      for (const { bytes } of given) assert(bytes.length <= PAGE_BYTES_MAX, 'a page is within its limit');
      for (const { sha256, bytes } of given) pages.set(sha256, bytes.slice());
    },
    async dropOthers(named) {
      for (const sha256 of [...pages.keys()]) if (!named.has(sha256)) pages.delete(sha256);
    },
    async adopt(snapshot, named) {
      if (!named.every((sha256) => pages.has(sha256))) throw new StoreError('damaged', 'a page is missing');
      for (const sha256 of [...pages.keys()]) if (!named.includes(sha256)) pages.delete(sha256);
      current = { ...snapshot, manifest: snapshot.manifest.slice() };
    },
    async narrow(snapshot, dropped) {
      if (!current || !equalBytes(current.manifest, snapshot.manifest)) return false;
      for (const sha256 of dropped) pages.delete(sha256);
      current = { ...snapshot, manifest: snapshot.manifest.slice() };
      return true;
    },
  };
}

export function createMemoryTighteningStore(): TighteningStore {
  const held = new Map<number, HeldTightening>();
  return {
    all: async () => [...held.values()].sort((a, b) => a.index - b.index),
    async add(tightenings) {
      for (const each of tightenings) if (!held.has(each.index)) held.set(each.index, each);
    },
    async sweep(logSize) {
      for (const index of [...held.keys()]) if (index < logSize) held.delete(index);
    },
  };
}

export function createMemorySettingsStore(): SettingsStore {
  const settings = new Map<SettingName, string>();
  return {
    get: async (name) => settings.get(name),
    set: async (name, value) => void settings.set(name, value),
  };
}

/** Nothing here outlives the page, so there is nothing that a browser could evict. */
export function createMemoryStoragePromise(): StoragePromise {
  return { persisted: async () => true, ask: async () => true, spaceLeft: async () => undefined };
}

export function createMemoryEnrolmentStore(tools: {
  createKey(): DeviceKey;
  createBlinder(keys: readonly EpochKeys[]): Blinder;
}): EnrolmentStore {
  const made = new WeakSet<DeviceKey>();
  let stored: Identity | undefined;
  let held: readonly EpochKeys[] = [];
  return {
    load: async () => stored,
    async createKey() {
      const key = tools.createKey();
      made.add(key);
      return key;
    },
    async save(key, { keys, ...response }, nowMs) {
      assert(made.has(key), 'a key that this store made');
      const retiredKeys = (stored && keysBefore(stored.enrolment, response.trust)) ?? [];
      const enrolment = { ...response, enrolledMs: nowMs, retiredKeys };
      held = keys;
      stored = { enrolment, key, scope: response.products, blinder: tools.createBlinder(keys) };
    },
    async keepKeys(expected, scope, added) {
      assert(stored, 'the device is enrolled');
      if (!isSameScope(stored.scope, expected)) return undefined;
      held = keysWithin(scope, [...held, ...added]);
      const blinder = tools.createBlinder(held);
      stored = { ...stored, scope, blinder };
      return blinder;
    },
    borrow: async (keys) => tools.createBlinder(keys),
    async changeTrust(trust, retiredKeys) {
      if (stored && stored.enrolment.trust.number < trust.number)
        stored = { ...stored, enrolment: { ...stored.enrolment, trust, retiredKeys } };
    },
  };
}

/** One of each epoch: the master, or all products of the scope that are there. */
function keysWithin(scope: Scope, keys: readonly EpochKeys[]): readonly EpochKeys[] {
  const kept = new Map<number, EpochKeys>();
  for (const each of keys) {
    if (each.kind === 'master' && scope === null) kept.set(each.keyId, each);
    if (each.kind === 'master' || scope === null) continue;
    const before = kept.get(each.keyId);
    const others = before?.kind === 'products' ? before.products : [];
    const products = [...others, ...each.products].filter(({ productCode }) => scope.includes(productCode));
    kept.set(each.keyId, { ...each, products });
  }
  return [...kept.values()];
}
