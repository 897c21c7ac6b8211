// Secrets of this server that live in the data folder, each in a file that only its owner may read.
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Reads the file, or makes it on the first start. */
export function loadSecret(path: string, make: () => string): string {
  const found = readSecret(path);
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

/** Durable when it returns: a secret that was handed out must survive a crash. */
export function writeSecret(path: string, secret: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'w', 0o600);
  try {
    writeSync(file, `${secret}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** 192 bits in letters that survive a link, a QR and a terminal. */
export function randomCode(): string {
  return randomBytes(24).toString('base64url');
}
