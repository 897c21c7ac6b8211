// The demo market, as `packtrail serve` makes it, is audited from its data folder.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runAudit } from '../../../src/server/audit/audit-command.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { openWorld } from '../support/world.ts';

test('the demo market', async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const { ledgerKey, snapshotKey } = world.ledger;
  const lines: string[] = [];
  const io = {
    print: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(line),
    ...{ clock: Date.now, stop: new AbortController().signal, env: {} },
  };
  const trust = ['--key', ledgerKey, '--key', snapshotKey, '--once'];
  const folder = join(temporaryFolder(), 'auditor');
  expect(await runAudit([world.folder, ...trust, '--data', folder], io)).toBe(0);
  expect(lines.join('\n')).toMatch(/ATTESTED: every snapshot below 1 of /);
});
