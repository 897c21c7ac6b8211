// Run as a process of its own, to be killed: a ledger that takes in events from several devices at once, as fast as it
// can, while it publishes checkpoints and snapshots at a pace that leaves no quiet moment. Prints the id and index of
// each event when it has been answered.
import { writeSync } from 'node:fs';
import { createChance } from '../../src/domain/demo/chance.ts';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { openLedger } from '../../src/server/ledger/ledger.ts';
import { createLoadDevice, packAt } from './event-load.ts';

const [, , folder = '', seed = '', firstPack = ''] = process.argv;
const chance = createChance(Number(seed));
const ledger = await openLedger({
  ...{ folder, rules: DEMO_MARKET, clock: Date.now, log: () => undefined },
  ...{ checkpointPeriodMs: 5 + chance.below(60), snapshotPeriodMs: 200 },
});
let pack = Number(firstPack);

async function send(site: number): Promise<never> {
  const { record, sign } = createLoadDevice(`site-${site}`, 'manufacturer');
  ledger.addDevice(record);
  for (;;) {
    const events = Array.from({ length: 1 + chance.below(40) }, () => {
      pack += 1;
      return sign('commission', [packAt(pack)]);
    });
    let lines = '';
    for (const receipt of await ledger.acceptEvents(events)) {
      if (receipt.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(receipt)}`);
      lines += `${receipt.id} ${receipt.index}\n`;
    }
    writeSync(1, lines);
  }
}

await Promise.all(Array.from({ length: 4 }, (_, site) => send(site)));
