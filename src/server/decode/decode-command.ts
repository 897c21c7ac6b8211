// `packtrail decode FILE...`: reads the symbols in image files with the search that the app runs on photographs, and
// prints one JSON object a line for each file, in order, so that a support desk can check what a customer sent.
import { readPhotograph } from '../../domain/picture/photo-search.ts';
import { readImageFile } from './image-file.ts';
import { loadZxingEngine, type ZxingEngine } from './zxing-engine.ts';

export const DECODE_HELP = `packtrail decode [--] FILE...   read the symbols in PNG, JPEG and WebP files

  One JSON object a line for each file, in order:
    {"file":"pack.jpg","symbols":[{"text":"01...","symbologyIdentifier":"]d2","corners":[[x,y],...],"ms":12}]}
  GS is the real character; corners are pixels of the file as stored (before any turn that it asks of a viewer),
  clockwise from the symbol's top left; ms is when it was found.
  A file that cannot be read has no symbols, and "error":{"code":...,"detail":...} beside them.
  The status is 0 when every file gave a symbol, 1 when some gave none or could not be read.
`;

type Io = {
  print(line: string): void;
  warn(line: string): void;
  clock(): number;
  readonly stop: AbortSignal;
};

/** As of a command that Ctrl+C has ended. */
const INTERRUPTED = 130;

/** Returns the exit status. */
export async function runDecode(args: readonly string[], { print, warn, clock, stop }: Io): Promise<number> {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  if (options.includes('--help') || options.includes('-h')) {
    print(DECODE_HELP.trimEnd());
    return 0;
  }
  const option = options.find((arg) => arg.startsWith('-'));
  const files = end < 0 ? args : args.toSpliced(end, 1);
  if (files.length === 0 || option !== undefined) {
    warn(option === undefined ? 'Which files? See packtrail decode --help' : `There is no option ${option}.`);
    return 2;
  }
  const engine = await loadZxingEngine();
  let status = 0;
  for (const file of files) {
    if (stop.aborted) return INTERRUPTED;
    const { isRead, line } = await decodeFile(engine, file, clock);
    print(JSON.stringify(line));
    if (!isRead) status = 1;
  }
  return status;
}

async function decodeFile(engine: ZxingEngine, file: string, clock: () => number) {
  const picture = await readImageFile(file);
  if (!picture.ok)
    return {
      isRead: false,
      line: { file, symbols: [], error: { code: picture.error, detail: picture.detail ?? '' } },
    };
  const startMs = clock();
  const found = await engine.run(
    readPhotograph(picture.value, () => clock() - startMs),
    'packs-and-cases',
  );
  const symbols = found.map(({ text, corners, ms }) => ({
    text: text.slice(3),
    symbologyIdentifier: text.slice(0, 3),
    corners: corners.map(({ x, y }) => [Math.round(x), Math.round(y)]),
    ms: Math.round(ms),
  }));
  return { isRead: symbols.length > 0, line: { file, symbols } };
}
