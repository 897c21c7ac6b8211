// A witness over real HTTP in a folder of its own, inside the test's process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseVerifierKey, type VerifierKey } from '../../src/domain/ledger/note-key.ts';
import { runWitness } from '../../src/server/witness/witness-command.ts';

export type HttpAnswer = { readonly status: number; readonly text: string; readonly type: string };

export type TestWitness = {
  readonly url: string;
  readonly vkey: string;
  readonly key: VerifierKey;
  readonly folder: string;
  /** To add-checkpoint. */
  post(body: string | Uint8Array): Promise<HttpAnswer>;
  get(path: string): Promise<HttpAnswer>;
  stop(): Promise<number>;
};

export type WitnessOptions = {
  readonly logs: readonly string[];
  readonly name?: string;
  readonly folder?: string;
  readonly clock?: () => number;
};

export async function startWitness(options: WitnessOptions): Promise<TestWitness> {
  const folder = options.folder ?? temporaryFolder();
  const stop = new AbortController();
  const lines: string[] = [];
  const warnings: string[] = [];
  let announce: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const flags = options.logs.flatMap((vkey) => ['--log', vkey]);
  const name = options.name === undefined ? [] : ['--name', options.name];
  const ended = runWitness(['--data', folder, '--port', '0', ...flags, ...name], {
    print: (line) => {
      lines.push(line);
      if (line.startsWith('listening')) announce();
    },
    warn: (line) => warnings.push(line),
    clock: options.clock ?? Date.now,
    stop: stop.signal,
  });
  await Promise.race([listening, ended]);
  const url = lines.find((line) => line.startsWith('listening on '))?.slice(13);
  const vkey = lines.find((line) => line.startsWith('witness key '))?.slice(12) ?? '';
  const key = parseVerifierKey(vkey);
  if (url === undefined || !key.ok) throw new Error(`no witness: ${warnings.join(' ')}`);
  const end = () => {
    stop.abort();
    return ended;
  };
  onTestFinished(async () => {
    await end();
  });
  return {
    ...{ url, vkey, key: key.value, folder, stop: end },
    post: (body) => ask(`${url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) }),
    get: (path) => ask(`${url}${path}`),
  };
}

export async function ask(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const response = await fetch(url, init);
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, text: await response.text(), type };
}

/** Gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
