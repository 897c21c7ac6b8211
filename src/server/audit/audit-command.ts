// `packtrail audit`: an auditor that anyone with a reader's token can run. Prints its verifier key, then what it finds.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { isKeyName, parseNote } from '../../domain/ledger/note.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { CHECKPOINT_BYTES_MAX } from '../../domain/limits.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type LogSource, openSource, SourceError } from '../check/log-source.ts';
import { readTrust } from '../check/log-trust.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { createWitnessHttp } from '../witness/witness-http.ts';
import { type AuditLoop, auditForEver, auditOnce, exitCodeOf } from './audit-loop.ts';
import { openAuditStore } from './audit-store.ts';
import { auditLine } from './audit-words.ts';
import { openCosigner } from './cosigner.ts';

export const AUDIT_USAGE = `packtrail audit <url or folder>   rebuild every snapshot from the ledger's entries, compare, and cosign what is right
    --key <vkey>       the ledger's verifier key, and once more for the snapshot log's
    --policy <file>    instead or as well: keys, witnesses and quorum, in tlog-policy form
    --token <token>    a reader's token, for the entry bundles of a server (or PACKTRAIL_READER_TOKEN)
    --data <folder>    the auditor's own: its key, its memory, its state of every pack, and its last cosignature
    --name <name>      of its key when that is made: best a URL without https://
    --once             look once and say by the exit code; otherwise it looks again and again
    --period <s>       seconds between two looks (30)
    --full             also replay from zero and compare with the stored state
    --port <number>    where logs fetch the cosignature, as from a witness (7391); not with --once
    --host <address>   (127.0.0.1)
    --json             one JSON object a line instead of words
Exit codes: 0 attested, 1 something does not match, 2 not asked properly, 3 it could not be read.`;

export type AuditIo = {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly clock: () => number;
  /** Ends the auditor, as an operator's Ctrl-C does. */
  readonly stop: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Entries and packs between two commits; fewer in tests. */
  readonly stretchWork?: number;
};

type Settings = {
  readonly place: string;
  readonly policy: Policy;
  readonly data: string;
  readonly name: string | undefined;
  readonly token: string | undefined;
  readonly port: number;
  readonly host: string;
  readonly periodMs: number;
  readonly once: boolean;
  readonly full: boolean;
  readonly json: boolean;
};

export async function runAudit(args: readonly string[], io: AuditIo): Promise<number> {
  if (args.includes('--help')) {
    io.print(AUDIT_USAGE);
    return 0;
  }
  const settings = readSettings(args, io.env);
  if (!settings.ok) {
    io.warn(`${settings.detail}\n${AUDIT_USAGE}`);
    return 2;
  }
  try {
    return await run(settings.value, io);
  } catch (error) {
    const isKnown = error instanceof SourceError || error instanceof LedgerRefusal || isListenError(error);
    if (!isKnown) throw error;
    io.warn(error.message);
    // Two histories of one log are a finding, not a failure.
    return error instanceof LedgerRefusal && error.code === 'forked' ? 1 : 3;
  }
}

async function run(settings: Settings, io: AuditIo): Promise<number> {
  const { place, policy, data, token, once, full, json } = settings;
  const { clock, stop, print } = io;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const cosigner = openCosigner(data, settings.name, policy, clock);
  try {
    const store = openAuditStore(join(data, 'audit.sqlite'));
    try {
      print(json ? JSON.stringify({ event: 'key', vkey: cosigner.vkey }) : `auditor key ${cosigner.vkey}`);
      const logs = await locate(openSource(place, { token }));
      const { stretchWork } = io;
      const loop: AuditLoop = {
        parts: { ...logs, policy, store, clock, ...(stretchWork === undefined ? {} : { stretchWork }) },
        ...{ cosigner, folder: data, isFull: full },
        tell: (told) => print(json ? JSON.stringify({ time: now(clock), ...told }) : auditLine(told)),
      };
      if (once) return exitCodeOf(await auditOnce(loop));
      return await serve(loop, settings, io, stop);
    } finally {
      store.close();
    }
  } finally {
    cosigner.close();
  }
}

async function serve(loop: AuditLoop, settings: Settings, io: AuditIo, stop: AbortSignal): Promise<number> {
  const log = (event: Record<string, unknown>) => {
    if (settings.json) io.print(JSON.stringify({ time: now(io.clock), ...event }));
  };
  const app = await createWitnessHttp({ witness: loop.cosigner.witness, log });
  try {
    const url = await app.listen({ port: settings.port, host: settings.host });
    io.print(settings.json ? JSON.stringify({ event: 'listening', url }) : `listening on ${url}`);
    await auditForEver(loop, settings.periodMs, stop);
    return 0;
  } finally {
    await app.close();
  }
}

/** The ledger and the snapshot log beside it; or a folder or prefix that holds both. */
async function locate(start: LogSource): Promise<{ ledger: LogSource; snapshots: LogSource }> {
  const inside = start.beside('log/');
  const ledger = !(await isLog(start)) && (await isLog(inside)) ? inside : start;
  for (const path of ['../snapshots/', '../snapshot/']) {
    const snapshots = ledger.beside(path);
    if (await isLog(snapshots)) return { ledger, snapshots };
  }
  const words = `There is no ledger with a snapshot log beside it at ${start.place}.`;
  throw new SourceError('unreachable', words);
}

/** A web server may well answer with a page of its own where there is nothing. */
async function isLog(source: LogSource): Promise<boolean> {
  const bytes = await source.read('checkpoint', CHECKPOINT_BYTES_MAX).catch((error: unknown) => {
    if (error instanceof SourceError && error.code === 'denied') return undefined;
    throw error;
  });
  const note = bytes && parseNote(bytes);
  return note?.ok === true && parseCheckpoint(note.value.text).ok;
}

function readSettings(args: readonly string[], env: AuditIo['env']): Result<Settings, 'usage'> {
  const parsed = parseFlags(args);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const { data, name, port, host, once, full, json, key, policy: file } = values;
  const [place, ...others] = positionals;
  if (place === undefined) return err('usage', 'Of what? A place is missing.');
  if (others.length > 0) return err('usage', `What is "${others[0]}" for?`);
  if (data === undefined) return err('usage', '--data is missing.');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return err('usage', `${port} is not a port.`);
  const period = Number(values.period);
  if (!(period >= 1 && period <= 86_400)) return err('usage', `--period ${values.period} is not 1 to 86400.`);
  if (name !== undefined && !isKeyName(name))
    return err('usage', 'A name has no spaces and no plus signs; best is a URL without its https://.');
  const policy = readTrust(key, file);
  if (!policy.ok) return policy;
  if (!policy.value || new Set(policy.value.logs.map((log) => log.key.name)).size < 2)
    return err('usage', 'Whom to trust? Give two --key: the ledger’s and the snapshot log’s.');
  const token = values.token ?? env.PACKTRAIL_READER_TOKEN;
  return ok({
    ...{ place, policy: policy.value, data, name, token, port: Number(port), host },
    ...{ periodMs: period * 1000, once, full, json },
  });
}

function parseFlags(args: readonly string[]) {
  try {
    const options = {
      key: { type: 'string', multiple: true, default: [] as string[] },
      policy: { type: 'string' },
      token: { type: 'string' },
      data: { type: 'string' },
      name: { type: 'string' },
      once: { type: 'boolean', default: false },
      period: { type: 'string', default: '30' },
      full: { type: 'boolean', default: false },
      port: { type: 'string', default: '7391' },
      host: { type: 'string', default: '127.0.0.1' },
      json: { type: 'boolean', default: false },
    } as const;
    return ok(parseArgs({ args: [...args], options, allowPositionals: true }));
  } catch (error) {
    // parseArgs explains itself.
    return err('usage', error instanceof Error ? error.message : undefined);
  }
}

function now(clock: () => number): string {
  return new Date(clock()).toISOString();
}

function isListenError(error: unknown): error is Error {
  return error instanceof Error && Reflect.get(error, 'syscall') === 'listen';
}
