// A ledger with a life of some days - commissioning, supplies, undos, conflicts, a recall, a withdrawal - and an
// auditor of it, run as from the command line.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Pack } from '../../../src/domain/pack.ts';
import { type AuditIo, runAudit } from '../../../src/server/audit/audit-command.ts';
import { runVoid } from '../../../src/server/audit/void-command.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { temporaryFolder } from '../../support/witness-server.ts';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

export type AuditedLedger = {
  readonly on: TestLedger;
  readonly maker: TestDevice;
  readonly rose: TestDevice;
  readonly park: TestDevice;
  /** Packs of three products and six batches. */
  readonly stock: readonly Pack[];
  readonly keys: readonly string[];
  supply(step: number): Promise<void>;
  snapshot(afterMs?: number): Promise<void>;
};

/** Has commissioned its stock; nothing is published yet. */
export async function openAuditedLedger(count = 360): Promise<AuditedLedger> {
  const on = await openTestLedger({ snapshotPeriodMs: 30 * DAY_MS });
  onTestFinished(() => on.remove());
  const maker = on.enrol('albus', 'plant', 'manufacturer');
  const rose = on.enrol('rose', 'main', 'pharmacy');
  const park = on.enrol('park', 'main', 'pharmacy');
  const stock = ['gtin:09506000100012', 'gtin:09506000100029', 'ppn:119000001525'].flatMap((productCode) =>
    ['A', 'B'].flatMap((batch) =>
      packs(count / 6, { productCode, batch, expiry: '2030-06-30' }).map((pack) => ({
        ...pack,
        serial: `${batch}${pack.serial}`,
      })),
    ),
  );
  await on.ledger.acceptEvents([
    maker.next('commission', stock.slice(0, count / 2)),
    maker.next('commission', stock.slice(count / 2)),
    maker.next('commission', [{ ...PACK, serial: 'OLD', batch: 'C', expiry: '2027-01-16' }]),
  ]);
  return {
    ...{ on, maker, rose, park, stock, keys: [on.ledger.ledgerKey, on.ledger.snapshotKey] },
    async supply(step) {
      on.time.nowMs += 60_000;
      await on.ledger.acceptEvents([rose.next('supply', [stock[step] as Pack])]);
    },
    async snapshot(afterMs = 60_000) {
      on.time.nowMs += afterMs;
      await on.ledger.buildSnapshotNow();
    },
  };
}

/** Everything that the fold knows: conflicts, undos that are too late or lock, a recall, a withdrawal. */
export async function liveADay({ on, maker, rose, park, stock }: AuditedLedger): Promise<void> {
  const one = (i: number) => [stock[i] as Pack];
  const first = rose.next('supply', one(1));
  const second = rose.next('supply', one(2));
  await on.ledger.acceptEvents([first, second, park.next('supply', one(2)), park.next('destroy', one(3))]);
  on.time.nowMs += HOUR_MS;
  await on.ledger.acceptEvents([
    rose.next('undo', one(1), { undoes: first.id }),
    // A conflict stands open, so the undo locks.
    rose.next('undo', one(2), { undoes: second.id }),
    park.next('undo', one(3), { undoes: first.id }),
    park.next('lock', stock.slice(10, 20)),
    maker.next('recall', [], { batches: [{ productCode: 'gtin:09506000100029', batch: 'B' }] }),
    maker.next('withdraw', [], { batches: [{ productCode: 'ppn:119000001525', batch: null }] }),
    rose.next('supply', [stock.at(-1) as Pack]),
    rose.next('supply', [{ ...(stock[5] as Pack), expiry: '2033-01-31' }]),
    rose.next('supply', [{ ...(stock[6] as Pack), serial: 'NEVER' }]),
  ]);
}

export type AuditRun = {
  readonly code: number;
  readonly told: readonly Record<string, unknown>[];
  readonly warnings: string;
  /** What it came to. */
  readonly last: Record<string, unknown>;
};

export type Auditor = {
  readonly folder: string;
  look(flags?: readonly string[], change?: Partial<AuditIo>): Promise<AuditRun>;
};

export function createAuditor({ on, keys }: AuditedLedger, place = on.folder): Auditor {
  const folder = join(temporaryFolder(), 'auditor');
  return {
    folder,
    async look(flags = [], change = {}) {
      const told: Record<string, unknown>[] = [];
      const warnings: string[] = [];
      const trust = keys.flatMap((key) => ['--key', key]);
      const args = [place, ...trust, '--data', folder, '--once', '--json', ...flags];
      const code = await runAudit(args, {
        print: (line) => told.push(JSON.parse(line)),
        warn: (line) => warnings.push(line),
        ...{ clock: () => on.time.nowMs, stop: new AbortController().signal, env: {}, ...change },
      });
      return { code, told, warnings: warnings.join('\n'), last: told.at(-1) ?? {} };
    },
  };
}

/** As the operator does, with the server stopped. */
export async function voidInServer({ on }: AuditedLedger, ...args: readonly string[]) {
  await on.ledger.close();
  const out: string[] = [];
  const warnings: string[] = [];
  const code = await runVoid([...args, '--data', on.folder], {
    print: (line) => out.push(line),
    warn: (line) => warnings.push(line),
    clock: () => on.time.nowMs,
  });
  await on.reopen();
  return { code, out: out.join('\n'), warnings: warnings.join('\n') };
}

/** Leaves out the secrets and the store, as a mirror does; what was swept away at the server stays. */
export function mirror(from: string, to: string): void {
  for (const name of ['log', 'snapshots']) {
    mkdirSync(join(to, name), { recursive: true });
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

export function manifests(folder: string): string[] {
  return readdirSync(join(folder, 'snapshots', 'manifest'));
}

export function readText(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
