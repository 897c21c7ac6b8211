// `packtrail log void`: retracts manifests of this server's own snapshot log.
import { parseArgs } from 'node:util';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { VoidError, voidLeaves } from './void-leaf.ts';

export const VOID_USAGE = `packtrail log void <leaf index>...   retract manifests of a server's own snapshot log, so that auditors pass them over
    --data <folder>     the server's (./data); stop the server first
    --gone              instead of indexes: every manifest that is not published any more
Exit codes: 0 done, 1 it cannot be done, 2 not asked properly.`;

export type VoidIo = {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly clock: () => number;
};

export async function runVoid(args: readonly string[], io: VoidIo): Promise<number> {
  if (args.includes('--help')) {
    io.print(VOID_USAGE);
    return 0;
  }
  const asked = readFlags(args);
  if (typeof asked === 'string') {
    io.warn(`${asked}\n${VOID_USAGE}`);
    return 2;
  }
  try {
    const voided = await voidLeaves({ ...asked, clock: io.clock });
    for (const leaf of voided) io.print(`leaf ${leaf} is voided`);
    if (voided.length === 0) io.print('There was nothing to void.');
    return 0;
  } catch (error) {
    if (!(error instanceof VoidError || error instanceof LedgerRefusal)) throw error;
    io.warn(error.message);
    return 1;
  }
}

function readFlags(args: readonly string[]) {
  try {
    const options = {
      data: { type: 'string', default: './data' },
      gone: { type: 'boolean', default: false },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const wrong = positionals.find((index) => !/^(0|[1-9]\d{0,14})$/.test(index));
    if (wrong !== undefined) return `"${wrong}" is not the index of a leaf.`;
    if (positionals.length > 0 === values.gone) return 'Which? Give indexes, or --gone.';
    return { folder: values.data, leaves: values.gone ? ('gone' as const) : positionals.map(Number) };
  } catch (error) {
    // parseArgs explains itself.
    return error instanceof Error ? error.message : String(error);
  }
}
