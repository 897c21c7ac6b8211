// zxing-cpp under Node: the same library, the same options and the same search as in the browser's worker.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { EngineTask, FoundSymbol, Search } from '../../domain/picture/engine-task.ts';
import { rgbaFromGrey } from '../../domain/picture/preparations.ts';
import { type Carriers, symbolsOf, zxingOptions } from '../../domain/picture/zxing-result.ts';

export type ZxingEngine = {
  read(task: EngineTask, carriers: Carriers): Promise<readonly FoundSymbol[]>;
  run<Result>(search: Search<Result>, carriers: Carriers): Promise<Result>;
};

let loading: Promise<unknown> | undefined;

export async function loadZxingEngine(): Promise<ZxingEngine> {
  loading ??= prepareZXingModule({ overrides: { wasmBinary: readWasm() }, fireImmediately: true });
  await loading;
  const read = async (task: EngineTask, carriers: Carriers) => {
    const { width, height } = task.picture;
    // The library asks for ImageData, which Node lacks, but reads only these.
    const image = { data: rgbaFromGrey(task.picture), width, height, colorSpace: 'srgb' } as Parameters<
      typeof readBarcodes
    >[0];
    return symbolsOf(await readBarcodes(image, zxingOptions(task, carriers)));
  };
  return {
    read,
    async run(search, carriers) {
      let step = search.next();
      while (!step.done) step = search.next(await read(step.value, carriers));
      return step.value;
    },
  };
}

/** A copy: small files share one buffer with others. */
function readWasm(): ArrayBuffer {
  const path = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  return Uint8Array.from(readFileSync(path)).buffer;
}
