// What else lies in a log's folder once the log itself has been found right: narrower partial files of earlier
// checkpoints, which must be beginnings of the later ones; files of a size that was never published, as a crash
// leaves them; and files that are not the log's at all.
import {
  bundlePath,
  parseTilePath,
  TILE_BYTES,
  type TileId,
  tileInTree,
  tilePath,
} from '../../domain/ledger/tile.ts';
import { BUNDLE_BYTES_MAX, type Fault } from './log-check.ts';
import type { LogSource } from './log-source.ts';

export type Sweep = {
  readonly earlier: number;
  /** Beyond the checkpoint: written, then never published. */
  readonly ahead: number;
  readonly strange: number;
  readonly fault: Fault | undefined;
};

/** Of a folder; undefined where files cannot be listed. Throws SourceError. */
export async function sweepFolder(source: LogSource, size: number): Promise<Sweep | undefined> {
  const counts = { earlier: 0, ahead: 0, strange: 0 };
  const folders = ['tile'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = await source.list(folder);
    if (!names) return undefined;
    for (const name of [...names].sort()) {
      const path = `${folder}/${name}`;
      const parsed = parseTilePath(path);
      if (!parsed.ok) {
        if (isFolder(name, folder)) folders.push(path);
        else counts.strange += 1;
        continue;
      }
      const { kind, index, width } = parsed.value;
      const level = parsed.value.kind === 'tile' ? parsed.value.level : 0;
      const tile = tileInTree(level, index, size);
      if (!tile || tile.width < width) counts.ahead += 1;
      else if (tile.width > width) {
        counts.earlier += 1;
        const pathOf = kind === 'tile' ? tilePath : (id: TileId) => bundlePath(id);
        const fault = await checkBeginning(source, path, pathOf(tile));
        if (fault) return { ...counts, fault };
      }
    }
  }
  return { ...counts, fault: undefined };
}

/** By its name alone: `entries`, a level, `x001` or `001.p`. */
function isFolder(name: string, folder: string): boolean {
  return folder === 'tile' ? /^(entries|\d{1,2})$/.test(name) : /^(x\d{3}|\d{3}\.p)$/.test(name);
}

async function checkBeginning(
  source: LogSource,
  path: string,
  laterPath: string,
): Promise<Fault | undefined> {
  const bytesMax = path.startsWith('tile/entries/') ? BUNDLE_BYTES_MAX : TILE_BYTES;
  const [early, later] = [await source.read(path, bytesMax), await source.read(laterPath, bytesMax)];
  // The later one may itself have been replaced by a full one, or both may have gone meanwhile.
  if (!early || !later) return undefined;
  const isBeginning =
    early.length < later.length && Buffer.compare(early, later.subarray(0, early.length)) === 0;
  return isBeginning
    ? undefined
    : { code: 'bad-file', path, words: `It is not the beginning of ${laterPath}.` };
}
