// Secrets of this server that live in the data folder, each in a file that only its owner may read.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';

type SecretForm = { readonly make: () => string; readonly isWhole: (secret: string) => boolean };

const SESSION_KEY: SecretForm = {
  make: () => randomBytes(32).toString('base64'),
  isWhole: (secret) => {
    const bytes = Buffer.from(secret, 'base64');
    return bytes.length === 32 && bytes.toString('base64') === secret;
  },
};
const READER_TOKEN: SecretForm = { make: randomCode, isWhole: (secret) => /^[\w-]{32}$/.test(secret) };

/** The key that seals sessions, 32 bytes; made on the first start. Throws StartError. */
export function loadSessionKey(dataFolder: string): Uint8Array {
  return Buffer.from(loadSecret(join(dataFolder, 'keys', 'session.key'), SESSION_KEY), 'base64');
}

/** The auditors' token for entry bundles; made on the first start. Throws StartError. */
export function loadReaderToken(dataFolder: string): string {
  return loadSecret(join(dataFolder, 'keys', 'reader.token'), READER_TOKEN);
}

function loadSecret(path: string, { make, isWhole }: SecretForm): string {
  const found = readSecret(path);
  // Anyone can forge what an empty key seals, so what this server did not make is never taken for a key.
  if (found !== undefined && !isWhole(found))
    throw new StartError(
      'data-refused',
      `${path} is damaged: it does not hold what this server wrote. Restore it, or delete it to have a new one made.`,
    );
  if (found !== undefined) return found;
  const secret = make();
  writeSecret(path, secret);
  return secret;
}

export function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Durable when it returns, and never half there: a secret that was handed out must survive a crash. */
export function writeSecret(path: string, secret: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  // What a crash left behind may have another mode.
  rmSync(temporary, { force: true });
  withDescriptor(openSync(temporary, 'wx', 0o600), (file) => {
    writeSync(file, `${secret}\n`);
    fsyncSync(file);
  });
  renameSync(temporary, path);
  withDescriptor(openSync(folder, 'r'), fsyncSync);
}

function withDescriptor(descriptor: number, use: (descriptor: number) => void): void {
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** 192 bits in letters that survive a link, a QR and a terminal. */
export function randomCode(): string {
  return randomBytes(24).toString('base64url');
}
