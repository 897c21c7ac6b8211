import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8ToBytes } from '../../src/domain/bytes.ts';
import { algorithmOf, encodeEvent, eventId, parseEvent } from '../../src/domain/event.ts';
import { mangled } from '../support/mangle.ts';
import { PACK, packs, sampleEvent } from '../support/sample-events.ts';

test('an event reads back as it was written, and its bytes are its identity', () => {
  const event = sampleEvent('supply', packs(2), { reference: 'R/7 ü' });
  const bytes = encodeEvent(event);
  expect(parseEvent(bytes)).toEqual({ ok: true, value: event });
  expect(eventId(bytes)).not.toBe(eventId(encodeEvent({ ...event, nonce: '01'.repeat(16) })));
});

test('a first opening, a bulk act and an outage read back', () => {
  const outage = { startMs: 5, endMs: 9 };
  for (const event of [
    sampleEvent('supply', packs(500), { opened: true, action: 'ab'.repeat(16), certainty: 'in-ledger' }),
    sampleEvent('outage', [], { reason: 'network-down', outage }),
    sampleEvent('outage', [], { reason: 'network-down', outage: { ...outage, endMs: null } }),
    sampleEvent('supply', [PACK], { alg: 'ES256' }),
  ])
    expect(parseEvent(encodeEvent(event))).toEqual({ ok: true, value: event });
});

test('the algorithm is known by the key', () => {
  const point = new Uint8Array(65).fill(4);
  expect([new Uint8Array(32), point, new Uint8Array(65), point.subarray(1)].map(algorithmOf)).toEqual([
    ...['Ed25519', 'ES256', undefined, undefined],
  ]);
});

test('another spelling of the same event is refused', () => {
  const event = sampleEvent('supply', [PACK]);
  const { market, ...rest } = event;
  expect(parseEvent(utf8ToBytes(JSON.stringify({ ...rest, market }))).ok).toBe(false);
  expect(parseEvent(utf8ToBytes(JSON.stringify(event, undefined, 1))).ok).toBe(false);
  expect(parseEvent(utf8ToBytes(JSON.stringify({ ...event, extra: 1 }))).ok).toBe(false);
});

test.each([
  ['a supply without packs', sampleEvent('supply', [])],
  ['an undo without its target', sampleEvent('undo', [PACK])],
  ['a supply with a target', sampleEvent('supply', [PACK], { undoes: 'ab'.repeat(32) })],
  ['a recall of packs', sampleEvent('recall', [PACK])],
  [
    'a recall without a batch',
    sampleEvent('recall', [], { batches: [{ productCode: PACK.productCode, batch: null }] }),
  ],
  [
    'a withdrawal of a batch',
    sampleEvent('withdraw', [], { batches: [{ productCode: PACK.productCode, batch: 'B1' }] }),
  ],
  ['a supply of a container', sampleEvent('supply', [PACK], { containers: ['1'.repeat(18)] })],
  ['an opened export', sampleEvent('export', [PACK], { opened: true })],
  ['an outage without a time', sampleEvent('outage', [], { reason: 'network-down' })],
  ['an outage without a reason', sampleEvent('outage', [], { outage: { startMs: 1, endMs: null } })],
  ['an outage of a pack', sampleEvent('outage', [PACK], { reason: 'x', outage: { startMs: 1, endMs: 2 } })],
  ['an outage that ends first', sampleEvent('outage', [], { reason: 'x', outage: { startMs: 2, endMs: 1 } })],
  ['a supply with an outage', sampleEvent('supply', [PACK], { outage: { startMs: 1, endMs: null } })],
])('refuses %s', (_, event) => {
  expect(parseEvent(encodeEvent(event)).ok).toBe(false);
});

test('no mangled event is taken for the original', () => {
  const bytes = encodeEvent(sampleEvent('supply', [PACK]));
  for (const other of mangled(bytes)) {
    const read = parseEvent(other);
    if (read.ok) expect(encodeEvent(read.value)).toEqual(other);
  }
});

test('arbitrary bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(parseEvent(bytes).ok).toBe(false);
    }),
    { seed: 20261122 },
  );
});
