// Run as a process of its own, to be killed: appends events to the ledger in the folder given, as fast as it can, and
// prints the id of each one that was answered.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { openLedger } from '../../../src/server/ledger/ledger.ts';
import { PACK } from '../../support/sample-events.ts';
import { createTestDevice } from '../../support/signed-events.ts';

const [, , folder = '', run = ''] = process.argv;
const ledger = await openLedger({
  ...{ folder, rules: DEMO_MARKET, clock: Date.now, log: () => undefined },
  ...{ checkpointPeriodMs: 20, snapshotPeriodMs: 60 },
});
const device = createTestDevice('albus', 'plant', 'manufacturer');
ledger.addDevice(device.record);
for (let i = 0; ; i++) {
  const events = Array.from({ length: 20 }, (_, k) => {
    const serial = createHash('sha256').update(`${run}|${i}|${k}`).digest('hex').slice(0, 20);
    return device.next('commission', [{ ...PACK, serial }]);
  });
  for (const receipt of await ledger.acceptEvents(events))
    if (receipt.kind === 'accepted') writeSync(1, `${receipt.id} ${receipt.index}\n`);
}
