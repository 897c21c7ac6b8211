// A shelf of packs before the camera of an enrolled device with a list open: what goes onto the list, and what is drawn
// over the picture at each moment, beside what is true.
import { join } from 'node:path';
import { planStock } from '../../src/domain/demo/stock.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';
import type { TestServer } from './built-app.ts';
import { launchChromium } from './chromium.ts';
import { fakeCameraArgs } from './fake-camera.ts';
import { installStripReader, STRIP, type StripPlace } from './film-strip.ts';
import { PAN_CODES, PAN_HEIGHT, PAN_WIDTH, type PanFilm, writePanFilm } from './pan-film.ts';
import { enrol, openVisit, type Visit } from './visit.ts';

type Point = { readonly x: number; readonly y: number };

/** A mark as the page shows it, in pixels of the camera's picture. */
export type ShownMark = {
  readonly corners: readonly Point[];
  readonly tone: string;
  /** Of the sign within it; empty where there is none. */
  readonly shape: string;
};
export type Moment = { readonly frame: number; readonly marks: readonly ShownMark[] };

export type ShelfScan = {
  readonly visit: Visit;
  readonly packs: readonly Pack[];
  readonly film: PanFilm;
  /** One for each frame that the page has shown. */
  readonly moments: readonly Moment[];
  /** Serials on the list, newest first. */
  readonly listed: readonly string[];
  close(): Promise<void>;
};

/**
 * Goes along the shelf and back so many times at least, and on until `isEnough` of what was shown. Ends on the list's
 * screen.
 */
export async function scanShelf(
  server: TestServer,
  demoPacks: number,
  tours: number,
  isEnough: (film: PanFilm, moments: readonly Moment[], listed: number) => boolean = () => true,
): Promise<ShelfScan> {
  const packs = choosePacks(demoPacks);
  const path = join(server.folder, 'shelf.y4m');
  const film = await writePanFilm(path, packs.map(bracketed), 7);
  const browser = await launchChromium(fakeCameraArgs(path));
  try {
    const visit = await openVisit(browser, server.url);
    const { page } = visit;
    await enrol(visit, server.inviteLink('pharmacy'));
    await page.evaluate(() => {
      location.hash = '#/list';
    });
    await page.getByText('Scan with the camera').click();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
    await page.evaluate(installStripReader, STRIP);
    await page.evaluate(watchMarks);
    const frames = Math.ceil(film.offsetsPx.length * tours);
    await page.waitForFunction((count) => Reflect.get(window, 'framesPassed')() >= count, frames, {
      polling: 100,
      timeout: 60_000,
    });
    const momentsNow = () => page.evaluate<Moment[]>(() => Reflect.get(window, 'moments'));
    const showList = page.locator('.scan-listed a');
    const listedNow = async () => Number(/\d+/.exec(await showList.innerText())?.[0]);
    let moments = await momentsNow();
    // A starved machine reads one frame where others read ten.
    for (let i = 0; i < 60 && !isEnough(film, moments, await listedNow()); i++) {
      await page.waitForTimeout(1_000);
      moments = await momentsNow();
    }
    await showList.click();
    await page.locator('.last-serial').first().waitFor();
    const listed = await page.locator('.last-serial').allInnerTexts();
    return { visit, packs, film, moments, listed, close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Of all batches, so that recalled and expired ones are among them. */
function choosePacks(demoPacks: number): readonly Pack[] {
  const all = planStock(demoPacks, Date.now())
    .batches.flatMap((batch) => batch.packs)
    .filter(({ productCode }) => productCode.startsWith('gtin:'));
  const chosen = Array.from(
    { length: PAN_CODES },
    (_, i) => all[Math.floor((i * all.length) / PAN_CODES)],
  ).filter((pack) => pack !== undefined);
  assert(chosen.length === PAN_CODES, 'the demo market holds a shelf of packs');
  return chosen;
}

function bracketed({ productCode, serial, batch, expiry }: Pack): string {
  return `(01)${productCode.slice('gtin:'.length)}(17)${expiry.slice(2).replaceAll('-', '')}(10)${batch}(21)${serial}`;
}

/** Runs in the page, after `installStripReader`. Leaves `moments` and `framesPassed` on the window. */
function watchMarks(): void {
  const video = document.querySelector('video');
  if (!video) throw new Error('no video to watch');
  const readStrip: (video: HTMLVideoElement) => StripPlace | undefined = Reflect.get(window, 'readStrip');
  const moments: Moment[] = [];
  let passed = 0;
  const onFrame = () => {
    const place = readStrip(video);
    const last = moments.at(-1)?.frame;
    if (place && place.frame !== last) {
      if (last !== undefined) passed += (place.frame - last + 64) % 64;
      const moved = document.querySelector<SVGGElement>('.scan-marks > g')?.transform.baseVal.consolidate();
      const { e: dx = 0, f: dy = 0 } = moved?.matrix ?? {};
      const marks = [...document.querySelectorAll('.scan-marks > g > g')].map((mark) => ({
        corners: (mark.querySelector('polygon')?.getAttribute('points') ?? '').split(' ').map((point) => {
          const [x = Number.NaN, y = Number.NaN] = point.split(',').map(Number);
          return { x: x + dx, y: y + dy };
        }),
        tone: /tone-(\w+)/.exec(mark.getAttribute('class') ?? '')?.[1] ?? '',
        shape: mark.querySelector('.sign-mark')?.getAttribute('d') ?? '',
      }));
      moments.push({ frame: place.frame, marks });
    }
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  Object.assign(window, { moments, framesPassed: () => passed });
}

/** How marks lie against what is true at a moment. */
export type MarkScore = {
  /** Codes wholly in the picture, and those of them with a mark nearest to them. */
  readonly inView: number;
  readonly marked: number;
  /** For each mark, how far its corners lie from those of the code nearest to it, in pixels, on the mean. */
  readonly errorsPx: readonly number[];
  /** For each mark the code that it lies on, by its place in the film's list. */
  readonly codes: readonly number[];
};

export function scoreMarks({ codes, offsetsPx }: PanFilm, { frame, marks }: Moment): MarkScore {
  const offset = offsetsPx[frame] ?? 0;
  const shown = codes.map((corners) => corners.map(({ x, y }) => ({ x: x - offset, y })));
  const inView = shown.flatMap((corners, code) => (corners.every(isInPicture) ? [code] : []));
  const nearest = marks.map(({ corners }) => {
    const errors = shown.map((truth) => cornersError(corners, truth));
    const least = Math.min(...errors);
    return { code: errors.indexOf(least), errorPx: least };
  });
  const marked = new Set(nearest.map(({ code }) => code));
  return {
    inView: inView.length,
    marked: inView.filter((code) => marked.has(code)).length,
    errorsPx: nearest.map(({ errorPx }) => errorPx),
    codes: nearest.map(({ code }) => code),
  };
}

function isInPicture({ x, y }: Point): boolean {
  return x >= 8 && y >= 8 && x <= PAN_WIDTH - 8 && y <= PAN_HEIGHT - 8;
}

/** Decoders differ over which corner is the first. */
function cornersError(mark: readonly Point[], truth: readonly Point[]): number {
  const turns = truth.map((_, turn) => {
    const distances = mark.map(({ x, y }, i) => {
      const to = truth[(i + turn) % truth.length] ?? { x: Number.NaN, y: Number.NaN };
      return Math.hypot(x - to.x, y - to.y);
    });
    return distances.reduce((sum, each) => sum + each, 0) / distances.length;
  });
  return Math.min(...turns);
}
