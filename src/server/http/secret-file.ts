// Secrets of this server that live in the data folder, each in a file that only its owner may read.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../private-file.ts';
import { StartError } from '../start-error.ts';

type SecretForm = { readonly make: () => string; readonly isWhole: (secret: string) => boolean };

const SESSION_KEY: SecretForm = {
  make: () => randomBytes(32).toString('base64'),
  isWhole: (secret) => {
    const bytes = Buffer.from(secret, 'base64');
    return bytes.length === 32 && bytes.toString('base64') === secret;
  },
};
const TOKEN: SecretForm = { make: randomCode, isWhole: (secret) => /^[\w-]{32}$/.test(secret) };

/** The key that seals sessions, 32 bytes; made on the first start. Throws StartError. */
export function loadSessionKey(dataFolder: string): Uint8Array {
  return Buffer.from(loadSecret(join(dataFolder, 'keys', 'session.key'), SESSION_KEY), 'base64');
}

/** The auditors' token for entry bundles; made on the first start. Throws StartError. */
export function loadReaderToken(dataFolder: string): string {
  return loadSecret(join(dataFolder, 'keys', 'reader.token'), TOKEN);
}

const adminTokenFile = (dataFolder: string) => join(dataFolder, 'keys', 'admin.token');

/** The operator's token: whoever may read the data folder may decide. Made on the first start. Throws StartError. */
export function loadAdminToken(dataFolder: string): string {
  return loadSecret(adminTokenFile(dataFolder), TOKEN);
}

/** For another process of the operator; undefined where no server has run. */
export function readAdminToken(dataFolder: string): string | undefined {
  const token = readSecret(adminTokenFile(dataFolder));
  return token !== undefined && TOKEN.isWhole(token) ? token : undefined;
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
  writePrivateFile(path, secret);
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

/** 192 bits in letters that survive a link, a QR and a terminal. */
export function randomCode(): string {
  return randomBytes(24).toString('base64url');
}
