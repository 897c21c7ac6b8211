// What the commands that take words and speak to the running server have in common.
import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Result } from '../domain/result.ts';
import { type AdminClient, type AdminFailure, openAdmin } from './admin-client.ts';

export type CommandIo = { print(line: string): void; warn(line: string): void };

/** Undefined: there is an option that is not among these, or one without its value. */
export function readCommandLine<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    return undefined;
  }
}

/** Does it on the server that runs on the data folder. Resolves to the exit status: `work`'s, or 1 with a word why. */
export async function runOnServer(
  dataFolder: string,
  { warn }: CommandIo,
  subject: string,
  work: (admin: AdminClient) => Promise<Result<number, AdminFailure>>,
): Promise<number> {
  const admin = await openAdmin(resolve(dataFolder));
  const done = admin.ok ? await work(admin.value) : admin;
  if (done.ok) return done.value;
  warn(failureWords(done.error, subject));
  return 1;
}

function failureWords(failure: AdminFailure, subject: string): string {
  switch (failure) {
    case 'not-running':
      return 'No server is running on this data folder. Start one first: npm start';
    case 'refused':
      return `The server refused: there is no such ${subject}.`;
    case 'malformed':
      return 'The server answered something else than it should; is it of this version?';
  }
}
