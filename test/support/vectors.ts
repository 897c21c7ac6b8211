// The collected vectors lie beside the project, not in it. A suite that is not there is skipped with a plain line.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT =
  process.env.PACKTRAIL_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** The folder of one set, or `undefined` where it is not installed. */
export function vectorsDir(set: string): string | undefined {
  const folder = `${ROOT}/${set}`;
  if (existsSync(folder)) return folder;
  console.log(`${set}: skipped, ${folder} is not there`);
  return undefined;
}

/** The objects of a JSON Lines file; their shape is the caller's claim about a file that we trust. */
export function readJsonl<T>(path: string): T[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as T);
}
