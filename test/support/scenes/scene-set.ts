// The generated set: one column a degradation, so many pictures each, 1280 x 720, the symbol up to 100 px off centre.
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import { seededRandom } from '../fake-camera.ts';
import { FAULTLESS, type PrintFaults } from './print.ts';
import { type Optics, type Pose, renderScene } from './scene.ts';
import { drawPackSymbol, type SymbolShape } from './symbol-modules.ts';

type Recipe = Partial<Omit<Pose, 'centre'>> &
  Partial<Optics> &
  Partial<PrintFaults> & { readonly shape?: SymbolShape; readonly isTurnedAnyhow?: true };

/** Lengths in modules or, for `modulePx`, pixels; see `Pose`, `Optics` and `PrintFaults`. */
const RECIPES: Readonly<Record<string, readonly [recipe: Recipe, pictures: number]>> = {
  base: [{}, 25],
  'rotation 15': [{ turn: 15 }, 25],
  'rotation 30': [{ turn: 30 }, 25],
  'rotation 45': [{ turn: 45 }, 25],
  'rotation 90': [{ turn: 90 }, 25],
  'rotation 180': [{ turn: 180 }, 25],
  'rotation random': [{ isTurnedAnyhow: true }, 25],
  'tilt 20': [{ tilt: 20 }, 25],
  'tilt 35': [{ tilt: 35 }, 25],
  'tilt 50': [{ tilt: 50 }, 25],
  'defocus 0.3': [{ blur: 0.3 }, 25],
  'defocus 0.5': [{ blur: 0.5 }, 25],
  'defocus 0.7': [{ blur: 0.7 }, 25],
  'motion 1': [{ motion: 1 }, 25],
  'motion 1.5': [{ motion: 1.5 }, 25],
  'motion 2': [{ motion: 2 }, 25],
  'noise 12': [{ noise: 12 }, 25],
  'noise 25': [{ noise: 25 }, 25],
  'noise 40': [{ noise: 40 }, 25],
  'contrast 30 %': [{ contrast: 0.3 }, 25],
  'contrast 15 %': [{ contrast: 0.15 }, 25],
  'contrast 8 %': [{ contrast: 0.08 }, 25],
  'glare small': [{ glare: 0.06 }, 25],
  'glare quarter': [{ glare: 0.25 }, 25],
  shadow: [{ hasShadow: true }, 25],
  'module 1.5 px': [{ modulePx: 1.5 }, 25],
  'module 2 px': [{ modulePx: 2 }, 25],
  'module 3 px': [{ modulePx: 3 }, 25],
  'module 4 px': [{ modulePx: 4 }, 25],
  'module 6 px': [{ modulePx: 6 }, 25],
  inverted: [{ isInverted: true }, 25],
  'cylinder 40': [{ bend: 40 }, 25],
  'cylinder 70': [{ bend: 70 }, 25],
  'cylinder 100': [{ bend: 100 }, 25],
  'flipped 2 %': [{ flipped: 0.02 }, 25],
  'flipped 5 %': [{ flipped: 0.05 }, 25],
  'flipped 8 %': [{ flipped: 0.08 }, 25],
  'gaps in both L bars': [{ hasGaps: true }, 25],
  'quiet zone 1': [{ quietZone: 1 }, 25],
  'quiet zone 0.5': [{ quietZone: 0.5 }, 25],
  'dot print': [{ isDotted: true }, 25],
  'ink gain': [{ inkGain: 0.18 }, 25],
  'ink loss': [{ inkGain: -0.18 }, 25],
  '16x48': [{ shape: '16x48', isTurnedAnyhow: true }, 13],
  DMRE: [{ shape: 'dmre', isTurnedAnyhow: true }, 12],
  'handheld easy': [{ modulePx: 4, isTurnedAnyhow: true, tilt: 15, blur: 0.3, contrast: 0.7 }, 25],
  'handheld bottle': [
    { modulePx: 4, isTurnedAnyhow: true, tilt: 15, bend: 50, blur: 0.2, contrast: 0.6, noise: 6 },
    13,
  ],
  'handheld hard': [
    { modulePx: 3.5, isTurnedAnyhow: true, tilt: 30, blur: 0.55, contrast: 0.4, noise: 8, hasShadow: true },
    12,
  ],
};

export const SCENE_COLUMNS: readonly string[] = Object.keys(RECIPES);

export type GeneratedScene = {
  readonly column: string;
  readonly picture: GreyPicture;
  /** What must be read: AIM identifier and data. */
  readonly texts: readonly string[];
};

const FRAME = { width: 1280, height: 720, offCentrePx: 100 };

export function sceneCount(column: string): number {
  return RECIPES[column]?.[1] ?? 0;
}

/** `set`: another number, other symbols, places and noise. */
export function drawScene(column: string, index: number, frame = FRAME, set = 0): GeneratedScene {
  const { width, height, offCentrePx } = frame;
  const [recipe] = RECIPES[column] ?? [];
  if (!recipe) throw new Error(`there is no column "${column}"`);
  const seed = set * 100_000 + SCENE_COLUMNS.indexOf(column) * 1000 + index;
  const random = seededRandom(seed + 5);
  const { modules, text } = drawPackSymbol(seed, recipe.shape);
  const pose: Pose = {
    ...{ modulePx: 5, turn: recipe.isTurnedAnyhow ? random() * 360 : 0, tilt: 0, bend: 0 },
    ...recipe,
    centre: {
      x: width / 2 + (random() * 2 - 1) * offCentrePx,
      y: height / 2 + (random() * 2 - 1) * offCentrePx,
    },
  };
  const optics: Optics = {
    ...{ blur: 0, motion: 0, noise: 2, contrast: 1, glare: 0, hasShadow: false },
    ...recipe,
  };
  const placed = { modules, pose, faults: { ...FAULTLESS, ...recipe } };
  const picture = renderScene({ width, height, seed, symbols: [placed], optics });
  return { column, picture, texts: [text] };
}

export type Shelf = {
  readonly modulePx: number;
  readonly isTurnedAnyhow: boolean;
  readonly blur: number;
  readonly width?: number;
  readonly height?: number;
};

/** A shelf or a tray: so many different symbols in one frame, 1920 x 1080 unless said otherwise. */
export function drawManySymbols(count: number, seed: number, shelf: Shelf): GeneratedScene {
  const { modulePx, isTurnedAnyhow, blur, width = 1920, height = 1080 } = shelf;
  const random = seededRandom(seed + 311);
  const columns = Math.ceil(Math.sqrt((count * width) / height));
  const rows = Math.ceil(count / columns);
  const drawn = Array.from({ length: count }, (_, i) => drawPackSymbol(500_000 + seed * 100 + i));
  const symbols = drawn.map(({ modules }, i) => ({
    modules,
    faults: FAULTLESS,
    pose: {
      ...{ modulePx, tilt: 0, bend: 0, turn: isTurnedAnyhow ? random() * 360 : 0 },
      centre: {
        x: (width * ((i % columns) + 0.5)) / columns + (random() - 0.5) * 30,
        y: (height * (Math.floor(i / columns) + 0.5)) / rows + (random() - 0.5) * 20,
      },
    },
  }));
  const optics: Optics = { blur, motion: 0, noise: 3, contrast: 1, glare: 0, hasShadow: false };
  const picture = renderScene({ width, height, seed, symbols, optics });
  return { column: `${count} symbols`, picture, texts: drawn.map(({ text }) => text) };
}
