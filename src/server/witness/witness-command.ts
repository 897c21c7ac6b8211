// `packtrail witness`: a witness that anyone can run for logs of their choice. Prints its verifier key and where it
// listens, then one JSON line for each request.
import { parseArgs } from 'node:util';
import { equalBytes } from '../../domain/bytes.ts';
import type { CheckpointTrust } from '../../domain/ledger/checkpoint.ts';
import { isKeyName } from '../../domain/ledger/note.ts';
import { encodeVerifierKey, type VerifierKey, verifierOf } from '../../domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { readTrust } from '../check/log-trust.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { createWitness } from './witness.ts';
import { openWitnessFolder } from './witness-folder.ts';
import { createWitnessHttp } from './witness-http.ts';

export const WITNESS_USAGE = `packtrail witness      cosign checkpoints of logs that only grew (C2SP tlog-witness)
    --data <folder>    its key and its memory; one process at a time
    --policy <file>    the logs to witness, in tlog-policy form, and/or
    --log <vkey>       one of them, as often as needed
    --name <name>      of its key when that is made: best a URL without https://
    --port <number>    (7390)
    --host <address>   (127.0.0.1)`;

export type WitnessIo = {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly clock: () => number;
  /** Ends the witness, as an operator's Ctrl-C does. */
  readonly stop: AbortSignal;
};

type Settings = {
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly name: string | undefined;
  readonly logKeys: readonly VerifierKey[];
};

/** The exit code: 0 stopped, 1 it cannot run, 2 usage. */
export async function runWitness(args: readonly string[], io: WitnessIo): Promise<number> {
  if (args.includes('--help')) {
    io.print(WITNESS_USAGE);
    return 0;
  }
  const settings = readSettings(args);
  if (!settings.ok) {
    io.warn(`${settings.detail}\n${WITNESS_USAGE}`);
    return 2;
  }
  try {
    await serve(settings.value, io);
    return 0;
  } catch (error) {
    const words = error instanceof LedgerRefusal || isListenError(error) ? error.message : undefined;
    if (words === undefined) throw error;
    io.warn(words);
    return 1;
  }
}

async function serve(settings: Settings, { print, clock, stop }: WitnessIo): Promise<void> {
  const folder = openWitnessFolder(settings.data, settings.name);
  try {
    const { key, store } = folder;
    if (settings.logKeys.some(({ publicKey }) => equalBytes(publicKey, key.publicKey)))
      throw new LedgerRefusal('damaged', 'A witness does not witness itself: a log has its key.');
    const witness = createWitness({ key, logs: trustIn(settings.logKeys), store, clock });
    const log = (event: Record<string, unknown>) =>
      print(JSON.stringify({ time: new Date(clock()).toISOString(), ...event }));
    const app = await createWitnessHttp({ witness, log });
    try {
      const url = await app.listen({ port: settings.port, host: settings.host });
      print(`witness key ${encodeVerifierKey(verifierOf(key))}`);
      print(`witness for ${settings.logKeys.map(({ name }) => name).join(', ')}`);
      print(`listening on ${url}`);
      if (!stop.aborted)
        await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    } finally {
      await app.close();
    }
  } finally {
    folder.close();
  }
}

/** A log may have several keys while it changes them. */
function trustIn(logKeys: readonly VerifierKey[]): ReadonlyMap<string, CheckpointTrust> {
  const keysOf = (origin: string) => logKeys.filter(({ name }) => name === origin);
  return new Map(
    logKeys.map(({ name: origin }) => [
      origin,
      { origin, logKeys: keysOf(origin), witnesses: [], quorum: NO_QUORUM },
    ]),
  );
}

function readSettings(args: readonly string[]): Result<Settings, 'usage'> {
  const parsed = parseFlags(args);
  if (!parsed.ok) return parsed;
  const { data, port, host, name, policy, log } = parsed.value;
  if (data === undefined) return err('usage', '--data is missing.');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return err('usage', `${port} is not a port.`);
  if (name !== undefined && !isKeyName(name))
    return err('usage', 'A name has no spaces and no plus signs; best is a URL without its https://.');
  const trust = readTrust(log, policy);
  if (!trust.ok) return trust;
  const logKeys = trust.value?.logs.map(({ key }) => key) ?? [];
  if (logKeys.length === 0) return err('usage', 'No log to witness: give --policy or --log.');
  return ok({ data, port: Number(port), host, name, logKeys });
}

function parseFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        port: { type: 'string', default: '7390' },
        host: { type: 'string', default: '127.0.0.1' },
        name: { type: 'string' },
        policy: { type: 'string' },
        log: { type: 'string', multiple: true, default: [] },
      },
    });
    return ok(values);
  } catch (error) {
    return err('usage', error instanceof Error ? error.message : undefined);
  }
}

function isListenError(error: unknown): error is Error {
  return error instanceof Error && Reflect.get(error, 'syscall') === 'listen';
}
