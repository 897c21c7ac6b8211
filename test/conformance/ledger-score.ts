// Counting for the suites of the ledger's formats: accepts and refusals apart, since a reader that refuses everything
// is easy; disputed cases and those that we leave out are named, never counted as right.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readJsonl } from '../support/vectors.ts';

export type Case = {
  readonly id: string;
  readonly suite: string;
  readonly ok?: boolean;
  readonly disputed?: unknown;
  readonly optional?: unknown;
};

/** Whether our answer is the vector's; a text says why a case does not ask anything of us. */
export type Judge<C> = (one: C) => boolean | string;

/** Every file of that name in the parts (dev and others) of a set. */
export function casesOf<C extends Case>(folder: string, file: string): C[] {
  return partsOf(folder).flatMap((part) =>
    readdirSync(part).includes(file) ? readJsonl<C>(join(part, file)) : [],
  );
}

export function partsOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

/** Prints a line for the suite and fails on a wrong answer to any case that is neither disputed nor left out. */
export function score<C extends Case>(title: string, cases: readonly C[], judge: Judge<C>): void {
  const counts = { accepts: [0, 0], refusals: [0, 0], disputed: [0, 0] };
  const leftOut = new Map<string, number>();
  const wrong: string[] = [];
  for (const one of cases) {
    const answer = judgeSafely(judge, one);
    if (typeof answer === 'string') {
      leftOut.set(answer, (leftOut.get(answer) ?? 0) + 1);
      continue;
    }
    const kind = one.disputed ? 'disputed' : one.ok === false ? 'refusals' : 'accepts';
    const count = counts[kind] as [number, number];
    count[1] += 1;
    if (answer) count[0] += 1;
    else if (kind !== 'disputed') wrong.push(one.id);
  }
  const line = [
    `accepts ${counts.accepts.join('/')}`,
    `refusals ${counts.refusals.join('/')}`,
    ...(counts.disputed[1] ? [`disputed, as the source says ${counts.disputed.join('/')}`] : []),
    ...[...leftOut].map(([reason, count]) => `left out ${count} (${reason})`),
  ];
  console.log(`${title}: ${line.join(', ')}${wrong.length > 0 ? `; WRONG ${wrong.join(' ')}` : ''}`);
  expect(wrong).toEqual([]);
}

/** An exception is never the right answer to an input. */
function judgeSafely<C>(judge: Judge<C>, one: C): boolean | string {
  try {
    return judge(one);
  } catch (error) {
    console.log(JSON.stringify(one), error);
    return false;
  }
}
