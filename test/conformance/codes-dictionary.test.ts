// The committed table says what the release of the dictionary says, and the generator also takes GS1's working copy,
// which is what the next release will look like.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { vectorsDir } from '../support/vectors.ts';

const folder = vectorsDir('gs1-syntax-dictionary');

function generate(dictionary: string): string {
  const scratch = mkdtempSync(join(tmpdir(), 'packtrail-'));
  const target = join(scratch, 'dictionary.ts');
  execFileSync(process.execPath, ['src/server/generate-dictionary.ts', `${folder}/${dictionary}`, target]);
  const text = readFileSync(target, 'utf8');
  rmSync(scratch, { recursive: true });
  return text;
}

test.skipIf(folder === undefined)('the committed table is the release of 2026-01-27', () => {
  const committed = readFileSync('src/domain/codes/dictionary.ts', 'utf8');
  expect(generate('gs1-syntax-dictionary-2026-01-27.txt')).toBe(committed);
});

test.skipIf(folder === undefined)('the working copy is understood', () => {
  expect(generate('gs1-syntax-dictionary.txt')).toContain('MTO GTIN');
});
