// Many packs before one camera in a real Chromium: a film goes along a shelf and back while a list is open.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltApp, buildApp, serveApp, type TestServer } from '../support/built-app.ts';
import { findChromium, NO_CHROMIUM } from '../support/chromium.ts';
import { PAN_CODES, type PanFilm } from '../support/pan-film.ts';
import { type Moment, type ShelfScan, scanShelf, scoreMarks } from '../support/shelf-scan.ts';
import { WAIT } from '../support/visit.ts';

const DEMO_PACKS = 600;
/** A code or two may be missed in a frame; their marks then move with those beside them. */
const MARKED_MIN = 0.9;
/** A module and a half of the shelf's codes. */
const IN_PLACE_PX = 6;

const chromium = findChromium();

describe.skipIf(!chromium)(`a shelf before the camera${chromium ? '' : ` (${NO_CHROMIUM})`}`, () => {
  let app: BuiltApp;
  let server: TestServer;
  let scan: ShelfScan;

  beforeAll(async () => {
    app = await buildApp();
    server = await serveApp(app.dist, { demoPacks: DEMO_PACKS });
    scan = await scanShelf(
      server,
      DEMO_PACKS,
      1.3,
      (film, moments, listed) => listed >= PAN_CODES && isSettledAtBothEnds(film, moments),
    );
  }, 180_000);
  afterAll(async () => {
    await scan?.close();
    await server?.close();
    await app?.remove();
  });

  test('is counted pack by pack, each once', () => {
    const serials = scan.packs.map(({ serial }) => serial);
    expect(scan.listed.toSorted()).toEqual(serials.toSorted());
    expect(scan.listed).toHaveLength(PAN_CODES);
  });

  test('has its marks on the codes once the camera has come to rest, each with the sign of its pack', () => {
    // At each end none lies twice on a code or beside one; how soon, is the benchmark's to say.
    const settled = settledMoments(scan.film, scan.moments);
    expect(new Set(settled.map(({ frame }) => scan.film.offsetsPx[frame])).size).toBe(2);
    const shapes = new Map<string, string>();
    for (const moment of settled) {
      const { codes } = scoreMarks(scan.film, moment);
      for (const [i, { tone, shape }] of moment.marks.entries()) {
        expect(shape).not.toBe('');
        expect(shapes.get(tone) ?? shape).toBe(shape);
        shapes.set(tone, shape);
        const pack = scan.packs[codes[i] ?? -1];
        const finding = pack && server.ledger.verify(pack).finding;
        if (tone === 'go') expect(finding).toMatchObject({ kind: 'hit', state: 'active' });
        if (tone === 'stop') expect(finding).not.toEqual({ kind: 'hit', state: 'active' });
      }
    }
    // Colour is never the only carrier.
    expect(new Set(shapes.values()).size).toBe(shapes.size);
    expect([...shapes.keys()]).toEqual(expect.arrayContaining(['go', 'stop']));
  });

  test('is never supplied by one tap', async () => {
    const { page } = scan.visit;
    const supply = page.getByRole('button', { name: /^Supply: / });
    await supply.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(/\d+ packs\?\s+.*not looked at their seals/);
    await page.keyboard.press('Escape');
    expect(await page.getByText('0 unsent').first().isVisible()).toBe(true);
  });

  test('is on the list still when the app is opened anew', async () => {
    const { page } = scan.visit;
    await page.reload();
    await expect.poll(() => page.locator('.last-serial').allInnerTexts(), WAIT).toEqual(scan.listed);
  });
});

/** Moments in which the camera rests, the codes are marked, and no mark of an earlier picture is left. */
function settledMoments(film: PanFilm, moments: readonly Moment[]): readonly Moment[] {
  return moments.filter((moment) => {
    if (!film.restingFrames.includes(moment.frame)) return false;
    const { inView, marked, errorsPx, codes } = scoreMarks(film, moment);
    const isEachInPlace = errorsPx.every((px) => px < IN_PLACE_PX);
    return marked >= MARKED_MIN * inView && isEachInPlace && new Set(codes).size === codes.length;
  });
}

function isSettledAtBothEnds(film: PanFilm, moments: readonly Moment[]): boolean {
  const offsets = settledMoments(film, moments).map(({ frame }) => film.offsetsPx[frame]);
  return new Set(offsets).size === 2;
}
