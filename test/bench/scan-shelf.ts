// Many packs at once, as part of the scanning bench: a film goes along a shelf and back before an enrolled device with a list open. Each pack is to be
// counted once, and what is drawn over the picture is to lie on the codes. Nothing else reads many codes over a film, so
// the peer is what the film shows.
import { serveApp } from '../support/built-app.ts';
import { PAN_CODES, type PanFilm } from '../support/pan-film.ts';
import { type Moment, scanShelf, scoreMarks } from '../support/shelf-scan.ts';
import { type Figure, median, type Print, percentile } from './figure.ts';

const DEMO_PACKS = 600;
const TOURS = 3;

/** `dist` is the built app. */
export async function scanShelfFilm(print: Print, dist: string): Promise<Figure> {
  const server = await serveApp(dist, { demoPacks: DEMO_PACKS });
  try {
    const { packs, film, moments, listed, close } = await scanShelf(server, DEMO_PACKS, TOURS);
    await close();
    const counted = packs.filter(({ serial }) => listed.includes(serial)).length;
    const twice = listed.length - new Set(listed).size;
    const [resting, moving] = [true, false].map((isResting) => marksOf(film, moments, isResting));
    if (resting) print(`many: camera at rest, ${resting}`);
    if (moving) print(`many: camera moving, ${moving}`);
    return {
      figure: `packs counted over ${TOURS} tours along a shelf and back, 30 in view; counted twice`,
      here: `${counted}; ${twice}`,
      peer: `${PAN_CODES} on the shelf`,
      ratio: counted / PAN_CODES,
    };
  } finally {
    await server.close();
  }
}

function marksOf(film: PanFilm, moments: readonly Moment[], isResting: boolean): string {
  const scores = moments
    .filter(({ frame }) => film.restingFrames.includes(frame) === isResting)
    .map((moment) => scoreMarks(film, moment));
  const marked = scores.reduce((sum, score) => sum + score.marked, 0);
  const inView = scores.reduce((sum, score) => sum + score.inView, 0);
  const errorsPx = scores.flatMap((score) => score.errorsPx);
  const px = (value: number) => `${value.toFixed(1)} px`;
  return `${((100 * marked) / inView).toFixed(0)} % of the codes in view marked, off by ${px(median(errorsPx))} (p95 ${px(percentile(errorsPx, 0.95))}) in ${scores.length} frames`;
}
