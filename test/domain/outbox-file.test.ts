import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToHex, encodeBase64 } from '../../src/domain/bytes.ts';
import { encodeEvent } from '../../src/domain/event.ts';
import {
  type OutboxFile,
  outboxFile,
  outboxFileMessage,
  parseOutboxFile,
} from '../../src/domain/outbox-file.ts';
import { PACK, sampleEvent } from '../support/sample-events.ts';

const events = [1, 2].map((sequence) => ({
  bytes: encodeBase64(encodeEvent(sampleEvent('supply', [PACK], { sequence }))),
  signature: encodeBase64(new Uint8Array(64).fill(sequence)),
}));
const file = outboxFile({
  ...{ device: 'd1'.repeat(16), madeMs: 1_800_000_000_000, part: 1, parts: 1, events, afterLoss: [] },
  signature: encodeBase64(new Uint8Array(64)),
});

describe('a file from an outbox', () => {
  test('is read as it was written', () => {
    expect(parseOutboxFile(JSON.stringify(file))).toEqual({ ok: true, value: file });
    const unsigned = { ...file, device: null, signature: null };
    expect(parseOutboxFile(JSON.stringify(unsigned))).toEqual({ ok: true, value: unsigned });
  });

  test('is refused cut short at any place', () => {
    const json = JSON.stringify(file);
    for (let length = 0; length < json.length; length += 7)
      expect(parseOutboxFile(json.slice(0, length)).ok).toBe(false);
  });

  test('is refused with another format, version, or more than fits', () => {
    const wrong: object[] = [
      { format: 'other' },
      { v: 2 },
      { part: 0 },
      { madeMs: -1 },
      { device: 'd1' },
      { more: 1 },
    ];
    for (const change of wrong)
      expect(parseOutboxFile(JSON.stringify({ ...file, ...change })).ok).toBe(false);
    const many = { ...file, events: Array.from({ length: 5_001 }, () => events[0]) };
    expect(parseOutboxFile(JSON.stringify(many)).ok).toBe(false);
  });

  test('any JSON at all is read or refused, never a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => !parseOutboxFile(JSON.stringify(value)).ok),
      { numRuns: 200, seed: 20_261_122 },
    );
  });

  test('what is signed changes with whatever is left out, put in or exchanged', () => {
    const changes: Partial<OutboxFile>[] = [
      ...[{}, { device: null }, { madeMs: 1 }, { part: 2 }, { parts: 2 }, { events: [] }],
      ...[{ events: events.slice(0, 1) }, { events: events.toReversed() }],
      { events: events.map((event) => ({ ...event, signature: '' })) },
      { afterLoss: ['ab'.repeat(32)] },
    ];
    const messages = changes.map((change) => bytesToHex(outboxFileMessage({ ...file, ...change })));
    expect(new Set(messages).size).toBe(changes.length);
  });
});
