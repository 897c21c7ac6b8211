import { describe, expect, it } from 'vitest';
import {
  boxOf,
  createFrameReader,
  FALLBACK_LADDER,
  isWorthwhile,
  PHOTO_MS_MAX,
  PREPARED_PIXELS_MAX,
  prepare,
  type Rung,
  readPhotoRungs,
  unprepare,
  WASM_LADDER,
} from '../../src/adapters/decoder-ladder.ts';
import type { DecodedSymbol } from '../../src/app/ports-scan.ts';

const symbol = (text: string): DecodedSymbol => ({ text, corners: [] });
const nothing = async () => [];

describe('frames', () => {
  const framesOf = (times: number[], tryRung: (rung: Rung) => readonly DecodedSymbol[]) => {
    const read = createFrameReader(WASM_LADDER);
    const tried: Rung[][] = [];
    return times.reduce<Promise<Rung[][]>>(async (before, timeMs) => {
      await before;
      const rungs: Rung[] = [];
      await read(async (rung) => {
        rungs.push(rung);
        return tryRung(rung);
      }, timeMs);
      tried.push(rungs);
      return tried;
    }, Promise.resolve([]));
  };

  it('look at the centre each time and at the whole frame every second', async () => {
    const tried = await framesOf([0, 500, 999, 1000], () => [symbol(']d2x')]);
    expect(tried.map((rungs) => rungs.map(({ area }) => area))).toEqual([
      ['centre', 'full'],
      ['centre'],
      ['centre'],
      ['centre', 'full'],
    ]);
  });

  it('climb one rung a frame, in turn, while nothing is found', async () => {
    const tried = await framesOf([0, 30, 60, 90, 120, 150, 180], () => []);
    const climbed = tried.slice(1).map(([, rung]) => rung);
    expect(climbed).toEqual([...WASM_LADDER.afterMiss, WASM_LADDER.afterMiss[0]]);
  });

  it('start at the foot of the ladder after a hit', async () => {
    let frame = 0;
    const tried = await framesOf([0, 30, 60, 90, 120], (rung) => {
      if (rung === WASM_LADDER.everyFrame) frame++;
      return frame === 4 ? [symbol(']d2x')] : [];
    });
    expect(tried.map((rungs) => rungs.length)).toEqual([2, 2, 2, 1, 2]);
    expect(tried[4]?.[1]).toBe(WASM_LADDER.afterMiss[0]);
  });

  it('name a symbol once when two rungs read it', async () => {
    const read = createFrameReader(WASM_LADDER);
    const symbols = await read(async ({ area }) => [symbol(']d2a'), symbol(`]d2${area}`)], 0);
    expect(symbols.map(({ text }) => text)).toEqual([']d2a', ']d2centre', ']d2full']);
  });
});

describe('photographs', () => {
  it('get every rung and gather what each finds', async () => {
    const tried: Rung[] = [];
    const symbols = await readPhotoRungs(
      WASM_LADDER,
      async (rung) => {
        tried.push(rung);
        return rung.filter === 'sharpen' ? [symbol(']d2late')] : [symbol(']d2early')];
      },
      () => 0,
    );
    expect(tried).toEqual(WASM_LADDER.photo);
    expect(symbols.map(({ text }) => text)).toEqual([']d2early', ']d2late']);
  });

  it.each([
    ['sooner when something is found', [symbol(']d2x')], PHOTO_MS_MAX.found],
    ['later when nothing is', [], PHOTO_MS_MAX.nothing],
  ])('stop in time, %s', async (_, found, limitMs) => {
    let clockMs = 0;
    let tries = 0;
    const tryRung = async () => {
      tries++;
      clockMs += limitMs / 2;
      return found;
    };
    await readPhotoRungs(WASM_LADDER, tryRung, () => clockMs);
    expect(tries).toBe(3);
  });
});

describe('rungs', () => {
  const rungs = [WASM_LADDER, FALLBACK_LADDER].flatMap((ladder) => [
    ladder.everyFrame,
    ...ladder.afterMiss,
    ...ladder.photo,
  ]);

  it.each([
    [1920, 1080],
    [720, 1280],
    [4032, 3024],
    [9, 1],
  ])('stay inside a picture of %i x %i', (width, height) => {
    for (const rung of rungs) {
      const box = boxOf(rung, width, height);
      expect(Math.min(box.left, box.top, box.width - 1, box.height - 1)).toBeGreaterThanOrEqual(0);
      expect(box.left + box.width).toBeLessThanOrEqual(width);
      expect(box.top + box.height).toBeLessThanOrEqual(height);
    }
  });

  it('are skipped where they would need too much memory', () => {
    const box = { left: 0, top: 0, width: 4000, height: 3000 };
    const tried = rungs.filter((rung) => isWorthwhile(rung, box));
    expect(tried.length).toBeGreaterThan(0);
    expect(Math.max(...tried.map(({ scale }) => 12_000_000 * scale ** 2))).toBeLessThanOrEqual(
      PREPARED_PIXELS_MAX,
    );
  });

  it('find the place of a dot again after every preparation', () => {
    const [width, height, dotX, dotY] = [300, 200, 160, 90];
    const pixels = new Uint8Array(width * height);
    for (let y = dotY - 2; y <= dotY + 2; y++) pixels.fill(255, y * width + dotX - 2, y * width + dotX + 3);
    for (const rung of rungs.filter(({ area }) => area === 'full')) {
      const prepared = prepare({ width, height, pixels }, rung);
      const brightest = prepared.pixels.indexOf(prepared.pixels.reduce((a, b) => Math.max(a, b)));
      const point = {
        x: (brightest % prepared.width) + 0.5,
        y: Math.floor(brightest / prepared.width) + 0.5,
      };
      const found = unprepare(point, rung, boxOf(rung, width, height), width, height);
      expect(Math.abs(found.x * width - dotX)).toBeLessThan(5);
      expect(Math.abs(found.y * height - dotY)).toBeLessThan(5);
    }
  });

  it('that find nothing give nothing', async () => {
    expect(await createFrameReader(FALLBACK_LADDER)(nothing, 0)).toEqual([]);
  });
});
