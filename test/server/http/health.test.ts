import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeBase64 } from '../../../src/domain/bytes.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { createHttp } from '../../../src/server/http/app.ts';
import { createDoors } from '../../../src/server/http/doors.ts';
import { createInvitations } from '../../../src/server/http/invitations.ts';
import { createSessions } from '../../../src/server/http/sessions.ts';
import type { Ledger } from '../../../src/server/ledger/ledger.ts';
import { collectCosignatures, fetchLastWitnessed } from '../../../src/server/witness/witness-client.ts';
import { PACK } from '../../support/sample-events.ts';
import { openTestLedger } from '../../support/signed-events.ts';
import { startWitness } from '../../support/witness-server.ts';

async function httpOver(ledger: Ledger, folder: string) {
  const sessions = createSessions(randomBytes(32), Date.now);
  return createHttp({
    ...{ ledger, market: DEMO_MARKET.market, clock: Date.now, log: () => undefined, dist: undefined },
    ...{ sessions, invitations: createInvitations(folder, Date.now), tls: undefined },
    doors: createDoors(ledger, sessions, { reader: 'r', admin: 'an-operator' }),
  });
}

test('a server that learns from a witness that its log forgot says so, takes nothing in and speaks for no pack', async () => {
  const on = await openTestLedger();
  const plant = on.enrol('albus', 'plant', 'manufacturer');
  const [first, second] = ['A', 'B'].map((serial) => plant.next('commission', [{ ...PACK, serial }]));
  if (!first || !second) throw new Error('two events');
  const witness = await startWitness({ logs: [...on.ledger.ledgerKeys, ...on.ledger.snapshotKeys] });
  const policy = {
    logs: [],
    witnesses: [{ key: witness.key, url: witness.url }],
    quorum: NO_QUORUM,
  };
  let isUp = true;
  const witnessing = {
    ...{ policy, collect: collectCosignatures },
    lastWitnessed: (async (...asked) =>
      isUp ? fetchLastWitnessed(...asked) : []) satisfies typeof fetchLastWitnessed,
  };
  const options = { witnessing, checkpointPeriodMs: 20, clock: Date.now };
  await on.ledger.close();
  const backup = mkdtempSync(join(tmpdir(), 'packtrail-backup-'));
  onTestFinished(() => rmSync(backup, { recursive: true }));
  cpSync(on.folder, backup, { recursive: true });
  const whole = await openTestLedger({ folder: on.folder, ...options });
  onTestFinished(() => whole.remove());
  await whole.ledger.acceptEvents([first, second]);
  const published = () => readFileSync(join(whole.ledger.logFolder, 'checkpoint'), 'utf8').split('\n');
  const cosigned = () => [published()[1], published().filter((line) => line.startsWith('\u2014')).length];
  await expect.poll(cosigned).toEqual(['2', 2]);

  isUp = false;
  const restored = await openTestLedger({ folder: backup, ...options });
  const http = await httpOver(restored.ledger, backup);
  onTestFinished(async () => {
    await http.close();
    await restored.ledger.close();
  });
  const health = async () => {
    const answer = await http.inject('/api/health');
    return [answer.statusCode, answer.json()];
  };
  expect(await health()).toEqual([200, { status: 'ok' }]);
  isUp = true;
  await expect.poll(health).toEqual([503, { status: 'stopped', reason: 'store-behind-checkpoint' }]);
  await expect(restored.ledger.acceptEvents([first])).rejects.toMatchObject({
    code: 'store-behind-checkpoint',
  });
  const events = [{ bytes: encodeBase64(first.bytes), signature: encodeBase64(first.signature) }];
  const answers = [
    await http.inject({ method: 'POST', url: '/api/events', payload: { events } }),
    await http.inject({ method: 'POST', url: '/api/verify', payload: { pack: PACK } }),
    await http.inject({ method: 'POST', url: '/api/hand-in', payload: {} }),
  ];
  for (const answer of answers) {
    expect([answer.statusCode, answer.json()]).toEqual([503, { error: 'ledger-stopped' }]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
  // What it had published stands, for whoever looks into it.
  expect((await http.inject('/log/checkpoint')).statusCode).toBe(200);
  const challenge = { device: plant.record.device };
  expect((await http.inject({ method: 'POST', url: '/api/challenge', payload: challenge })).statusCode).toBe(
    200,
  );
});
