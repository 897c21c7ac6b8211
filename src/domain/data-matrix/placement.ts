// Where each bit of each codeword lies among the modules of data: ISO/IEC 16022 annex F. The walk is done once a size.
import type { SymbolSize } from './sizes.ts';

type Shape = readonly (readonly [row: number, column: number])[];

const known = new Map<SymbolSize, Int32Array>();

/**
 * For each bit (codeword x 8 + bit, the highest bit first) the index of its module in the whole symbol, row by row.
 */
export function bitModules(size: SymbolSize): Int32Array {
  let modules = known.get(size);
  if (!modules) {
    modules = placed(size);
    known.set(size, modules);
  }
  return modules;
}

function placed(size: SymbolSize): Int32Array {
  const [rows, columns] = [size.rows - 2 * size.regionsDown, size.columns - 2 * size.regionsAcross];
  const codewords = size.dataCodewords + size.checkCodewords;
  const result = new Int32Array(codewords * 8).fill(-1);
  const taken = new Uint8Array(rows * columns);
  let codeword = 0;

  const put = (row: number, column: number, bit: number) => {
    let [r, c] = [row, column];
    if (r < 0) {
      r += rows;
      c += 4 - ((rows + 4) % 8);
    }
    if (c < 0) {
      c += columns;
      r += 4 - ((columns + 4) % 8);
    }
    // The extension to rectangles wraps a third time (ISO/IEC 21471).
    if (r >= rows) r -= rows;
    taken[r * columns + c] = 1;
    if (codeword < codewords) result[codeword * 8 + bit] = inSymbol(size, r, c);
  };
  const putShape = (shape: Shape) => {
    for (const [bit, [r, c]] of shape.entries()) put(r, c, bit);
    codeword++;
  };
  const putUtah = (r: number, c: number) =>
    putShape([
      [r - 2, c - 2],
      [r - 2, c - 1],
      [r - 1, c - 2],
      [r - 1, c - 1],
      [r - 1, c],
      [r, c - 2],
      [r, c - 1],
      [r, c],
    ]);
  const isFree = (r: number, c: number) =>
    r >= 0 && c >= 0 && r < rows && c < columns && taken[r * columns + c] === 0;

  let [row, column] = [4, 0];
  do {
    const corner = cornerShape(row, column, rows, columns);
    if (corner) putShape(corner);
    do {
      if (row < rows && column >= 0 && isFree(row, column)) putUtah(row, column);
      row -= 2;
      column += 2;
    } while (row >= 0 && column < columns);
    row += 1;
    column += 3;
    do {
      if (row >= 0 && column < columns && isFree(row, column)) putUtah(row, column);
      row += 2;
      column -= 2;
    } while (row < rows && column >= 0);
    row += 3;
    column += 1;
  } while (row < rows || column < columns);
  return result;
}

/** The four special shapes that fill what the diagonal walk leaves at the corners: [row, column] of each bit. */
function cornerShape(row: number, column: number, rows: number, columns: number): Shape | undefined {
  const [bottom, right] = [rows - 1, columns - 1];
  const foot = [
    [bottom, 0],
    [bottom, 1],
    [bottom, 2],
  ] as const;
  const side = [
    [bottom - 2, 0],
    [bottom - 1, 0],
    [bottom, 0],
  ] as const;
  const edge = [
    [0, right],
    [1, right],
    [2, right],
    [3, right],
  ] as const;
  const top = [
    [0, right - 3],
    [0, right - 2],
    [0, right - 1],
    [0, right],
    [1, right],
  ] as const;
  const ends = [
    [bottom, 0],
    [bottom, right],
  ] as const;
  const block = [
    [0, right - 2],
    [0, right - 1],
    [0, right],
    [1, right - 2],
    [1, right - 1],
    [1, right],
  ] as const;
  if (row === rows && column === 0) return [...foot, [0, right - 1], ...edge];
  if (row === rows - 2 && column === 0 && columns % 4 !== 0) return [...side, ...top];
  if (row === rows - 2 && column === 0 && columns % 8 === 4) return [...side, [0, right - 1], ...edge];
  if (row === rows + 4 && column === 2 && columns % 8 === 0) return [...ends, ...block];
  return undefined;
}

/** From a place among the modules of data to one in the whole symbol, finders counted. */
function inSymbol(size: SymbolSize, row: number, column: number): number {
  const [height, width] = [size.rows / size.regionsDown - 2, size.columns / size.regionsAcross - 2];
  const r = row + 1 + 2 * Math.floor(row / height);
  const c = column + 1 + 2 * Math.floor(column / width);
  return r * size.columns + c;
}
