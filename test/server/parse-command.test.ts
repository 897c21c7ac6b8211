import { expect, test } from 'vitest';
import { runParse } from '../../src/server/parse-command.ts';

async function parse(...chunks: (string | Uint8Array)[]): Promise<Record<string, unknown>[]> {
  async function* input() {
    yield* chunks;
  }
  const lines: string[] = [];
  await runParse(input(), (line) => lines.push(line), Date.UTC(2026, 8, 24));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const KEYS = ['ok', 'carrier', 'productCode', 'serial', 'batch', 'expiry', 'ais', 'error'];

test('one object a line, in order, keys in order', async () => {
  const objects = await parse(
    ']d20103400949497706172712311',
    '0AB12{GS}21X9Z\n\n[)>{RS}06{GS}9N110375286414{GS}D271100{GS}SX{RS}{EOT}\r\n01034',
  );
  expect(objects).toHaveLength(4);
  expect(objects[0]).toEqual({
    ok: true,
    carrier: 'gs1',
    productCode: '03400949497706',
    serial: 'X9Z',
    batch: 'AB12',
    expiry: '2027-12-31',
    ais: [
      ['01', '03400949497706'],
      ['17', '271231'],
      ['10', 'AB12'],
      ['21', 'X9Z'],
    ],
    error: null,
  });
  expect(objects[1]?.error).toEqual({ code: 'empty', words: 'the scan holds no data' });
  expect(objects[2]).toMatchObject({
    productCode: '110375286414',
    expiry: '2027-11-30',
    expiryDayUnspecified: true,
    notes: [{ code: 'batch-missing' }],
  });
  expect(objects[3]).toMatchObject({ ok: false, serial: null, error: { code: 'too-short' } });
  for (const one of objects) expect(Object.keys(one).slice(0, KEYS.length)).toEqual(KEYS);
});

test('bytes cut anywhere, a character of several bytes among them', async () => {
  const bytes = new TextEncoder().encode('{FNC1}010340094949770621€\n{FNC1}010340094949770621A\n');
  for (let at = 0; at <= bytes.length; at++) {
    const objects = await parse(bytes.subarray(0, at), bytes.subarray(at));
    expect(objects.map(({ ok }) => ok)).toEqual([false, true]);
  }
});

test('a line that is too long is answered, wherever it is cut, and the next one is read', async () => {
  const objects = await parse('0'.repeat(5_000), '{GS}'.repeat(5_000), '\n', '010340094949770621A');
  expect(objects.map(({ ok, error }) => (ok ? 'read' : (error as { code: string }).code))).toEqual([
    'oversized',
    'read',
  ]);
  const [spelled] = await parse('{GS}'.repeat(1_100));
  expect(spelled?.error).toMatchObject({ code: 'oversized' });
});
