// The modules of a symbol, drawn by an encoder that is not ours: what the generated pictures of a bench show.
import bwipjs from 'bwip-js/node';
import { seededRandom } from '../fake-camera.ts';

/** Row by row, 1 is dark. */
export type Modules = { readonly columns: number; readonly rows: number; readonly dark: Uint8Array };

export type SymbolShape = 'square' | '16x48' | 'dmre';

export type GeneratedSymbol = {
  readonly modules: Modules;
  /** What a reader must answer, AIM identifier first. */
  readonly text: string;
};

/** A pack's symbol: GTIN, expiry, batch and serial, in 16x16 to 26x26 modules or in the shape asked for. */
export function drawPackSymbol(seed: number, shape: SymbolShape = 'square'): GeneratedSymbol {
  const random = seededRandom(seed * 7919 + 17);
  const isBare = random() < 0.25;
  const gtin = withCheckDigit(`0${digits(random, 12)}`);
  const expiry = `${27 + Math.floor(random() * 4)}${String(1 + Math.floor(random() * 12)).padStart(2, '0')}00`;
  // A bare one has product and serial alone, in 16 x 16 or 18 x 18.
  const serial = isBare
    ? // Of digits that begin no application identifier, or it might be two fields with a separator lost.
      digits(random, random() < 0.5 ? 4 : 12).replace(/[^456]/g, (digit) => String(4 + (Number(digit) % 3)))
    : letters(random, 6 + Math.floor(random() * 15));
  const batch = letters(random, 4 + Math.floor(random() * 5));
  const dmre = DMRE_VERSIONS[seed % DMRE_VERSIONS.length];
  const options = {
    square: {},
    '16x48': { format: 'rectangle', version: '16x48' },
    dmre: { format: 'rectangle', dmre: true, version: dmre },
  }[shape];
  const brackets = isBare ? `(01)${gtin}(21)${serial}` : `(01)${gtin}(17)${expiry}(10)${batch}(21)${serial}`;
  const elements = isBare ? `01${gtin}21${serial}` : `01${gtin}17${expiry}10${batch}\x1d21${serial}`;
  return {
    modules: drawModules({ bcid: 'gs1datamatrix', text: brackets, parsefnc: false, ...options }),
    text: (shape === 'dmre' ? ']d8' : ']d2') + elements,
  };
}

const DMRE_VERSIONS = ['20x36', '22x48', '12x64', '26x40', '16x64'];

export function drawModules(options: Parameters<typeof bwipjs.raw>[0]): Modules {
  const [symbol] = bwipjs.raw(options);
  if (!symbol || !('pixs' in symbol)) throw new Error('not a matrix symbol');
  const { pixs, pixx: columns, pixy: rows } = symbol;
  return { columns, rows, dark: Uint8Array.from(pixs) };
}

function withCheckDigit(digits13: string): string {
  const sum = [...digits13].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return digits13 + String((10 - (sum % 10)) % 10);
}

const digits = (random: () => number, length: number) =>
  Array.from({ length }, () => Math.floor(random() * 10)).join('');

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';
const letters = (random: () => number, length: number) =>
  Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
