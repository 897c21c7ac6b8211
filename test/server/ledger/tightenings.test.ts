import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { openCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { openTightenings } from '../../../src/domain/ledger/tightening.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { must, trustIn } from './log-reader.ts';

let on: TestLedger;
let maker: TestDevice;
const batches = [{ productCode: PACK.productCode, batch: 'B1' }];

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  await on.ledger.acceptEvents([
    maker.next('commission', packs(4_500)),
    maker.next('recall', [], { batches }),
    maker.next('inspect', [PACK]),
    maker.next('lock', packs(4_500)),
  ]);
});
afterEach(() => on.remove());

function published(from: number) {
  const answer = must(on.ledger.tightenings(from));
  const checkpoint = must(openCheckpoint(utf8ToBytes(answer.checkpoint), trustIn(on.ledger.ledgerKey)));
  return must(openTightenings(answer, from, checkpoint)).map(({ index, operation }) => [index, operation]);
}

test('tells what is published and no more, each part of an event by itself', async () => {
  expect(published(0)).toEqual([]);
  await on.ledger.publishNow();
  const [recall, first, second, ...more] = published(0);
  expect([recall?.[1], first?.[1], second?.[1], more]).toEqual(['recall', 'lock', 'lock', []]);
  expect(second?.[0]).toBe(Number(first?.[0]) + 1);
  expect(published(Number(second?.[0]))).toEqual([second]);
  await on.ledger.acceptEvents([maker.next('recall', [], { batches })]);
  expect(published(0)).toHaveLength(3);
});

test('a store that was made without the index gets it', async () => {
  await on.ledger.publishNow();
  const before = published(0);
  await on.ledger.close();
  const database = new DatabaseSync(join(on.folder, 'ledger.sqlite'));
  database.exec('DROP INDEX tightenings');
  database.close();
  await on.reopen();
  expect(published(0)).toEqual(before);
});
