// axe-core in a page: what it objects to, in words, without the rest of what it has to tell.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

const AXE = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url);
let source: string | undefined;

type AxeNode = { readonly html: string; readonly failureSummary?: string };
type AxeResult = {
  readonly passes: readonly unknown[];
  readonly violations: readonly { readonly id: string; readonly nodes: readonly AxeNode[] }[];
};
type Axe = { run(options: object): Promise<AxeResult> };

export type Findings = {
  /** How many rules found something to look at and nothing to object to. */
  readonly passed: number;
  readonly violations: readonly string[];
};

/** All rules (WCAG 2.2 and good practice) or those named, on the page as it stands. */
export async function runAxe(page: Page, rules?: readonly string[]): Promise<Findings> {
  source ??= await readFile(AXE, 'utf8');
  // Evaluated through the debugger, which the page's policy does not concern; once for each document.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  // The words are made in the page: all of a result takes longer to send than to find.
  return page.evaluate(
    async (runOnly) => {
      const { axe } = window as unknown as { axe: Axe };
      const options = { resultTypes: ['violations'], ...(runOnly ? { runOnly } : {}) };
      const { passes, violations } = await axe.run(options);
      return {
        passed: passes.length,
        violations: violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`),
        ),
      };
    },
    rules && [...rules],
  );
}
