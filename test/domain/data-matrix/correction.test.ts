import { describe, expect, it } from 'vitest';
import { correctSymbol } from '../../../src/domain/data-matrix/correction.ts';
import { finderModule, SYMBOL_SIZES, type SymbolSize } from '../../../src/domain/data-matrix/sizes.ts';
import { seededRandom } from '../../support/fake-camera.ts';
import { drawModules } from '../../support/scenes/symbol-modules.ts';

/** Drawn by an encoder that is not ours. */
function printed({ rows, columns }: SymbolSize, text: string): Uint8Array {
  const shape = rows === columns ? {} : { format: 'rectangle', dmre: true };
  const options = { bcid: 'datamatrix', text, version: `${rows}x${columns}`, ...shape };
  const modules = drawModules(options);
  expect([modules.rows, modules.columns]).toEqual([rows, columns]);
  return modules.dark;
}

const seenAs = (dark: Uint8Array) => Float32Array.from(dark, (module) => (module ? 1 : -1));
const sizeOf = (rows: number, columns = rows): SymbolSize => {
  const size = SYMBOL_SIZES.find((one) => one.rows === rows && one.columns === columns);
  if (!size) throw new Error('no such size');
  return size;
};

describe('a symbol seen through faults', () => {
  it.each(SYMBOL_SIZES.map((size) => [`${size.rows} x ${size.columns}`, size] as const))(
    'comes back as it was printed: %s',
    (_, size) => {
      const dark = printed(size, 'A1B');
      const seen = seenAs(dark);
      const random = seededRandom(size.rows * 1000 + size.columns);
      // A flipped module spoils one codeword at most, and two checks mend one.
      const errors = Math.floor(size.checkCodewords / size.blocks / 2) - 1;
      for (let i = 0; i < errors; i++) {
        const at = Math.floor(random() * seen.length);
        seen[at] = -(seen[at] ?? 0);
      }
      expect(correctSymbol(size, seen)).toEqual(dark);
    },
  );

  it.each([16, 20, 24, 26])('is filled in where a reflection hides a quarter: %i modules', (rows) => {
    const size = sizeOf(rows);
    const dark = printed(size, 'A1B');
    const radius = Math.sqrt((rows * rows) / 4 / Math.PI);
    const seen = seenAs(dark).map((value, i) => {
      const [x, y] = [(i % rows) - rows * 0.4, Math.floor(i / rows) - rows * 0.45];
      return Math.hypot(x, y) < radius ? -0.001 : value;
    });
    expect(correctSymbol(size, seen)).toEqual(dark);
  });

  it('is not made up: chance, an even patch and a half-hidden symbol give nothing', () => {
    const random = seededRandom(7);
    for (const size of SYMBOL_SIZES.slice(3, 9)) {
      const modules = size.rows * size.columns;
      for (let i = 0; i < 6; i++)
        expect(
          correctSymbol(
            size,
            Float32Array.from({ length: modules }, () => random() - 0.5),
          ),
        ).toBeUndefined();
      expect(correctSymbol(size, new Float32Array(modules).fill(-1))).toBeUndefined();
      const half = seenAs(printed(size, 'A1B')).map((value, i) => (i < modules / 2 ? -0.001 : value));
      expect(correctSymbol(size, half)).toBeUndefined();
    }
  });

  it('never turns into another symbol, however many modules are wrong', () => {
    const size = sizeOf(18);
    const dark = printed(size, 'A1B2C3');
    const random = seededRandom(11);
    for (let wrong = 0; wrong < 120; wrong += 3) {
      const seen = seenAs(dark).map((value) => value * (0.2 + random()));
      for (let i = 0; i < wrong; i++) {
        const at = Math.floor(random() * seen.length);
        seen[at] = -(seen[at] ?? 0);
      }
      expect([dark, undefined]).toContainEqual(correctSymbol(size, seen));
    }
  });
});

it('finder modules are where the encoder prints them', () => {
  for (const size of SYMBOL_SIZES) {
    const dark = printed(size, 'A1B');
    for (const [i, module] of dark.entries()) {
      const finder = finderModule(size, Math.floor(i / size.columns), i % size.columns);
      if (finder !== undefined) expect(module === 1).toBe(finder);
    }
  }
});
