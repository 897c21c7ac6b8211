// `packtrail keys`: lists, adds and retires the keys that sign the two logs, and begins new epochs of the keys behind
// the blinded ids, while the server is stopped.
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeVerifierKey, verifierOf } from '../../domain/ledger/note-key.ts';
import { addEpoch } from './epochs.ts';
import { addLogKey, retireLogKey } from './key-rotation.ts';
import { type LogName, readSigners, signerFile } from './keys.ts';
import { LedgerRefusal } from './refusal.ts';

export const KEYS_USAGE = `packtrail keys list          the verifier keys of the ledger and of the snapshot log, oldest first
packtrail keys add           a new key, which signs beside the others from the next start on
packtrail keys retire <id>   remove one for good, once every reader knows another; <id> is the part between the plus signs
packtrail keys epoch         a new master for the blinded ids: batches commissioned from the next start on use it, packs
                             that there are keep theirs; devices learn of it by themselves
    --data <folder>          the server's (./data)
    --snapshots              of the snapshot log instead of the ledger`;

export type KeysIo = {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
};

const WORDS = {
  'too-many-keys': 'There are three keys already: retire one first.',
  'unknown-key': 'There is no key with this id.',
  'only-key': 'It is the only key: add another first.',
  'too-many-epochs': 'There are as many epochs as a device can hold keys of.',
  'not-signed-yet':
    'No other key has signed all that is published: run the server with both until it has made a snapshot.',
} as const;

/** The exit code: 0 done, 1 it cannot be done, 2 usage. */
export function runKeys(args: readonly string[], { print, warn }: KeysIo): number {
  const asked = readArguments(args);
  if (!asked || asked.help) {
    if (asked) print(KEYS_USAGE);
    else warn(`Not asked properly.\n${KEYS_USAGE}`);
    return asked ? 0 : 2;
  }
  const { step, folder, log, keyId } = asked;
  try {
    if (step === 'list') {
      for (const name of ['ledger', 'snapshots'] as const)
        for (const vkey of vkeysOf(folder, name)) print(vkey);
      return 0;
    }
    if (step === 'epoch') return beginEpoch(folder, { print, warn });
    const done = step === 'add' ? addLogKey(folder, log) : retireLogKey(folder, log, keyId);
    if (!done.ok) {
      warn(WORDS[done.error]);
      return 1;
    }
    for (const vkey of done.value.vkeys) print(vkey);
    return 0;
  } catch (error) {
    if (!(error instanceof LedgerRefusal)) throw error;
    warn(error.message);
    return 1;
  }
}

function beginEpoch(folder: string, { print, warn }: KeysIo): number {
  const begun = addEpoch(folder, randomBytes);
  if (begun.ok) print(`epoch ${begun.value}`);
  else warn(WORDS[begun.error]);
  return begun.ok ? 0 : 1;
}

type Asked = {
  readonly help: boolean;
  readonly step: (typeof STEPS)[number];
  readonly folder: string;
  readonly log: LogName;
  readonly keyId: string;
};

const STEPS = ['list', 'add', 'retire', 'epoch'] as const;
const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  data: { type: 'string', default: './data' },
  snapshots: { type: 'boolean', default: false },
} as const;

function readArguments(args: readonly string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [word = values.help ? 'list' : '', keyId = '', ...others] = positionals;
    const step = STEPS.find((each) => each === word);
    if (!step || (step === 'retire') !== (keyId !== '') || others.length > 0) return undefined;
    const log = values.snapshots ? 'snapshots' : 'ledger';
    return { help: values.help, step, folder: resolve(values.data), log, keyId };
  } catch {
    return undefined;
  }
}

function vkeysOf(folder: string, log: LogName): readonly string[] {
  return readSigners(signerFile(join(folder, 'keys'), log)).map((key) => encodeVerifierKey(verifierOf(key)));
}
