// The undoing of keyboard layouts against read-outs that others recorded: a US scanner on European layouts. Each layout is
// learnt from its calibration read-out alone; then each pack's scan must give the asserted fields, and a layout that
// cannot be read safely must be refused.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readScan } from '../../src/domain/codes/scan.ts';
import { type Calibration, calibrate } from '../../src/domain/keyboard/calibration.ts';
import { readBaseline } from '../../src/domain/keyboard/read-out.ts';
import { createUndoer } from '../../src/domain/keyboard/undo.ts';
import { readJsonl, vectorsDir } from '../support/vectors.ts';

/** The day for which the vectors' dates were made. */
const TODAY_MS = Date.UTC(2026, 8, 24);

type Fields = {
  readonly scheme: string;
  readonly productCode: string;
  readonly serialNumber: string;
  readonly batchIdentifier: string;
  readonly expiry: string;
};
type LayoutCase = {
  readonly id: string;
  readonly family: string;
  readonly calibrationFails: boolean;
  readonly baseline: readonly string[];
  readonly deadKeyScans: readonly string[] | null;
  readonly barcodes: readonly { readonly n: number; readonly scan: string; readonly expect: Fields }[] | null;
};

const folder = vectorsDir('solidsoft-keyboard');
test.skipIf(folder === undefined)('solidsoft-keyboard: every layout is undone or refused', () => {
  const cases = ['dev', 'heldout']
    .map((half) => `${folder}/${half}/layouts.jsonl`)
    .filter((path) => existsSync(path))
    .flatMap((path) => readJsonl<LayoutCase>(path));
  const wrong: string[] = [];
  for (const family of new Set(cases.map((one) => one.family))) {
    const inFamily = cases.filter((one) => one.family === family);
    const refusable = inFamily.filter((one) => one.calibrationFails);
    const readable = inFamily.filter((one) => !one.calibrationFails);
    const refused = refusable.filter((one) => learn(one).kind === 'refused');
    wrong.push(...refusable.filter((one) => !refused.includes(one)).map(({ id }) => `${id}: not refused`));
    let [scans, right] = [0, 0];
    for (const one of readable) {
      const failures = judge(one);
      scans += one.barcodes?.length ?? 0;
      right += (one.barcodes?.length ?? 0) - failures.length;
      wrong.push(...failures.slice(0, 3));
    }
    const layouts = `layouts to refuse ${refused.length}/${refusable.length}`;
    console.log(
      `solidsoft-keyboard/${family}: scans ${right}/${scans} of ${readable.length} layouts, ${layouts}`,
    );
  }
  expect(cases.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

/** Dead keys are recorded in the order of the code, each over as many scans as its code has parts. */
function learn({ baseline, deadKeyScans }: LayoutCase): Calibration {
  const whole = baseline.join('');
  const deadKeys = [...(readBaseline(whole)?.accents.keys() ?? [])].sort();
  const scans = deadKeyScans ?? [];
  const parts = Math.max(1, Math.floor(scans.length / Math.max(1, deadKeys.length)));
  const codes = new Map<string, string>();
  for (const [at, deadKey] of deadKeys.entries()) {
    const code = scans.slice(at * parts, (at + 1) * parts).join('');
    if (code !== '') codes.set(deadKey, code);
  }
  return calibrate(whole, codes);
}

function judge(one: LayoutCase): string[] {
  const calibration = learn(one);
  if (calibration.kind !== 'learnt')
    return (one.barcodes ?? []).map(({ n }) => `${one.id} ${n}: ${JSON.stringify(calibration)}`);
  const undo = createUndoer(calibration.layout);
  return (one.barcodes ?? []).flatMap(({ n, scan, expect: wanted }) => {
    const text = undo(scan.replace(/\r$/, ''));
    if (!text.ok) return [`${one.id} ${n}: ${text.error} ${JSON.stringify(scan)}`];
    const got = JSON.stringify(fieldsOf(text.value));
    return got === JSON.stringify(wanted, Object.keys(fieldsOf(text.value)))
      ? []
      : [`${one.id} ${n}: ${got} instead of ${JSON.stringify(wanted)}`];
  });
}

function fieldsOf(text: string): Fields {
  const reading = readScan(text, TODAY_MS);
  const held = new Map(reading.ok ? reading.ais : []);
  const isIfa = reading.carrier === 'ifa';
  return {
    scheme: isIfa ? 'Ifa' : 'Gs1',
    productCode: held.get(isIfa ? '9N' : '01') ?? '',
    serialNumber: held.get(isIfa ? 'S' : '21') ?? '',
    batchIdentifier: held.get(isIfa ? '1T' : '10') ?? '',
    expiry: held.get(isIfa ? 'D' : '17') ?? '',
  };
}
