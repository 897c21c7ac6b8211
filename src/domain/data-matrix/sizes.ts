// The sizes that a Data Matrix symbol comes in: ISO/IEC 16022 table 7 and, for the rectangular extension, ISO/IEC 21471.

export type SymbolSize = {
  /** Modules, finder included. */
  readonly rows: number;
  readonly columns: number;
  /** Data regions across and down; each has a finder border of its own. */
  readonly regionsAcross: number;
  readonly regionsDown: number;
  readonly dataCodewords: number;
  readonly checkCodewords: number;
  /** Reed-Solomon blocks that the codewords are interleaved over. */
  readonly blocks: number;
};

// rows, columns, regions across, regions down, data codewords, check codewords, blocks
const ROWS: readonly (readonly [number, number, number, number, number, number, number])[] = [
  [10, 10, 1, 1, 3, 5, 1],
  [12, 12, 1, 1, 5, 7, 1],
  [14, 14, 1, 1, 8, 10, 1],
  [16, 16, 1, 1, 12, 12, 1],
  [18, 18, 1, 1, 18, 14, 1],
  [20, 20, 1, 1, 22, 18, 1],
  [22, 22, 1, 1, 30, 20, 1],
  [24, 24, 1, 1, 36, 24, 1],
  [26, 26, 1, 1, 44, 28, 1],
  [32, 32, 2, 2, 62, 36, 1],
  [36, 36, 2, 2, 86, 42, 1],
  [40, 40, 2, 2, 114, 48, 1],
  [44, 44, 2, 2, 144, 56, 1],
  [48, 48, 2, 2, 174, 68, 1],
  [52, 52, 2, 2, 204, 84, 2],
  [8, 18, 1, 1, 5, 7, 1],
  [8, 32, 2, 1, 10, 11, 1],
  [12, 26, 1, 1, 16, 14, 1],
  [12, 36, 2, 1, 22, 18, 1],
  [16, 36, 2, 1, 32, 24, 1],
  [16, 48, 2, 1, 49, 28, 1],
  [8, 48, 2, 1, 18, 15, 1],
  [8, 64, 4, 1, 24, 18, 1],
  [8, 80, 4, 1, 32, 22, 1],
  [8, 96, 4, 1, 38, 28, 1],
  [12, 64, 4, 1, 43, 27, 1],
  [12, 88, 4, 1, 64, 36, 1],
  [16, 64, 4, 1, 62, 36, 1],
  [20, 36, 2, 1, 44, 28, 1],
  [20, 44, 2, 1, 56, 34, 1],
  [20, 64, 4, 1, 84, 42, 1],
  [22, 48, 2, 1, 72, 38, 1],
  [24, 48, 2, 1, 80, 41, 1],
  [24, 64, 4, 1, 108, 46, 1],
  [26, 40, 2, 1, 70, 38, 1],
  [26, 48, 2, 1, 90, 42, 1],
  [26, 64, 4, 1, 118, 50, 1],
];

export const SYMBOL_SIZES: readonly SymbolSize[] = ROWS.map(
  ([rows, columns, regionsAcross, regionsDown, dataCodewords, checkCodewords, blocks]) => ({
    ...{ rows, columns, regionsAcross, regionsDown, dataCodewords, checkCodewords, blocks },
  }),
);

/** Whether a module belongs to a finder border, and if so whether it is dark; undefined for a module of data. */
export function finderModule(size: SymbolSize, row: number, column: number): boolean | undefined {
  const [height, width] = [size.rows / size.regionsDown, size.columns / size.regionsAcross];
  const [r, c] = [row % height, column % width];
  // The L: left and bottom bars are dark; the clock tracks opposite alternate, light in their common corner.
  if (c === 0 || r === height - 1) return true;
  if (r === 0) return c % 2 === 0;
  if (c === width - 1) return r % 2 === 1;
  return undefined;
}
