// The auditor's state, folded from entries in its own tables, is the server's state row by row, whatever was recorded.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pack } from '../../../src/domain/pack.ts';
import { createFoldState, FOLD_SCHEMA } from '../../../src/server/audit/fold-state.ts';
import type { SignedBytes } from '../../../src/server/ledger/ledger.ts';
import { PACK, sampleEntries, sampleEvent } from '../../support/sample-events.ts';
import { createAuditor, DAY_MS, openAuditedLedger } from './audited-ledger.ts';

const OPERATIONS = ['supply', 'destroy', 'sample', 'lock', 'stolen', 'undo', 'inspect', 'receive'] as const;
const act = fc.record({
  who: fc.constantFrom('rose' as const, 'park' as const, 'maker' as const),
  operation: fc.constantFrom(...OPERATIONS, 'supply', 'undo', 'undo'),
  /** Few packs, so that they meet. */
  packs: fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 3 }),
  wrong: fc.constantFrom(undefined, undefined, undefined, 'batch' as const, 'expiry' as const),
  undoes: fc.nat(5),
  daysLater: fc.constantFrom(0, 0, 0, 1, 6),
});
const rare = fc.constantFrom(undefined, undefined, undefined, 'recall' as const, 'withdraw' as const);

test('after any events the states are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 20, maxLength: 60 }),
      fc.array(rare, { maxLength: 3 }),
      async (acts, ends) => {
        const ledger = await openAuditedLedger(60);
        const { on, stock, maker } = ledger;
        const auditor = createAuditor(ledger);
        const made: { readonly id: string; readonly packs: readonly Pack[] }[] = [];
        for (const [i, { who, operation, packs, wrong, undoes, daysLater }] of acts.entries()) {
          on.time.nowMs += daysLater * DAY_MS;
          const target = made.at(-1 - (undoes % Math.max(1, made.length)));
          if (operation === 'undo' && !target) continue;
          const spelled = packs.map((at) => ({
            ...(stock[at * 3] as Pack),
            ...(wrong === 'batch' ? { batch: 'Z' } : wrong === 'expiry' ? { expiry: '2035-01-31' } : {}),
          }));
          const change = operation === 'undo' ? { undoes: target?.id ?? null } : {};
          const event = ledger[who].next(
            operation,
            operation === 'undo' ? (target?.packs ?? []) : spelled,
            change,
          );
          await on.ledger.acceptEvents([event]);
          if (operation !== 'undo') made.push({ id: event.id, packs: spelled });
          // Now and then the auditor goes on from a stored state.
          if (i % 20 === 19) {
            await on.ledger.buildSnapshotNow();
            expect(await auditor.look([], { stretchWork: 5 })).toMatchObject({ code: 0 });
          }
        }
        const product = 'gtin:09506000100029';
        const last = ends.flatMap((end): SignedBytes[] =>
          end
            ? [
                maker.next(end, [], {
                  batches: [{ productCode: product, batch: end === 'recall' ? 'A' : null }],
                }),
              ]
            : [],
        );
        await on.ledger.acceptEvents(last);
        await on.ledger.buildSnapshotNow();
        expect(await auditor.look()).toMatchObject({ code: 0 });
        expect(rowsOf(join(auditor.folder, 'audit.sqlite'))).toEqual(
          rowsOf(join(on.folder, 'ledger.sqlite')),
        );
        await on.ledger.close();
      },
    ),
    { numRuns: 8, endOnFailure: true },
  );
});

test('what can be undone is kept for as long as that, and no longer', () => {
  const database = new DatabaseSync(':memory:');
  database.exec(FOLD_SCHEMA);
  const state = createFoldState(database);
  const supplied = (index: number, day: number) => {
    const [first] = sampleEntries(sampleEvent('supply', [PACK]), { receiptTimeMs: day * DAY_MS });
    if (!first) throw new Error('an event has an entry');
    const changes = { packs: new Map(), batches: new Map(), withdrawn: new Set<string>(), outcomes: [] };
    state.apply(first, index, changes, 10 * DAY_MS);
  };
  for (let day = 0; day <= 15; day++) supplied(day + 49, day);
  const kept = Array.from({ length: 16 }, (_, day) => state.entry(day + 49) !== undefined);
  // Day 15 has index 64, at which the old ones are swept.
  expect(kept).toEqual(kept.map((_, day) => day >= 5));
  expect(state.entry(64)).toMatchObject({ operation: 'supply', receiptTimeMs: 15 * DAY_MS });
});

function rowsOf(file: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = ['packs', 'batches', 'withdrawn'].map((table) =>
    database
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map((row) => ({ ...row })),
  );
  database.close();
  return rows;
}
