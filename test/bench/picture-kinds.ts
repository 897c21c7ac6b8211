// Two further tables of the picture bench: every carrier in every polarity, seen from before and behind; and pictures in
// which there is nothing to be read, where each text that is accepted is a wrong one.

import { CARRIERS, type Carrier, mirrored } from '../support/scenes/carriers.ts';
import { FAULTLESS, type PrintFaults } from '../support/scenes/print.ts';
import { type Placed, renderScene } from '../support/scenes/scene.ts';
import { drawPackSymbol, type Modules } from '../support/scenes/symbol-modules.ts';
import type { Figure, Print } from './figure.ts';
import type { PictureReader } from './picture-readers.ts';

const OPTICS = { blur: 0.1, motion: 0, noise: 4, contrast: 0.8, glare: 0, hasShadow: false };
const FRAME = { width: 960, height: 640 };
const TURNS = [0, 20, 100, 217];

/** How a carrier is shown. `damaged`: both L bars of a Data Matrix symbol interrupted. */
const WAYS = [
  { name: 'as printed', isInverted: false, isMirrored: false, hasGaps: false },
  { name: 'light on dark', isInverted: true, isMirrored: false, hasGaps: false },
  { name: 'mirrored', isInverted: false, isMirrored: true, hasGaps: false },
  { name: 'both', isInverted: true, isMirrored: true, hasGaps: false },
  { name: 'mirrored, L damaged', isInverted: false, isMirrored: true, hasGaps: true },
] as const;

function place(modules: Modules, turn: number, faults: Partial<PrintFaults>): Placed {
  const isBars = modules.columns > 90;
  return {
    modules,
    faults: { ...FAULTLESS, quietZone: isBars ? 10 : 3, ...faults },
    pose: {
      ...{
        modulePx: isBars ? 2.5 : 5,
        // Further over, no line would cross all of a long one.
        turn: isBars ? turn % 15 : turn,
        tilt: 10,
        bend: 0,
      },
      centre: { x: FRAME.width / 2 - 10, y: FRAME.height / 2 - 10 },
    },
  };
}

/** `readers`: ours first. */
export async function readCarriers(
  print: Print,
  readers: readonly PictureReader[],
): Promise<readonly Figure[]> {
  const sums = readers.map(() => 0);
  let shown = 0;
  for (const carrier of CARRIERS) {
    const cells: string[] = [];
    for (const { name, isMirrored, ...faults } of WAYS) {
      if (faults.hasGaps && !/^\]d/.test(carrier.text)) continue;
      const counts = await countRead(readers, carrier, isMirrored, faults);
      shown += TURNS.length;
      for (const [k, count] of counts.entries()) sums[k] = (sums[k] ?? 0) + count;
      cells.push(`${name} ${counts.join('; ')}`);
    }
    print(`carriers: ${carrier.name.padEnd(18)} of ${TURNS.length}: ${cells.join(', ')}`);
  }
  const [ours = 0, ...others] = sums;
  return [
    {
      figure: 'carriers of packs and cases, either polarity, from before and behind, L bars damaged',
      here: `${ours} of ${shown}`,
      peer: others.map((sum, k) => `${sum} (${readers[k + 1]?.name})`).join(', '),
      ratio: ours / (others[0] ?? Number.NaN),
    },
  ];
}

async function countRead(
  readers: readonly PictureReader[],
  carrier: Carrier,
  isMirrored: boolean,
  faults: Partial<PrintFaults>,
): Promise<readonly number[]> {
  const counts = readers.map(() => 0);
  for (const turn of TURNS) {
    const modules = isMirrored ? mirrored(carrier.draw()) : carrier.draw();
    const symbols = [place(modules, turn, faults)];
    const picture = renderScene({ ...FRAME, seed: turn + 3, symbols, optics: OPTICS });
    for (const [k, reader] of readers.entries()) {
      const { texts } = await reader.read(picture);
      if (texts.includes(carrier.text)) counts[k] = (counts[k] ?? 0) + 1;
    }
  }
  return counts;
}

/** Packaging alone, and symbols of which too much is wrong to be believed, each for as many frames as a read may take. */
export async function readNothing(
  print: Print,
  readers: readonly PictureReader[],
  count: number,
): Promise<readonly Figure[]> {
  const wrong = readers.map(() => 0);
  for (let i = 0; i < count; i++) {
    const symbols =
      i % 2 === 0 ? [] : [place(drawPackSymbol(900_000 + i).modules, i * 31, { flipped: 0.25 })];
    const optics = { ...OPTICS, noise: (i % 5) * 6, hasShadow: i % 3 === 0 };
    const picture = renderScene({ ...FRAME, seed: 7_000 + i, symbols, optics });
    for (const [k, reader] of readers.entries()) {
      const { texts } = await reader.read(picture);
      if (texts.length > 0) print(`nothing: ${reader.name} read ${JSON.stringify(texts)} in picture ${i}`);
      wrong[k] = (wrong[k] ?? 0) + texts.length;
    }
  }
  const [ours = 0, ...others] = wrong;
  return [
    {
      figure: `texts accepted in ${count} pictures in which there is nothing to be read`,
      here: `${ours}`,
      peer: others.map((sum, k) => `${sum} (${readers[k + 1]?.name})`).join(', '),
      ratio: ours === 0 ? 0 : ours / (others[0] ?? 0),
    },
  ];
}
