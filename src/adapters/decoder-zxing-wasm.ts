// The main decoder: zxing-cpp as WebAssembly, served from our own origin (its default would fetch a foreign CDN).
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { rgbaFromGrey } from '../domain/picture/preparations.ts';
import { symbolsOf, zxingOptions } from '../domain/picture/zxing-result.ts';
import type { DecoderEngine } from './decoder-engine.ts';

/** Rejects where WebAssembly is missing, switched off (iOS lockdown mode) or does not load. */
export async function loadZxingWasm(): Promise<DecoderEngine> {
  await prepareZXingModule({
    overrides: {
      locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasmUrl : prefix + path),
    },
    fireImmediately: true,
  });
  return {
    async read(task, carriers) {
      const { width, height } = task.picture;
      const image = new ImageData(rgbaFromGrey(task.picture), width, height);
      return symbolsOf(await readBarcodes(image, zxingOptions(task, carriers)));
    },
  };
}
