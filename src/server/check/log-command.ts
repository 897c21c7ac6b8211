// `packtrail log`: what anyone can do to a log from outside - check it whole, follow it, check a proof from it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseHex } from '../../domain/bytes.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { PROOF_FILE_BYTES_MAX, parseProofFile } from '../../domain/ledger/proof-file.ts';
import { fsck } from './fsck.ts';
import { fsckLines } from './fsck-words.ts';
import { openSource, SourceError } from './log-source.ts';
import { checkpointWords, readTrust } from './log-trust.ts';
import { runMonitor } from './monitor-loop.ts';
import { loadMemory } from './monitor-state.ts';
import { checkProofFile, type ProofError } from './proof-check.ts';

export const LOG_USAGE = `packtrail log fsck <url or folder>   rebuild a log from its entries and compare everything published
    --key <vkey>        the log's verifier key, and one more for the snapshot log; without, signatures go unchecked
    --policy <file>     instead or as well: keys, witnesses and quorum, in tlog-policy form
    --token <token>     a reader's token, for the entry bundles of a server (or PACKTRAIL_READER_TOKEN)
    --json              one JSON object instead of words
packtrail log monitor <url>          follow a log, one JSON line for each thing that happens
    --key, --policy     as above; one of them is needed
    --state <file>      remember the last checkpoint there
    --period <s>        seconds between two looks (60)
    --stall-minutes <m> alert when nothing has moved for so long (1560: a log moves at least daily)
    --once              look once and say by the exit code
packtrail log verify <proof file>    check a tlog-proof, with no network
    --key, --policy     as above; one of them is needed
    --entry <file>      the entry's bytes, or --leaf <hex>: its RFC 6962 leaf hash; else what the file itself carries
Exit codes: 0 all is well, 1 something is wrong, 2 not asked properly, 3 it could not be read.`;

export type LogIo = {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly clock: () => number;
  readonly stop: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Said on the error output, with the usage. */
class LogUsageError extends Error {}

/** The exit code. */
export async function runLog(args: readonly string[], io: LogIo): Promise<number> {
  try {
    const [command, ...rest] = args;
    if (args.includes('--help')) {
      io.print(LOG_USAGE);
      return 0;
    }
    if (command === 'fsck') return await runFsck(rest, io);
    if (command === 'monitor') return await monitor(rest, io);
    if (command === 'verify') return verify(rest, io);
    throw new LogUsageError(command === undefined ? 'Which command?' : `There is no "log ${command}".`);
  } catch (error) {
    if (error instanceof SourceError) {
      io.warn(error.message);
      return 3;
    }
    if (!(error instanceof LogUsageError)) throw error;
    io.warn(`${error.message}\n${LOG_USAGE}`);
    return 2;
  }
}

const TRUST = {
  key: { type: 'string', multiple: true, default: [] as string[] },
  policy: { type: 'string' },
} as const;
const FSCK = { ...TRUST, token: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
const MONITOR = {
  ...TRUST,
  state: { type: 'string' },
  once: { type: 'boolean', default: false },
  period: { type: 'string', default: '60' },
  'stall-minutes': { type: 'string', default: '1560' },
} as const;
const VERIFY = {
  ...TRUST,
  entry: { type: 'string' },
  leaf: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

type TrustValues = { readonly key: readonly string[]; readonly policy?: string | undefined };

async function runFsck(args: readonly string[], { print, env }: LogIo): Promise<number> {
  const { values, place } = read(() => parseArgs({ args: [...args], options: FSCK, allowPositionals: true }));
  const token = values.token ?? env.PACKTRAIL_READER_TOKEN;
  const report = await fsck(openSource(place, { token }), trustOf(values));
  if (values.json) print(JSON.stringify({ ok: report.fault === undefined, ...report }));
  else for (const line of fsckLines(report)) print(line);
  return report.fault ? 1 : 0;
}

async function monitor(args: readonly string[], { print, clock, stop }: LogIo): Promise<number> {
  const { values, place } = read(() =>
    parseArgs({ args: [...args], options: MONITOR, allowPositionals: true }),
  );
  const policy = neededTrust(values);
  const memory = values.state === undefined ? undefined : loadMemory(values.state, policy);
  if (memory?.ok === false) throw new SourceError('unreachable', memory.detail);
  const round = await runMonitor({
    ...{ source: openSource(place), policy, clock, print, stop },
    ...{ memory: memory?.value, stateFile: values.state, isOnce: values.once },
    periodMs: numberOf('--period', values.period, 1, 86_400) * 1000,
    stallMs: numberOf('--stall-minutes', values['stall-minutes'], 0, 1_000_000) * 60_000,
  });
  if (!values.once) return 0;
  return round.alerts.length > 0 ? 1 : round.unread !== undefined ? 3 : 0;
}

function verify(args: readonly string[], { print }: LogIo): number {
  const { values, place } = read(() =>
    parseArgs({ args: [...args], options: VERIFY, allowPositionals: true }),
  );
  const policy = neededTrust(values);
  const file = readBytes(place);
  const opened = checkProofFile(file, leafOf(values, file), policy);
  if (!opened.ok) {
    const words = proofWords(opened.error, opened.detail);
    print(values.json ? JSON.stringify({ ok: false, error: opened.error, words }) : `WRONG: ${words}.`);
    return 1;
  }
  const { index, checkpoint } = opened.value;
  const { origin, size } = checkpoint;
  const cosigners = checkpoint.cosigners.map(({ name, timeSeconds }) => ({
    ...{ name, time: new Date(timeSeconds * 1000).toISOString() },
  }));
  if (values.json) print(JSON.stringify({ ok: true, origin, index, size, cosigners }));
  else {
    print(`OK: it is entry ${index} of ${origin}, under a signed checkpoint of ${size} entries.`);
    for (const { name, time } of cosigners) print(`cosigned by ${name} at ${time}`);
  }
  return 0;
}

function read<V>(parse: () => { values: V; positionals: string[] }): { values: V; place: string } {
  let parsed: { values: V; positionals: string[] };
  try {
    parsed = parse();
  } catch (error) {
    // parseArgs explains itself.
    throw new LogUsageError(error instanceof Error ? error.message : String(error));
  }
  const [place, ...others] = parsed.positionals;
  if (place === undefined) throw new LogUsageError('Of what? A place is missing.');
  if (others.length > 0) throw new LogUsageError(`What is "${others[0]}" for?`);
  return { values: parsed.values, place };
}

function trustOf({ key, policy }: TrustValues) {
  const trust = readTrust(key, policy);
  if (!trust.ok) throw new LogUsageError(trust.detail);
  return trust.value;
}

function neededTrust(values: TrustValues) {
  const policy = trustOf(values);
  if (!policy) throw new LogUsageError('Whom to trust? Give --key or --policy.');
  return policy;
}

function numberOf(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < min || value > max)
    throw new LogUsageError(`${flag} ${text} is not a number from ${min} to ${max}.`);
  return value;
}

type LeafValues = { readonly entry?: string | undefined; readonly leaf?: string | undefined };

function leafOf({ entry, leaf }: LeafValues, file: Uint8Array): Uint8Array {
  if (entry !== undefined && leaf !== undefined) throw new LogUsageError('Give --entry or --leaf, not both.');
  if (entry !== undefined) return leafHash(readBytes(entry));
  if (leaf === undefined) {
    // Believed for nothing: it has to be the entry whose place is proven.
    const carried = parseProofFile(file);
    if (!carried.ok || !carried.value.extra)
      throw new LogUsageError('The file carries no entry: give --entry or --leaf.');
    return leafHash(carried.value.extra);
  }
  const hash = parseHex(leaf, 32);
  if (!hash.ok) throw new LogUsageError(`--leaf ${leaf} is not ${hash.detail}.`);
  return hash.value;
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file).subarray(0, PROOF_FILE_BYTES_MAX + 1);
  } catch (cause) {
    throw new SourceError('unreachable', `${file} cannot be read.`, { cause });
  }
}

function proofWords(error: ProofError, detail: string): string {
  if (error === 'bad-proof') return 'the path does not lead from this entry to the signed root';
  return error === 'malformed'
    ? `it is not a tlog-proof (${detail})`
    : `of its checkpoint, ${checkpointWords(error, detail)}`;
}
