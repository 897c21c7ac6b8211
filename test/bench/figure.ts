// One line of the table that the bench prints and the README quotes: what was measured here, and beside it a peer
// measured in the same run.

export type Print = (line: string) => void;

export type Figure = {
  readonly figure: string;
  readonly here: string;
  readonly peer: string;
  /** Here divided by peer, in the unit of both; below 1 is less time or fewer bytes. */
  readonly ratio: number;
};

/** The p-th share of the values, 0 to 1, nearest rank; NaN for none. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** As the README's table, so that a run can be pasted there. */
export function tableLines(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map(({ figure, here, peer, ratio }) => [figure, here, peer, `${ratio.toFixed(2)} x`]);
  const all = [['figure', 'here', 'peer in the same run', 'ratio'], ['---', '---', '---', '---'], ...rows];
  return all.map((cells) => `| ${cells.join(' | ')} |`);
}
