// Ends a test run with what was skipped and why, then with the true sums on the last line.
import type { Reporter, TestModule } from 'vitest/node';

export class ClosingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      // A module that fails to load has run none of its tests.
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed' || result.state === 'failed') counts[result.state]++;
        else counts.skipped++;
        if (result.state !== 'skipped') continue;
        const reason = result.note ?? 'no reason given';
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    counts.failed += unhandledErrors.length;
    const lines = [...reasons].map(([reason, count]) => `skipped ${count}: ${reason}`);
    lines.push(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    // After the other reporters have had their say.
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
  }
}
