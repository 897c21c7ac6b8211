// The main decoder: zxing-cpp as WebAssembly, served from our own origin (its default would fetch a foreign CDN).
// It read 41 of 50 pack photographs where the JavaScript port reads 3.
import { prepareZXingModule, type ReadResult, readBarcodes } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { DecoderEngine, FoundSymbol } from './decoder-engine.ts';
import { WASM_LADDER } from './decoder-ladder.ts';
import { rgbaFromGrey } from './decoder-pictures.ts';

/** Rejects where WebAssembly is missing, switched off (iOS lockdown mode) or does not load. */
export async function loadZxingWasm(): Promise<DecoderEngine> {
  await prepareZXingModule({
    overrides: {
      locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasmUrl : prefix + path),
    },
    fireImmediately: true,
  });
  return {
    ladder: WASM_LADDER,
    async read(picture, { denoise, symbolsMax }) {
      const { width, height } = picture;
      const image = new ImageData(rgbaFromGrey(picture), width, height);
      const results = await readBarcodes(image, {
        formats: ['DataMatrix', 'QRCode'],
        // The default, HRI, would return "(01)..." and lose the separators.
        textMode: 'Plain',
        maxNumberOfSymbols: symbolsMax,
        tryDenoise: denoise,
      });
      return results.filter((result) => result.isValid).map(foundSymbol);
    },
  };
}

function foundSymbol({ symbologyIdentifier, text, position }: ReadResult): FoundSymbol {
  const { topLeft, topRight, bottomRight, bottomLeft } = position;
  return {
    text: symbologyIdentifier + withoutLeadingSeparator(symbologyIdentifier, text),
    corners: [topLeft, topRight, bottomRight, bottomLeft],
  };
}

// Real packs have been seen with a literal 0x1D printed after the leading FNC1 that already marks GS1 data.
function withoutLeadingSeparator(identifier: string, text: string): string {
  return ['d2', 'd8', 'Q3'].includes(identifier.slice(1)) ? text.replace(/^\x1d+/, '') : text;
}
