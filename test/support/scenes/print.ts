// What a printer makes of a symbol, and what wear makes of the print.
import type { Modules } from './symbol-modules.ts';

export type PrintFaults = {
  readonly isInverted: boolean;
  /** Light border around the symbol, in modules; beyond it the packaging begins. */
  readonly quietZone: number;
  /** Share of the modules within the finder that have the wrong colour. */
  readonly flipped: number;
  /** Whether each of the two L bars is interrupted. */
  readonly hasGaps: boolean;
  /** Modules by which dark areas grow (ink spread) or shrink (low ink) at each side. */
  readonly inkGain: number;
  /** Dots that do not touch, as of dot-peen and ink-jet. */
  readonly isDotted: boolean;
};

export const FAULTLESS: PrintFaults = {
  isInverted: false,
  quietZone: 3,
  flipped: 0,
  hasGaps: false,
  inkGain: 0,
  isDotted: false,
};

/** Whether there is ink at a point, in modules from the symbol's middle; undefined where the label ends. */
export function createPrint(modules: Modules, faults: PrintFaults, random: () => number) {
  const { columns, rows } = modules;
  const dark = damaged(modules, faults, random);
  const { quietZone, inkGain, isDotted } = faults;
  const isDark = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < columns && row < rows && dark[row * columns + column] === 1;
  return (u: number, v: number): boolean | undefined => {
    const [x, y] = [u + columns / 2, v + rows / 2];
    if (x < -quietZone || y < -quietZone || x > columns + quietZone || y > rows + quietZone) return undefined;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (isDotted) return isDark(column, row) && Math.hypot(x - column - 0.5, y - row - 0.5) < 0.42;
    if (inkGain === 0) return isDark(column, row);
    const reach = Math.abs(inkGain);
    const corners = [-reach, reach].flatMap((dx) =>
      [-reach, reach].map((dy) => isDark(Math.floor(x + dx), Math.floor(y + dy))),
    );
    return inkGain > 0 ? corners.includes(true) : !corners.includes(false);
  };
}

function damaged({ columns, rows, dark }: Modules, faults: PrintFaults, random: () => number): Uint8Array {
  const result = dark.map((value, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const isRim = row === 0 || column === 0 || row === rows - 1 || column === columns - 1;
    return !isRim && random() < faults.flipped ? 1 - value : value;
  });
  if (!faults.hasGaps) return result;
  const gap = (length: number) => {
    const size = Math.max(2, Math.round(length * (0.12 + 0.1 * random())));
    return { size, start: 2 + Math.floor(random() * (length - size - 4)) };
  };
  const [across, down] = [gap(columns), gap(rows)];
  for (let i = 0; i < across.size; i++) result[(rows - 1) * columns + across.start + i] = 0;
  for (let i = 0; i < down.size; i++) result[(down.start + i) * columns] = 0;
  return result;
}
