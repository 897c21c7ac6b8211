import { expect, test } from 'vitest';
import { LAYERS_MAX } from '../../../src/domain/limits.ts';
import { baseSalt, LAYER_POLICY, planLayer } from '../../../src/domain/snapshot/layer-policy.ts';
import { type Layer, parseManifest } from '../../../src/domain/snapshot/manifest.ts';
import { sampleSnapshot } from '../../support/sample-snapshot.ts';

const DAY_MS = 86_400_000;
const NOON_MS = Date.UTC(2026, 10, 22, 12);

const parsed = parseManifest(sampleSnapshot([]).manifest);
if (!parsed.ok) throw new Error(parsed.detail);
const OURS = parsed.value;

const layer = (kind: Layer['kind'], day: number, bytes: number, hours = 0): Layer => {
  const key = '00'.repeat(48);
  const page = { sha256: '00'.repeat(32), bytes, packs: 1, first: key, last: key };
  return { kind, logSize: day, asOfMs: NOON_MS + day * DAY_MS + hours * 3_600_000, pages: [page] };
};
const base = layer('base', 0, 50_000);

const plan = (layers: readonly Layer[], asOfMs: number, policy = LAYER_POLICY) =>
  planLayer({ ...OURS, layers }, asOfMs, policy);

test('without layers, or on an old base, a new base', () => {
  expect(planLayer(undefined, NOON_MS, LAYER_POLICY)).toEqual([]);
  expect(plan([base], NOON_MS + 29 * DAY_MS)).toEqual([base]);
  expect(plan([base], NOON_MS + 30 * DAY_MS)).toEqual([]);
});

test('nothing is built on layers that were made by other rules', () => {
  for (const other of [{ foldVersion: 0 }, { builderVersion: 1 }, { baseBits: 17 }, { newsBits: 20 }])
    expect(planLayer({ ...OURS, layers: [base], ...other }, NOON_MS, LAYER_POLICY)).toEqual([]);
});

test('the delta of the day so far is replaced, the one of the day before stays', () => {
  const today = layer('delta', 3, 100);
  const yesterday = layer('delta', 2, 100);
  const layers = [base, yesterday, today];
  expect(plan(layers, today.asOfMs + 3_600_000)).toEqual([base, yesterday]);
  expect(plan(layers, today.asOfMs + DAY_MS)).toEqual(layers);
  expect(plan([base, today], today.asOfMs)).toEqual([base]);
});

test('deltas that outgrow their base make way for a new one', () => {
  const layers = [base, layer('delta', 1, 30_000), layer('delta', 2, 20_001)];
  expect(plan(layers, NOON_MS + 3 * DAY_MS)).toEqual([]);
  expect(plan(layers, NOON_MS + 3 * DAY_MS, { ...LAYER_POLICY, deltaPercentMax: 101 })).toEqual(layers);
});

test('a salt follows from the root alone', () => {
  const root = new Uint8Array(32).fill(1);
  expect(baseSalt(root)).toBe(baseSalt(root.slice()));
  expect(baseSalt(root)).toMatch(/^[0-9a-f]{32}$/);
  expect(baseSalt(root)).not.toBe(baseSalt(new Uint8Array(32).fill(2)));
});

test('there are never more layers than a manifest may have', () => {
  const policy = { ...LAYER_POLICY, baseAgeMsMax: 1_000 * DAY_MS };
  const layers = [base, ...Array.from({ length: LAYERS_MAX - 1 }, (_, i) => layer('delta', i + 1, 10))];
  const lastMs = layers.at(-1)?.asOfMs ?? 0;
  expect(plan(layers.slice(0, -1), lastMs + DAY_MS, policy)).toHaveLength(LAYERS_MAX - 1);
  expect(plan(layers, lastMs, policy)).toEqual(layers.slice(0, -1));
  expect(plan(layers, lastMs + DAY_MS, policy)).toEqual([]);
});
