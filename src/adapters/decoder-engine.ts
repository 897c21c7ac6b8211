// What a decoding library has to offer to the worker, whichever one it is, and how a search is driven over it.
// The browser's own BarcodeDetector is not among them: the standard gives its text alone, without raw bytes, symbology
// identifier or FNC1, so GS1 data could not be told from other data nor one variable field from the next.
import type { EngineTask, FoundSymbol, Search } from '../domain/picture/engine-task.ts';
import type { Carriers } from '../domain/picture/zxing-result.ts';

export type DecoderEngine = {
  read(task: EngineTask, carriers: Carriers): Promise<readonly FoundSymbol[]>;
};

export async function runSearch<Result>(
  search: Search<Result>,
  engine: DecoderEngine,
  carriers: Carriers,
): Promise<Result> {
  let step = search.next();
  while (!step.done) step = search.next(await engine.read(step.value, carriers));
  return step.value;
}
