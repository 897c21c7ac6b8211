import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8ToBytes } from '../../src/domain/bytes.ts';
import { encodeEvent, eventId, parseEvent } from '../../src/domain/event.ts';
import { mangled } from '../support/mangle.ts';
import { PACK, packs, sampleEvent } from '../support/sample-events.ts';

test('an event reads back as it was written, and its bytes are its identity', () => {
  const event = sampleEvent('supply', packs(2), { reference: 'R/7 ü' });
  const bytes = encodeEvent(event);
  expect(parseEvent(bytes)).toEqual({ ok: true, value: event });
  expect(eventId(bytes)).not.toBe(eventId(encodeEvent({ ...event, nonce: '01'.repeat(16) })));
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
