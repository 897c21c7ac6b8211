// What the bench of photographs says of those that it cannot open.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { greyFromRgba } from '../../src/domain/picture/preparations.ts';
import { loadZxingEngine } from '../../src/server/decode/zxing-engine.ts';
import { drawDataMatrix } from '../support/fake-camera.ts';
import { encodePng } from '../support/png.ts';
import { benchPhotos } from './scan-pictures.ts';

test('photographs that cannot be opened are named, and no figure is made of none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packtrail-photos-'));
  const url = pathToFileURL(`${folder}/`);
  const engine = await loadZxingEngine();
  const said: string[] = [];
  const bench = () => benchPhotos((line) => void said.push(line), engine, url);
  try {
    const expected = { 'a/broken.jpg': { texts: ['X'] } };
    await writeFile(join(folder, 'expected.json'), JSON.stringify(expected));
    expect(await bench()).toEqual([]);
    expect(said.filter((line) => line.includes('left out a/broken.jpg: not-found'))).toHaveLength(1);
    const { width, height, rgba } = drawDataMatrix('(01)04012345123456(21)A');
    await writeFile(join(folder, 'sound.png'), encodePng(greyFromRgba(rgba, width, height)));
    const both = { ...expected, 'sound.png': { texts: ['010401234512345621A'] } };
    await writeFile(join(folder, 'expected.json'), JSON.stringify(both));
    expect(await bench()).toMatchObject([{ figure: expect.stringContaining('1 left out'), here: '1 of 1' }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
