// Conversations with other people's witnesses, replayed with ours: each body posted in turn over HTTP to a fresh
// witness that knows the log, status and answer compared.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSignatureLines } from '../../src/domain/ledger/note.ts';
import { vectorsDir } from '../support/vectors.ts';
import { startWitness } from '../support/witness-server.ts';
import { partsOf } from './ledger-score.ts';

type Step = {
  readonly body: string;
  readonly status: number;
  readonly bodyContains?: string;
  readonly bodyEquals?: string;
};
type Conversation = { readonly log: { readonly vkey: string }; readonly steps: readonly Step[] };

/** The name that the conversations' witness has. */
const NAME = 'example.com/witness';

const folder = vectorsDir('tlog-witness');
const files = (folder ? partsOf(folder) : []).flatMap((part) =>
  readdirSync(part)
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(part, file)),
);

describe.skipIf(!folder)('tlog-witness', () => {
  test.each(files)('%s', async (file) => {
    const { log, steps } = JSON.parse(readFileSync(file, 'utf8')) as Conversation;
    const witness = await startWitness({ logs: [log.vkey], name: NAME });
    const counts = { accepts: [0, 0], refusals: [0, 0] };
    const older: number[] = [];
    const wrong: string[] = [];
    for (const [at, step] of steps.entries()) {
      const answer = await witness.post(step.body);
      if (isOlderRule(step, answer.status)) {
        older.push(at + 1);
        continue;
      }
      const count = counts[step.status === 200 ? 'accepts' : 'refusals'] as [number, number];
      count[1] += 1;
      if (fits(step, answer)) count[0] += 1;
      else wrong.push(`step ${at + 1}: ${answer.status} ${answer.text}`);
    }
    const replaced = older.length > 0 ? `, answered by the newer rule: step ${older.join(', ')}` : '';
    const told = `accepts ${counts.accepts.join('/')}, refusals ${counts.refusals.join('/')}${replaced}`;
    console.log(`tlog-witness/${file.split('/').slice(-2).join('/')}: ${told}`);
    expect(wrong).toEqual([]);
  });
});

/** An unknown log was 403 before tlog-witness 1.0.0, which says 404. */
function isOlderRule(step: Step, status: number): boolean {
  return step.status === 403 && step.bodyContains === 'unknown log' && status === 404;
}

function fits(step: Step, answer: { status: number; text: string; type: string }): boolean {
  if (answer.status !== step.status) return false;
  if (answer.status === 409)
    return answer.type === 'text/x.tlog.size' && answer.text === (step.bodyEquals ?? answer.text);
  // Words are for people and differ between programs; a cosignature does not.
  if (answer.status !== 200) return true;
  const lines = parseSignatureLines(answer.text);
  return lines.ok && answer.text.includes(step.bodyContains ?? '');
}
