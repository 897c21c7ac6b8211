// `packtrail import-outbox`: hands in a file that a device exported, to the running server of a data folder or to one
// by its address.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseBase64 } from '../domain/bytes.ts';
import { type PackEvent, parseEvent } from '../domain/event.ts';
import { OUTBOX_FILE_BYTES_MAX, type OutboxFile, parseOutboxFile } from '../domain/outbox-file.ts';
import { type Receipt, receiptShape } from '../domain/receipt.ts';
import { err, type Result } from '../domain/result.ts';
import { boolean, list, parseJson, record } from '../domain/shape.ts';
import { errorResponseShape } from '../domain/wire.ts';
import { openAdmin } from './admin-client.ts';
import { type CommandIo, readCommandLine } from './command.ts';

const HELP = `packtrail import-outbox - hand in what a device saved from its outbox

  packtrail import-outbox <file>
    --server <url>    the ledger's address; otherwise the server that runs on this machine:
    --data <folder>   its data folder (./data)

One line for each event, with the alerts that it raised. The status is 1 where an event was not taken. Importing a file twice does no harm.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  data: { type: 'string', default: './data' },
  server: { type: 'string' },
} as const;

const answerShape = record({ isWhole: boolean(), receipts: list(receiptShape, 100_000) });

/** Resolves to the exit status: 1 where something was not taken, 2 for a wrong command line. */
export async function runImport(args: readonly string[], io: CommandIo): Promise<number> {
  const read = readCommandLine(args, OPTIONS);
  const [path, ...others] = read?.positionals ?? [];
  if (!read || read.values.help || path === undefined || others.length > 0) {
    (read?.values.help ? io.print : io.warn)(HELP);
    return read?.values.help ? 0 : 2;
  }
  const file = readFile(path);
  const answer = file.ok ? await handIn(file.value, read.values) : file;
  if (!file.ok || !answer.ok) {
    io.warn(answer.ok ? '' : answer.detail);
    return 1;
  }
  answer.value.receipts.forEach((receipt, i) => void io.print(lineOf(file.value, i, receipt)));
  const { part, parts } = file.value;
  if (parts > 1) io.warn(`This is part ${part} of ${parts}: hand in the others as well.`);
  if (!answer.value.isWhole) io.warn('The file is not signed as complete: the device may hold more.');
  return answer.value.receipts.every(isTaken) ? 0 : 1;
}

function readFile(path: string): Result<OutboxFile, 'unreadable'> {
  try {
    if (statSync(path).size > OUTBOX_FILE_BYTES_MAX) return err('unreadable', `${path} is too large.`);
    const file = parseOutboxFile(readFileSync(path, 'utf8'));
    return file.ok ? file : err('unreadable', `${path} is no file from an outbox (${file.detail}).`);
  } catch (error) {
    return err('unreadable', `Cannot read ${path} (${String(Reflect.get(error as object, 'code'))}).`);
  }
}

type Answer = { readonly isWhole: boolean; readonly receipts: readonly Receipt[] };

async function handIn(
  file: OutboxFile,
  { server, data }: { readonly server?: string | undefined; readonly data: string },
): Promise<Result<Answer, string>> {
  if (server === undefined) {
    const admin = await openAdmin(resolve(data));
    const answer = admin.ok ? await admin.value.post('/api/hand-in', file, answerShape) : admin;
    return answer.ok ? answer : err(answer.error, `The server did not take the file (${answer.detail}).`);
  }
  try {
    const response = await fetch(new URL('/api/hand-in', server), {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(file) },
      redirect: 'error',
    });
    const text = await response.text();
    const refusal = parseJson(text, errorResponseShape);
    if (refusal.ok) return err('refused', `The server refused the file (${refusal.value.error}).`);
    return parseJson(text, answerShape);
  } catch (error) {
    return err('unreachable', `${server} could not be reached (${String(error)}).`);
  }
}

function lineOf(file: OutboxFile, i: number, receipt: Receipt): string {
  const bytes = parseBase64(file.events[i]?.bytes ?? '');
  const event = bytes.ok ? parseEvent(bytes.value) : bytes;
  const what = event.ok
    ? `device ${event.value.device} No. ${event.value.sequence} ${event.value.operation}`
    : 'unreadable';
  const answer = receipt.kind === 'rejected' ? `rejected: ${receipt.reason}` : receipt.kind;
  const place = 'index' in receipt ? ` at place ${receipt.index}` : '';
  const packs = event.ok ? event.value.packs : [];
  return `${receipt.id}  ${what}  ${answer}${place}${toldOf(receipt, packs)}`;
}

/** What a person has to see of an event that was taken; packs by their serials where there are several. */
function toldOf(receipt: Receipt, packs: PackEvent['packs']): string {
  if (!('index' in receipt)) return '';
  const of = (pack: number) => (packs.length > 1 ? ` ${packs[pack]?.serial}` : '');
  return [
    ...receipt.locked.map((pack) => `locked${of(pack)}`),
    ...receipt.unchanged.map((pack) => `unchanged${of(pack)}`),
    ...receipt.repeats.map((pack) => `repeat${of(pack)}`),
    ...receipt.alerts.map(({ id, kind, pack }) => `alert ${kind} ${id}${of(pack)}`),
  ]
    .map((told) => `  ${told}`)
    .join('');
}

function isTaken({ kind }: Receipt): boolean {
  return kind !== 'rejected' && kind !== 'gap';
}
