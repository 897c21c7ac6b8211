// Read rates on still pictures, side by side in one run: our search as the camera runs it, plain zxing-wasm, plain
// @zxing/library and libdmtx; on a generated set with a column for each degradation, on frames of many symbols, and on
// real photographs where they lie beside the project. Times are CPU milliseconds (libdmtx: wall, a process each).
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GreyPicture } from '../../src/domain/picture/grey-picture.ts';
import { readImageFile } from '../../src/server/decode/image-file.ts';
import { loadZxingEngine, type ZxingEngine } from '../../src/server/decode/zxing-engine.ts';
import { drawManySymbols, drawScene, SCENE_COLUMNS, sceneCount } from '../support/scenes/scene-set.ts';
import { type Figure, median, type Print, percentile } from './figure.ts';
import { readCarriers, readNothing } from './picture-kinds.ts';
import {
  dmtxread,
  frameReader,
  type PictureReader,
  photoReader,
  plainZxingLibrary,
  plainZxingWasm,
} from './picture-readers.ts';

export type PictureOptions = {
  /** Of each column at most so many pictures. */
  readonly pictures: number;
  readonly columns?: readonly string[];
};

const PHOTOS = new URL('../../../shared/photos/', import.meta.url);
const DEFAULTS: PictureOptions = { pictures: Number(process.env.PICTURES ?? 25) };

/** Another set than the one that every change is measured on. */
const HELD_OUT = 5;
/** Light on dark, bar codes are looked for last. */
const CARRIER_FRAMES_MAX = 25;

export async function benchScanPictures(print: Print, options = DEFAULTS): Promise<readonly Figure[]> {
  const engine = await loadZxingEngine();
  const peers = [frameReader(engine), plainZxingWasm(engine, 1), plainZxingLibrary(), dmtxread(1, 200)];
  const readers = peers.filter((reader) => reader !== undefined);
  if (peers.includes(undefined)) print('pictures: libdmtx left out, dmtxread is not installed');
  try {
    const generated = await readGenerated(print, readers, options);
    const heldOut = await readHeldOut(print, engine, options);
    const many = await readMany(print, engine);
    const everyKind = [
      frameReader(engine, 'one', 'packs-and-cases', CARRIER_FRAMES_MAX),
      plainZxingWasm(engine, 1),
    ];
    const carriers = await readCarriers(print, everyKind);
    const nothing = await readNothing(print, everyKind, 2 * options.pictures);
    const photos = await benchPhotos(print, engine, PHOTOS);
    return [...generated, ...heldOut, ...many, ...carriers, ...nothing, ...photos];
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** What one reader made of a set of pictures. */
type Score = {
  read: number;
  shown: number;
  /** Texts that are none of the picture's. */
  wrong: number;
  /** Pictures read in their first frame. */
  first: number;
  readonly imageMs: number[];
  readonly frameMs: number[];
};

const emptyScore = (): Score => ({ read: 0, shown: 0, wrong: 0, first: 0, imageMs: [], frameMs: [] });
const rateOf = ({ read, shown }: Score) => read / shown;

type Shown = { readonly picture: GreyPicture; readonly texts: readonly string[] };

/** Truth and answer are compared without identifier: expected.json has none, and readers differ over DMRE. */
const dataOf = (text: string) => text.replace(/^\][A-Za-z][0-9A-Za-z]/, '');

async function readInto(
  scores: readonly Score[],
  reader: PictureReader,
  { picture, texts }: Shown,
): Promise<void> {
  const { texts: found, framesMs } = await reader.read(picture);
  const truth = texts.map(dataOf);
  const right = new Set(found.map(dataOf).filter((text) => truth.includes(text)));
  for (const score of scores) {
    score.shown += new Set(truth).size;
    score.read += right.size;
    score.wrong += found.filter((text) => !right.has(dataOf(text))).length;
    if (right.size > 0 && framesMs.length === 1) score.first++;
    score.imageMs.push(framesMs.reduce((sum, ms) => sum + ms, 0));
    score.frameMs.push(...framesMs);
  }
}

async function readGenerated(
  print: Print,
  readers: readonly PictureReader[],
  { pictures, columns = SCENE_COLUMNS }: PictureOptions,
): Promise<readonly Figure[]> {
  const totals = readers.map(emptyScore);
  const behind: string[] = [];
  let scratched: readonly Score[] = [];
  const cells = (values: readonly string[]) => values.map((value) => value.padStart(15)).join('');
  print(
    `pictures: ${'column'.padEnd(20)}${cells(readers.map(({ name }) => name))}   ms an image: ours; zxing-wasm`,
  );
  for (const column of columns) {
    const scores = readers.map(emptyScore);
    for (let i = 0; i < Math.min(pictures, sceneCount(column)); i++) {
      const scene = drawScene(column, i);
      for (const [k, reader] of readers.entries()) {
        const [score, total] = [scores[k], totals[k]];
        if (score && total) await readInto([score, total], reader, scene);
      }
    }
    const [ours, ...others] = scores;
    if (!ours) continue;
    if (column === 'gaps in both L bars') scratched = scores;
    if (others.some((other) => rateOf(other) > rateOf(ours))) behind.push(column);
    const counts = cells(scores.map(({ read, shown }) => `${read}/${shown}`));
    print(
      `pictures: ${column.padEnd(20)}${counts}   ${msOf(ours.imageMs)}; ${msOf(others[0]?.imageMs ?? [])}`,
    );
  }
  print(`pictures: behind a peer in ${behind.length === 0 ? 'no column' : behind.join(', ')}`);
  const [ours, wasm, ...rest] = totals;
  if (!ours || !wasm) return [];
  for (const [k, total] of totals.entries())
    print(
      `pictures: ${readers[k]?.name}: ${percent(rateOf(total))} read, ${total.wrong} wrong; ${msOf(total.imageMs)} ms an image, ${spreadOf(total.frameMs)} ms a frame; ${percent(total.first / total.imageMs.length)} in the first frame`,
    );
  const names = (scores: readonly Score[]) =>
    scores.map((score, i) => `${percent(rateOf(score))} (${readers[i + 1]?.name})`).join(', ');
  return [
    {
      figure: `generated pictures read, ${ours.shown} of ${columns.length} kinds; wrong texts`,
      here: `${percent(rateOf(ours))}; ${ours.wrong}`,
      peer: names([wasm, ...rest]),
      ratio: rateOf(ours) / rateOf(wasm),
    },
    ...(scratched[0] && scratched[1]
      ? [
          {
            figure: 'those with gaps in both L bars',
            here: percent(rateOf(scratched[0])),
            peer: names(scratched.slice(1)),
            ratio: rateOf(scratched[0]) / rateOf(scratched[1]),
          },
        ]
      : []),
    {
      figure: 'CPU time a frame, generated pictures, one core',
      here: `median ${median(ours.frameMs).toFixed(0)} ms, p95 ${percentile(ours.frameMs, 0.95).toFixed(0)} ms, longest ${Math.max(...ours.frameMs).toFixed(0)} ms`,
      peer: `median ${median(wasm.frameMs).toFixed(0)} ms, p95 ${percentile(wasm.frameMs, 0.95).toFixed(0)} ms (zxing-wasm, whole frame)`,
      ratio: median(ours.frameMs) / median(wasm.frameMs),
    },
  ];
}

/** What was won on one set must hold on another. */
async function readHeldOut(
  print: Print,
  engine: ZxingEngine,
  { pictures, columns = SCENE_COLUMNS }: PictureOptions,
): Promise<readonly Figure[]> {
  const readers = [frameReader(engine), plainZxingWasm(engine, 1)];
  const scores = readers.map(emptyScore);
  for (const column of columns)
    for (let i = 0; i < Math.min(Math.ceil(pictures / 3), sceneCount(column)); i++)
      for (const [k, reader] of readers.entries()) {
        const score = scores[k];
        if (score) await readInto([score], reader, drawScene(column, i, undefined, HELD_OUT));
      }
  const [ours, wasm] = scores;
  if (!ours || !wasm) return [];
  print(
    `pictures: on a set held out, ${percent(rateOf(ours))} read, ${ours.wrong} wrong; ${spreadOf(ours.frameMs)} ms a frame; zxing-wasm ${percent(rateOf(wasm))}`,
  );
  return [
    {
      figure: `the same on another set, ${ours.shown} pictures`,
      here: `${percent(rateOf(ours))}; ${ours.wrong}`,
      peer: `${percent(rateOf(wasm))} (zxing-wasm)`,
      ratio: rateOf(ours) / rateOf(wasm),
    },
  ];
}

/** The sum of the counts is what decides; each frame is one picture of so many packs. */
const SHELVES = [
  { name: 'aligned, 4 px', modulePx: 4, isTurnedAnyhow: false, blur: 0 },
  { name: 'turned anyhow, 4 px', modulePx: 4, isTurnedAnyhow: true, blur: 0 },
  { name: 'turned anyhow, 3 px, soft', modulePx: 3, isTurnedAnyhow: true, blur: 0.3 },
];

async function readMany(print: Print, engine: ZxingEngine): Promise<readonly Figure[]> {
  const readers = [frameReader(engine, 'many', 'packs-and-cases'), plainZxingWasm(engine, 255)];
  const totals = readers.map(emptyScore);
  for (const count of [6, 12, 20, 30])
    for (const [seed, { name, ...shelf }] of SHELVES.entries()) {
      const scores = readers.map(emptyScore);
      const scene = drawManySymbols(count, seed + 1, shelf);
      for (const [k, reader] of readers.entries()) {
        const [score, total] = [scores[k], totals[k]];
        if (score && total) await readInto(count === 30 ? [score, total] : [score], reader, scene);
      }
      const line = scores.map(
        ({ read, shown, imageMs }, k) => `${readers[k]?.name} ${read}/${shown} in ${msOf(imageMs)} ms`,
      );
      print(`pictures: ${count} symbols in 1920 x 1080, ${name}: ${line.join(', ')}`);
    }
  const [ours, wasm] = totals;
  if (!ours || !wasm) return [];
  return [
    {
      figure: '30 codes in one frame of 1920 x 1080, the first frame of three scenes',
      here: `${ours.read} of ${ours.shown}, ${median(ours.frameMs).toFixed(0)} ms CPU`,
      peer: `${wasm.read} of ${wasm.shown}, ${median(wasm.frameMs).toFixed(0)} ms (zxing-wasm)`,
      ratio: ours.read / wasm.read,
    },
  ];
}

/** `folder` has an `expected.json`, which names each file with its texts. */
export async function benchPhotos(
  print: Print,
  engine: ZxingEngine,
  folder: URL,
): Promise<readonly Figure[]> {
  if (!existsSync(folder)) {
    print(`pictures: photographs left out, ${fileURLToPath(folder)} is not there`);
    return [];
  }
  const readers = [photoReader(engine), plainZxingWasm(engine, 255), plainZxingLibrary()];
  const dmtx = dmtxread(255, 1_000);
  if (dmtx) readers.push(dmtx);
  const expected: Record<string, { readonly texts: readonly string[] | null }> = JSON.parse(
    readFileSync(new URL('expected.json', folder), 'utf8'),
  );
  const totals = readers.map(emptyScore);
  const sets = new Map<string, Score[]>();
  const unread: string[] = [];
  for (const [file, { texts }] of Object.entries(expected)) {
    // The one symbol of bytes that are no text is left out.
    if (!texts) continue;
    const image = await readImageFile(fileURLToPath(new URL(file, folder)));
    if (!image.ok) {
      unread.push(`${file}: ${image.error}, ${image.detail}`);
      continue;
    }
    const set = file.split('/')[0] ?? '';
    const scores = sets.get(set) ?? readers.map(emptyScore);
    sets.set(set, scores);
    for (const [k, reader] of readers.entries()) {
      const [score, total] = [scores[k], totals[k]];
      if (score && total) await readInto([score, total], reader, { picture: image.value, texts });
    }
  }
  for (const [set, scores] of [...sets, ['all', totals] as const])
    print(
      `photographs: ${set.padEnd(28)} ${scores.map((score, k) => `${readers[k]?.name} ${score.read}/${score.shown}${score.wrong > 0 ? `, ${score.wrong} others` : ''} ${msOf(score.imageMs)} ms`).join('; ')}`,
    );
  dmtx?.close();
  for (const each of unread) print(`photographs: left out ${each}`);
  const [ours, ...others] = totals;
  const [wasm] = others;
  if (!ours || !wasm || ours.shown === 0) return [];
  const leftOut = unread.length > 0 ? `, ${unread.length} left out that could not be opened` : '';
  return [
    {
      figure: `symbols read of those in the real photographs${leftOut}`,
      here: `${ours.read} of ${ours.shown}`,
      peer: others.map((score, k) => `${score.read} (${readers[k + 1]?.name})`).join(', '),
      ratio: ours.read / wasm.read,
    },
  ];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const spreadOf = (ms: readonly number[]) => `${msOf(ms)}, longest ${Math.max(...ms).toFixed(0)}`;
const msOf = (ms: readonly number[]) => `${median(ms).toFixed(0)} (p95 ${percentile(ms, 0.95).toFixed(0)})`;
