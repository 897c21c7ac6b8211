// The order of the test files: what starts browsers, processes or long histories comes first, so that none of it is left
// to run alone at the end. Where an earlier run has told how long each takes, that decides among them.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONG = /\/(e2e|simulation|audit)\/|chromium|screens|process|crash|cli\.test/;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
