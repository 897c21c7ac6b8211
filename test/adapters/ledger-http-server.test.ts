// The client and the real server, over a real connection: what one sends, the other takes.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from '@noble/hashes/utils.js';
import { afterEach } from 'vitest';
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import { startServer } from '../../src/server/main.ts';
import { ledgerClientSuite } from '../support/port-suites/ledger-client.ts';
import type { LedgerUnderTest } from '../support/practice.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

ledgerClientSuite('HTTP, over the real server,', async (): Promise<LedgerUnderTest> => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'packtrail-http-'));
  const silent = () => undefined;
  const server = await startServer({
    ...{ dataFolder, dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 64 },
    ...{ clock: () => Date.now(), writeLog: silent, tell: silent },
  });
  closers.push(async () => {
    await server.close();
    await rm(dataFolder, { recursive: true });
  });
  const toServer = (path: string, init: RequestInit) => fetch(new URL(path, server.url), init);
  const key = createMemoryDeviceKey(randomBytes(32));
  const [, code = ''] = /#\/enrol\/([^/]+)\//.exec(server.inviteLink()) ?? [];
  const publicKey = encodeBase64(key.publicKey);
  const enrolment = await createLedgerHttp({ fetch: toServer, device: async () => undefined }).enrol({
    code,
    publicKey,
    former: null,
  });
  const client = createLedgerHttp({ fetch: toServer, device: async () => ({ id: enrolment.device, key }) });
  // The server publishes about a second after an event; a test need not wait for that.
  const ledger: LedgerClient = {
    ...client,
    async postEvents(events) {
      const receipts = await client.postEvents(events);
      await server.ledger.publishNow();
      return receipts;
    },
    async latestSnapshot() {
      await server.ledger.buildSnapshotNow();
      return client.latestSnapshot();
    },
  };
  return { ledger, enrolment, key, blinder: createMemoryBlinder(enrolment.keys) };
});
