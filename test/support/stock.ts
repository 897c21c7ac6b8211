// Packs of one batch that a maker has just commissioned, active until somebody acts on them.
import { DEMO_PLACES } from '../../src/domain/demo/places.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';
import { createRecorder } from '../../src/server/demo/recorder.ts';
import type { Server } from '../../src/server/main.ts';

export function stockPack(number: number): Pack {
  return {
    ...{ productCode: 'gtin:09506000100012', serial: `K${String(number).padStart(6, '0')}` },
    ...{ batch: 'STOCK', expiry: '2031-12-31' },
  };
}

/** The first `count` packs; the data that devices load next holds them. */
export async function stockUp({ ledger }: Server, count: number): Promise<void> {
  const maker = createRecorder(ledger, 'demo', DEMO_PLACES.maker, Date.now);
  const packs = Array.from({ length: count }, (_, i) => {
    return { ...stockPack(i), entryMode: 'file', seal: 'not-checked' } as const;
  });
  const [receipt] = await ledger.acceptEvents([maker.record({ operation: 'commission', packs })]);
  assert(receipt?.kind === 'accepted', 'the packs are commissioned');
  await ledger.publishNow();
  await ledger.buildSnapshotNow();
}
