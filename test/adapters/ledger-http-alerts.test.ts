// Alerts through the device's client and the operator's command, on the real server, over a real connection.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from '@noble/hashes/utils.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
import { createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemorySettingsStore } from '../../src/adapters/memory-stores.ts';
import { createAlerts } from '../../src/app/alerts.ts';
import type { AlertsModel } from '../../src/app/alerts-model.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import { bytesToHex, encodeBase64 } from '../../src/domain/bytes.ts';
import type { NewcomerRole } from '../../src/domain/demo/places.ts';
import { BARE_EVENT, encodeEvent, NO_PREVIOUS } from '../../src/domain/event.ts';
import { runAlerts } from '../../src/server/alerts-command.ts';
import { type Server, startServer } from '../../src/server/main.ts';
import { createFakeClock } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

let server: Server;
let dataFolder: string;

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'packtrail-alerts-'));
  const silent = () => undefined;
  server = await startServer({
    ...{ dataFolder, dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 64 },
    ...{ clock: () => Date.now(), writeLog: silent, tell: silent },
  });
});
afterAll(async () => {
  await server?.close();
  await rm(dataFolder, { recursive: true });
});

type Desk = {
  readonly alerts: AlertsModel;
  readonly ledger: LedgerClient;
  supply(serial: string): Promise<void>;
};

async function enrol(role: NewcomerRole): Promise<Desk> {
  const toServer = (path: string, init: RequestInit) => fetch(new URL(path, server.url), init);
  const key = createMemoryDeviceKey(randomBytes(32));
  const [, code = ''] = /#\/enrol\/([^/]+)\//.exec(server.inviteLink(role)) ?? [];
  const enrolment = await createLedgerHttp({ fetch: toServer, device: async () => undefined }).enrol({
    ...{ code, publicKey: encodeBase64(key.publicKey), former: null },
  });
  const { device, market, organisation, site } = enrolment;
  const loadAlerts = () => import('../../src/adapters/ledger-http-alerts.ts');
  const ledger = createLedgerHttp({ fetch: toServer, device: async () => ({ id: device, key }), loadAlerts });
  const random = { bytes: (length: number) => randomBytes(length) };
  const ports = { clock: createFakeClock(Date.now()), random, settings: createMemorySettingsStore(), ledger };
  return {
    ledger,
    alerts: await createAlerts({ ports, enrolment, key }),
    async supply(serial) {
      const bytes = encodeEvent({
        ...{ v: 1, alg: key.alg, market, organisation, site, device, sequence: 1, previous: NO_PREVIOUS },
        ...{ user: 'till-1', claimedTimeMs: Date.now(), operation: 'supply', ...BARE_EVENT },
        packs: [{ ...PACK, serial, entryMode: 'scanned', seal: 'intact' }],
        nonce: bytesToHex(randomBytes(16)),
      });
      const signature = encodeBase64(await key.sign(bytes));
      await ledger.postEvents([{ bytes: encodeBase64(bytes), signature }]);
    },
  };
}

const shownOf = ({ alerts }: Desk) => {
  const detail = alerts.detail.value;
  if (detail.kind !== 'shown') throw new Error(`${detail.kind} ${'why' in detail ? detail.why : ''}`);
  return detail;
};

test('from a supply to a closed case: the site states what it found, the authority closes', async () => {
  const [pharmacy, authority] = [await enrol('pharmacy'), await enrol('authority')];
  await pharmacy.supply('NOBODYS');
  await pharmacy.alerts.refresh();
  const [line] = pharmacy.alerts.open.value.lines;
  expect(line).toMatchObject({ kind: 'A2', standing: 'attempt', pack: { serial: 'NOBODYS' } });
  expect(pharmacy.alerts.waiting.value).toBe(1);
  await pharmacy.alerts.read(line?.id ?? '');
  await pharmacy.alerts.take({ kind: 'finding', finding: 'no-root-cause', note: 'print and code agree' });
  await pharmacy.alerts.take({ kind: 'close', reason: 'process-error', note: null });
  expect(shownOf(pharmacy).refused).toBe('cause-not-found');
  await pharmacy.alerts.take({ kind: 'escalate', note: 'the pack looks wrong' });
  expect([shownOf(pharmacy).refused, pharmacy.alerts.waiting.value]).toEqual([undefined, 0]);

  await authority.alerts.refresh();
  expect(authority.alerts.waiting.value).toBe(1);
  await authority.alerts.read(line?.id ?? '');
  expect(shownOf(authority).response.steps.map(({ note }) => note)).toEqual([
    ...['print and code agree', 'the pack looks wrong'],
  ]);
  await authority.alerts.take({ kind: 'close', reason: 'falsification', note: 'seized' });
  expect(authority.alerts.open.value.lines).toEqual([]);
  await pharmacy.alerts.refreshClosed();
  expect(pharmacy.alerts.closed.value.lines).toMatchObject([{ id: line?.id, state: 'closed' }]);
  await pharmacy.alerts.read(line?.id ?? '');
  expect(shownOf(pharmacy).response.steps.at(-1)).toMatchObject({ reason: 'falsification', note: 'seized' });
});

async function command(...args: string[]): Promise<{ status: number; printed: string }> {
  const lines: string[] = [];
  const io = {
    print: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(line),
  };
  const status = await runAlerts([...args, '--data', dataFolder], io);
  return { status, printed: lines.join('\n') };
}

test('the operator lists, reads and closes from the command line, and the site sees who did', async () => {
  const pharmacy = await enrol('pharmacy');
  await pharmacy.supply('NOBODYS-EITHER');
  await pharmacy.alerts.refresh();
  const id = pharmacy.alerts.open.value.lines[0]?.id ?? '';
  expect((await command()).printed).toContain(`${id}  `);
  const shown = await command('show', id);
  expect(shown.printed).toMatch(/A2 {2}new {2}supply of gtin:09506000100012 NOBODYS-EITHER/);
  expect(shown.printed).toContain('Demo pharmacy');
  expect((await command('close', id)).status).toBe(2);
  expect((await command('escalate', id)).status).toBe(2);
  expect((await command('close', id, '--reason', 'other')).printed).toContain('note-missing');
  const closed = await command('close', id, '--reason', 'falsification', '--note', 'seized');
  expect(closed).toEqual({ status: 0, printed: `${id}  closed` });
  expect((await command('close', id, '--reason', 'data-error')).status).toBe(1);
  expect((await command()).printed).not.toContain(id);
  expect((await command('--closed')).printed).toContain(id);
  expect((await command('show', 'DEMO-00000-00000-00000')).status).toBe(1);
  await pharmacy.alerts.read(id);
  expect(shownOf(pharmacy).response.steps).toMatchObject([
    { standing: 'operator', user: null, note: 'seized', reason: 'falsification' },
  ]);
});
