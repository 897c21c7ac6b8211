#!/usr/bin/env node
// The command line: reads options, calls what does the work, and turns failures into words.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { parseArgs } from 'node:util';
import { SCOPE_PRODUCTS_MAX } from '../domain/limits.ts';
import type { MarketRules } from '../domain/market.ts';
import { scopeShape } from '../domain/snapshot/scope.ts';
import { endWithReader } from './line-output.ts';
import { DISK_FULL_WORDS, isDiskFull } from './log.ts';
import { StartError } from './start-error.ts';

const HELP = `packtrail - verify medicine packs, offline too, against a ledger that nobody can quietly rewrite

  packtrail serve     run the app and its ledger
    --port <number>   port on this machine (4170)
    --host <address>  address to listen on (127.0.0.1: this machine alone)
    --data <folder>   where the ledger lives (./data); an empty one gets a demo market
    --dist <folder>   the built app (./dist)
    --market <name>   whose rules apply: demo (default), eu, de, gr or ie; the packs are invented in all of them
    --lan             also open it to phones in the local network, over HTTPS on the next port, with a page that
                      helps them trust it on the port after that
    --cert <file>     certificate to use instead, PEM, with --key
    --key <file>      its private key, PEM
    --origin <url>    where browsers reach this server, when a proxy stands before it
    --witness-policy <file>
                      ask the witnesses in this policy (C2SP tlog-policy) to cosign both logs; devices that enrol
                      demand its quorum before they build on what a log says
    --auditor-policy <file>
                      the same for auditors (packtrail audit) of the snapshots; without either file the logs' own
                      signatures are enough

  packtrail invite    print a link that enrols one device with the running server, once, within 15 minutes
    --role <role>     pharmacy (default), wholesaler, manufacturer, inspector or
                      authority
    --products <list> the only products that it may act on and have keys of: codes such as gtin:09506000100012 with
                      commas between them, or a file with one a line (everything; a manufacturer's own must be named)
    --replaces <device>
                      the device that it follows: the new one is told what the ledger holds of that one
    --data <folder>   the server's (./data)

  packtrail devices   list, revoke and reinstate devices; release or refuse events that wait for a decision
  packtrail alerts    what the ledger could not square with what it holds; close one, as a falsification too
  packtrail import-outbox <file>: hand in events that a device has saved (it and devices have a --help)

  packtrail parse     read one scan a line from standard input, print one JSON object a line
                      GS is the real character or {GS}; an AIM symbology identifier may come first

  packtrail decode    read the symbols in image files, print one JSON object a line (packtrail decode --help)

  packtrail witness   cosign the checkpoints of other people's logs, for those who trust a quorum of witnesses
  packtrail log       check a log from outside: fsck it whole, monitor it, verify a proof from it
  packtrail log void  retract a bad manifest from this server's own snapshot log
  packtrail audit     rebuild every snapshot from the ledger's entries, compare, and cosign what is right
                      (packtrail witness --help, packtrail log --help, packtrail audit --help)
  packtrail keys      list, add and retire the keys that sign this server's logs, begin a new epoch of those that
                      blind ids (packtrail keys --help)

  packtrail --help    this text
`;

/** Told on standard error; the process ends with status 1. */
class UsageError extends Error {}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  port: { type: 'string', default: '4170' },
  host: { type: 'string', default: '127.0.0.1' },
  data: { type: 'string', default: './data' },
  dist: { type: 'string', default: './dist' },
  lan: { type: 'boolean', default: false },
  cert: { type: 'string' },
  key: { type: 'string' },
  origin: { type: 'string' },
  'witness-policy': { type: 'string' },
  'auditor-policy': { type: 'string' },
  market: { type: 'string', default: 'demo' },
  role: { type: 'string', default: 'pharmacy' },
  products: { type: 'string' },
  replaces: { type: 'string' },
} as const;
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  serve: [
    'help',
    'port',
    'host',
    'data',
    'dist',
    'lan',
    'cert',
    'key',
    'origin',
    'witness-policy',
    'auditor-policy',
    'market',
  ],
  invite: ['help', 'role', 'products', 'replaces', 'data'],
  parse: ['help'],
};

function readArguments(args: readonly string[]) {
  try {
    const config = { args: [...args], options: OPTIONS, allowPositionals: true, tokens: true } as const;
    const { values, positionals, tokens } = parseArgs(config);
    const [command, ...others] = positionals;
    if (others.length > 0) throw new UsageError(`What is "${others[0]}" for?`);
    const stray = tokens.find(
      (token) => token.kind === 'option' && !(OPTIONS_OF[command ?? ''] ?? ['help']).includes(token.name),
    );
    if (command !== undefined && !(command in OPTIONS_OF))
      throw new UsageError(`There is no command "${command}".`);
    if (stray?.kind === 'option')
      throw new UsageError(`${stray.rawName} is no option of ${command ?? 'packtrail'}.`);
    return { values, command };
  } catch (error) {
    // parseArgs explains itself.
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : '');
  }
}
type Values = ReturnType<typeof readArguments>['values'];

/** Commands with options and exit codes of their own. */
const OWN_COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  witness: async (args) => (await import('./witness/witness-command.ts')).runWitness(args, commandIo()),
  log: async (args) =>
    args[0] === 'void'
      ? (await import('./audit/void-command.ts')).runVoid(args.slice(1), commandIo())
      : (await import('./check/log-command.ts')).runLog(args, commandIo()),
  audit: async (args) => (await import('./audit/audit-command.ts')).runAudit(args, commandIo()),
  async decode(args) {
    endWithReader();
    return (await import('./decode/decode-command.ts')).runDecode(args, commandIo());
  },
  'import-outbox': async (args) => (await import('./import-command.ts')).runImport(args, commandIo()),
  alerts: async (args) => (await import('./alerts-command.ts')).runAlerts(args, commandIo()),
  devices: async (args) => (await import('./devices-command.ts')).runDevices(args, commandIo()),
  keys: async (args) => (await import('./ledger/keys-command.ts')).runKeys(args, commandIo()),
};

function commandIo() {
  const stop = new AbortController();
  // A second signal does not wait.
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => (stop.signal.aborted ? process.exit(1) : stop.abort()));
  return {
    print: (line: string) => void process.stdout.write(`${line}\n`),
    warn: (line: string) => void process.stderr.write(`packtrail: ${line}\n`),
    ...{ clock: Date.now, stop: stop.signal, env: process.env },
  };
}

async function run(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args;
  const own = Object.hasOwn(OWN_COMMANDS, name) ? OWN_COMMANDS[name] : undefined;
  if (own) {
    process.exitCode = await own(rest);
    return;
  }
  const { values, command } = readArguments(args);
  if (values.help) process.stdout.write(HELP);
  else if (command === 'serve') await serve(values);
  else if (command === 'invite') await invite(values);
  else if (command === 'parse') await parse();
  else throw new UsageError('Which command?');
}

async function serve(values: Values): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < 24)
    throw new UsageError(
      `This is Node ${process.versions.node}; the server needs 24. Run it through npm (npm start), which brings its own.`,
    );
  const { startServer } = await import('./main.ts');
  const { greeting } = await import('./greeting.ts');
  const { readCosigners } = await import('./cosigner-files.ts');
  const cosigners = readCosigners(values['witness-policy'], values['auditor-policy']);
  if (!cosigners.ok) throw new UsageError(cosigners.detail);
  const rules = await rulesOf(values.market);
  const server = await startServer({
    ...{ ...cosigners.value, rules },
    ...{ host: values.host, port: portOf(values.port), lan: values.lan, origin: originOf(values.origin) },
    ...{ dataFolder: resolve(values.data), dist: resolve(values.dist), tls: tlsOf(values) },
    ...{ clock: Date.now, writeLog: writeLog(), tell: (words) => process.stdout.write(`${words}\n`) },
  });
  process.stdout.write(greeting(server, process.stdout.isTTY === true));
  let isStopping = false;
  const stop = () => {
    // A second signal does not wait.
    if (isStopping) process.exit(1);
    isStopping = true;
    server.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

/** A person at the terminal sees what went wrong; a log collector gets everything. */
function writeLog(): (line: string) => void {
  const isForPerson = process.stderr.isTTY === true;
  return (line) => {
    if (!isForPerson || /"level":"(?:warn|error)"/.test(line)) process.stderr.write(line);
  };
}

async function invite(values: Values): Promise<void> {
  const { inviteBeside } = await import('./invite-link.ts');
  const { qr } = await import('./greeting.ts');
  const { NEWCOMER_PLACES } = await import('../domain/demo/places.ts');
  const role = Object.keys(NEWCOMER_PLACES).find((name) => name === values.role);
  if (role === undefined)
    throw new UsageError(`--role is one of ${Object.keys(NEWCOMER_PLACES).join(', ')}.`);
  if (values.replaces !== undefined && !/^[0-9a-f]{32}$/.test(values.replaces))
    throw new UsageError('--replaces is a device, as packtrail devices lists it.');
  const products = values.products === undefined ? null : readProducts(values.products);
  const folder = resolve(values.data);
  const place = role as keyof typeof NEWCOMER_PLACES;
  const link = await inviteBeside(folder, place, products, Date.now, values.replaces);
  if (!link.ok)
    throw new UsageError(
      {
        busy: 'Too many links wait to be used; try again in 15 minutes.',
        'products-missing': 'A manufacturer has keys of its own products alone: name them with --products.',
        'not-running': `No server is running on ${folder}. Start one first: npm start`,
      }[link.error],
    );
  process.stdout.write(`${link.value}\n`);
  if (process.stdout.isTTY) process.stdout.write(`\n${qr(link.value, true)}\n`);
}

/** A file's lines, or the list itself. */
function readProducts(fileOrList: string): readonly string[] {
  const text = existsSync(fileOrList) ? readFileSync(fileOrList, 'utf8') : fileOrList;
  const codes = text.split(/[\s,]+/).filter((code) => code !== '');
  const products = scopeShape(codes, '--products');
  if (!products.ok || codes.length === 0)
    throw new UsageError(`--products: up to ${SCOPE_PRODUCTS_MAX} codes such as gtin:09506000100012.`);
  return codes;
}

async function parse(): Promise<void> {
  const { runParse } = await import('./parse-command.ts');
  endWithReader();
  await runParse(process.stdin, (line) => process.stdout.write(`${line}\n`), Date.now());
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_533) throw new UsageError(`--port ${text} is no port.`);
  return port;
}

function originOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/')
    throw new UsageError('--origin is an address such as https://packs.example');
  return url.origin;
}

function tlsOf({ cert, key }: Values): { cert: string; key: string } | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError('--cert and --key belong together.');
  const pair = { cert: readPem(cert), key: readPem(key) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    const words = `${cert} and ${key} are no certificate and its private key in PEM form.`;
    throw new StartError('certificate-unreadable', words, cause);
  }
  return pair;
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? Reflect.get(cause, 'code') : cause;
    throw new StartError('certificate-unreadable', `Cannot read ${path} (${String(why)}).`, cause);
  }
}

async function rulesOf(name: string): Promise<MarketRules> {
  const { findMarket, MARKETS } = await import('../domain/market.ts');
  const rules = findMarket(name);
  if (!rules) throw new UsageError(`--market is one of ${MARKETS.map(({ market }) => market).join(', ')}.`);
  return rules;
}

function fail(error: unknown): never {
  const isUsage = error instanceof UsageError;
  const isKnown = isUsage || error instanceof StartError;
  const words = isDiskFull(error) ? DISK_FULL_WORDS : isKnown ? error.message : undefined;
  process.stderr.write(`packtrail: ${words ?? (error instanceof Error ? error.stack : error)}\n`);
  if (isUsage) process.stderr.write('See packtrail --help\n');
  process.exit(1);
}

run(process.argv.slice(2)).catch(fail);
