// What zxing-cpp is asked and what its answer means, for both places that run it: the browser's worker and the server's
// command line.
import { hasGs1CheckDigit } from '../codes/check-digit.ts';
import type { EngineTask, FoundSymbol } from './engine-task.ts';
import type { Point } from './quad.ts';

/** Packs carry matrix symbols; cases and pallets bar codes as well (GTIN in EAN-13 or ITF-14, SSCC in GS1-128). */
export type Carriers = 'packs' | 'packs-and-cases';

const MATRIX = ['DataMatrix', 'QRCode'] as const;
const LINEAR = ['Code128', 'EAN13', 'ITF'] as const;

const EFFORTS = {
  clean: { isPure: true, tryRotate: false, tryDownscale: false, tryInvert: false },
  brisk: { tryDownscale: false, tryInvert: false },
  usual: {},
  denoise: { tryDenoise: true },
  bars: {},
} as const;

export function zxingOptions(
  { effort, symbolsMax }: Pick<EngineTask, 'effort' | 'symbolsMax'>,
  carriers: Carriers,
) {
  const matrix = effort === 'bars' ? [] : MATRIX;
  const linear = effort === 'bars' || carriers === 'packs-and-cases' ? LINEAR : [];
  return {
    formats: [...matrix, ...linear],
    // The default, HRI, would return "(01)..." and lose the separators.
    textMode: 'Plain' as const,
    maxNumberOfSymbols: symbolsMax,
    ...EFFORTS[effort],
  };
}

type ZxingResult = {
  readonly isValid: boolean;
  readonly symbologyIdentifier: string;
  readonly text: string;
  readonly isMirrored: boolean;
  readonly position: Readonly<Record<'topLeft' | 'topRight' | 'bottomRight' | 'bottomLeft', Point>>;
};

export function symbolsOf(results: readonly ZxingResult[]): readonly FoundSymbol[] {
  return results
    .filter(({ isValid, symbologyIdentifier, text }) => isValid && isWhole(symbologyIdentifier, text))
    .map(({ symbologyIdentifier, text, isMirrored, position }) => ({
      text: symbologyIdentifier + withoutLeadingSeparator(symbologyIdentifier, text),
      corners: isMirrored ? ownCorners(position) : cornersOf(position),
    }));
}

type Position = ZxingResult['position'];

function cornersOf({ topLeft, topRight, bottomRight, bottomLeft }: Position): readonly Point[] {
  return [topLeft, topRight, bottomRight, bottomLeft];
}

/** The library turns a mirrored symbol until it reads well; seen from the symbol it goes round the other way. */
function ownCorners({ topLeft, topRight, bottomRight, bottomLeft }: Position): readonly Point[] {
  return [bottomRight, topRight, topLeft, bottomLeft];
}

/** A scan line that leaves an ITF symbol at its side reads a shorter one. Cases carry ITF-14, with its check digit. */
function isWhole(identifier: string, text: string): boolean {
  return !identifier.startsWith(']I') || (text.length === 14 && hasGs1CheckDigit(text));
}

// Real packs have been seen with a literal 0x1D printed after the leading FNC1 that already marks GS1 data.
function withoutLeadingSeparator(identifier: string, text: string): string {
  return ['d2', 'd8', 'Q3', 'C1'].includes(identifier.slice(1)) ? text.replace(/^\x1d+/, '') : text;
}
