import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseBase64, utf8ToBytes } from '../../../src/domain/bytes.ts';
import { parseEvent } from '../../../src/domain/event.ts';
import type { EnrolledAt } from '../../../src/domain/ledger/admission.ts';
import { openCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { parseEntry } from '../../../src/domain/ledger/entry.ts';
import { checkInclusion, leafHash } from '../../../src/domain/ledger/merkle.ts';
import type { TrailStep } from '../../../src/domain/wire.ts';
import { trailResponseShape } from '../../../src/domain/wire.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { must, trustIn } from './log-reader.ts';

const SSCC = '095060001000000018';
const OTHER_SSCC = '095060001000000025';

let on: TestLedger;
let maker: TestDevice;
let wholesaler: TestDevice;
let pharmacy: TestDevice;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  wholesaler = on.enrol('carrier', 'depot', 'wholesaler');
  pharmacy = on.enrol('rose', 'main', 'pharmacy');
  const containers = [SSCC];
  await on.ledger.acceptEvents([
    maker.next('commission', packs(300)),
    maker.next('pack', packs(10), { containers }),
    maker.next('pack', packs(20).slice(10), { containers: [OTHER_SSCC] }),
    maker.next('ship', [], { containers: [OTHER_SSCC] }),
    maker.next('ship', [], { containers: [SSCC] }),
    wholesaler.next('receive', [], { containers }),
    wholesaler.next('inspect', [PACK]),
    pharmacy.next('supply', [PACK]),
    maker.next('recall', [], { batches: [{ productCode: PACK.productCode, batch: 'B1' }] }),
    maker.next('recall', [], { batches: [{ productCode: PACK.productCode, batch: 'B2' }] }),
    maker.next('withdraw', [], { batches: [{ productCode: PACK.productCode, batch: null }] }),
  ]);
  await on.ledger.publishNow();
});
afterEach(() => on.remove());

/** The steps, after each proof has been checked as a device does. */
function read(reader: EnrolledAt): readonly TrailStep[] {
  const trail = must(trailResponseShape(must(on.ledger.trail(PACK, reader)), 'trail'));
  const checkpoint = must(openCheckpoint(utf8ToBytes(trail.checkpoint), trustIn(on.ledger.ledgerKey)));
  for (const step of trail.steps) {
    const leaf = must(parseBase64(step.kind === 'open' ? step.entry : step.leaf));
    must(
      checkInclusion({
        leafIndex: step.index,
        treeSize: checkpoint.size,
        leafHash: step.kind === 'open' ? leafHash(leaf) : leaf,
        root: checkpoint.root,
        proof: step.proof.map((hash) => must(parseBase64(hash))),
      }),
    );
  }
  return trail.steps;
}

const say = (step: TrailStep) =>
  step.kind === 'withheld'
    ? `withheld ${step.operation}`
    : `${must(parseEntry(must(parseBase64(step.entry)))).operation} ${step.where?.site ?? '?'}`;

const reader = (device: TestDevice): EnrolledAt => device.record;

test('a site sees what moved the pack and what warns of it, and its own acts; not what others did with it', () => {
  const steps = read(reader(pharmacy));
  expect(steps.map(say)).toEqual([
    ...['commission At plant', 'pack At plant', 'ship At plant', 'receive At depot'],
    ...['withheld inspect', 'supply At main', 'recall At plant', 'withdraw At plant'],
  ]);
  expect(steps.map((step) => (step.kind === 'open' ? step.container : '-'))).toEqual([
    ...[null, null, SSCC, SSCC, '-', null, null, null],
  ]);
  expect(Object.keys(steps[4] ?? {}).sort()).toEqual(['index', 'kind', 'leaf', 'operation', 'proof']);
});

test('the full event is for its own site alone', () => {
  const own = read(reader(pharmacy)).filter((step) => step.kind === 'open' && step.event !== null);
  expect(own.map(say)).toEqual(['supply At main']);
  const [step] = own;
  const bytes = must(parseBase64((step?.kind === 'open' && step.event) || ''));
  expect(must(parseEvent(bytes)).packs[0]).toMatchObject(PACK);
  const makers = read(reader(maker)).filter((other) => other.kind === 'open' && other.event !== null);
  expect(makers.map(say)).toContain('commission At plant');
});

test('another site of the same organisation is another site', () => {
  const branch = { organisation: 'rose', site: 'branch', role: 'pharmacy' } as const;
  expect(read(branch).map(say)).toContain('withheld supply');
});

test('an inspector and the authority see all, but no full events of others', () => {
  for (const role of ['inspector', 'authority'] as const) {
    const steps = read({ organisation: 'state', site: 'office', role });
    expect(steps.every((step) => step.kind === 'open' && step.event === null)).toBe(true);
    expect(steps.length).toBe(8);
  }
});

test('a trail covers what is published, and a pack that nobody knows has none', async () => {
  await on.ledger.acceptEvents([pharmacy.next('inspect', [PACK])]);
  expect(read(reader(pharmacy)).length).toBe(8);
  await on.ledger.publishNow();
  expect(read(reader(pharmacy)).length).toBe(9);
  const stranger = { productCode: 'gtin:09506000100029', serial: 'NONE', batch: 'B1', expiry: '2031-12-31' };
  expect(must(on.ledger.trail(stranger, reader(pharmacy))).steps).toEqual([]);
});

test('attempts on a pack that was never issued are part of its trail', async () => {
  const fake = { ...PACK, serial: 'FAKE' };
  await on.ledger.acceptEvents([pharmacy.next('supply', [fake])]);
  await on.ledger.publishNow();
  const { steps } = must(on.ledger.trail(fake, reader(pharmacy)));
  expect(steps.map(say)).toEqual(['recall At plant', 'withdraw At plant', 'supply At main']);
});

test('without its tiles a trail is unavailable, never unproven', () => {
  rmSync(`${on.ledger.logFolder}/tile`, { recursive: true });
  expect(on.ledger.trail(PACK, reader(pharmacy))).toMatchObject({ ok: false, error: 'unavailable' });
});
