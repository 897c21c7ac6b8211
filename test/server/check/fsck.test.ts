import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeEntry, parseEntry } from '../../../src/domain/ledger/entry.ts';
import { type FsckReport, fsck } from '../../../src/server/check/fsck.ts';
import { openSource } from '../../../src/server/check/log-source.ts';
import { readTrust } from '../../../src/server/check/log-trust.ts';
import { readIndependently } from '../../support/independent-checker.ts';
import { sampleKey, sampleLog } from '../../support/sample-log.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { eventEntries, filesIn, ledgerEntries, manyEntries, START_MS, withFlip } from './sample-ledger.ts';

const SIZE = 600;
const log = sampleLog(ledgerEntries(SIZE));

function logFolder(size: number, of = log): string {
  const folder = join(temporaryFolder(), 'log');
  of.write(folder, size);
  return folder;
}

async function check(folder: string, ...vkeys: string[]): Promise<FsckReport> {
  const trust = readTrust(vkeys.length > 0 ? vkeys : [log.vkey], undefined);
  if (!trust.ok) throw new Error(trust.detail);
  return fsck(openSource(folder), trust.value);
}

describe('a log that is right', () => {
  test.each([0, 1, 2, 255, 256, 257, 511, 512, SIZE])('of %i entries', async (size) => {
    const folder = logFolder(size);
    const { log: found, fault } = await check(folder);
    expect(fault).toBe(undefined);
    expect(found).toMatchObject({ size, entries: size, checkpoints: 1, origin: log.key.name });
    expect(found?.tiles).toBe(filesIn(folder).filter((path) => /^tile\/\d/.test(path)).length);
    expect(readIndependently(folder, log.vkey).size).toBe(size);
  });

  test('with level 2 tiles', async () => {
    const large = sampleLog(manyEntries(65_800));
    const folder = logFolder(65_800, large);
    const { fault, log: found } = await check(folder);
    expect([fault, found?.tiles]).toEqual([undefined, 258 + 2 + 1]);
    expect(readIndependently(folder, large.vkey).size).toBe(65_800);
    await withFlip(join(folder, 'tile/2/000.p/1'), 7, async () => {
      expect((await check(folder)).fault).toMatchObject({ code: 'bad-tile', path: 'tile/2/000.p/1' });
    });
  });

  test('with the partial files and checkpoints of earlier sizes, and files ahead of its own', async () => {
    const folder = logFolder(SIZE);
    for (const size of [3, 256, 300, 597]) {
      const before = readFileSync(join(folder, 'checkpoint'));
      log.write(folder, size);
      writeFileSync(join(folder, `checkpoint.${size}`), log.checkpoint(size));
      writeFileSync(join(folder, 'checkpoint'), before);
    }
    expect(await check(folder)).toMatchObject({ fault: undefined, log: { checkpoints: 5 } });
    expect(readIndependently(folder, log.vkey).size).toBe(SIZE);
    writeFileSync(join(folder, 'checkpoint'), log.checkpoint(597));
    writeFileSync(join(folder, 'tile', 'note.txt'), 'hello');
    const { fault, notes } = await check(folder);
    expect(fault).toBe(undefined);
    expect(notes.join(' ')).toMatch(/ahead of the checkpoint.*are not the log's/);
  });

  test('partial files may have gone where full ones stand', async () => {
    const folder = logFolder(512);
    writeFileSync(join(folder, 'checkpoint'), log.checkpoint(300));
    rmSync(join(folder, 'tile/1/000.p'), { recursive: true });
    mkdirSync(join(folder, 'tile/1/000.p'));
    log.write(join(folder, '../at-300'), 300);
    writeFileSync(join(folder, 'tile/1/000.p/1'), readFileSync(join(folder, '../at-300/tile/1/000.p/1')));
    expect((await check(folder)).fault).toBe(undefined);
  });
});

describe('one flipped byte', () => {
  const folder = () => logFolder(SIZE);

  test('in any file is named', async () => {
    const place = folder();
    for (const path of filesIn(place)) {
      const { length } = readFileSync(join(place, path));
      for (const at of [0, 1, 2, 40, Math.floor(length / 2), length - 33, length - 2])
        await withFlip(join(place, path), at, async () => {
          expect((await check(place)).fault?.path, `${path} at ${at}`).toBe(path);
        });
    }
  });

  test('in a checkpoint is found wherever it is', async () => {
    const place = folder();
    for (let at = 0; at < readFileSync(join(place, 'checkpoint')).length; at++)
      await withFlip(join(place, 'checkpoint'), at, async () => {
        expect((await check(place)).fault).toMatchObject({ code: 'bad-checkpoint', path: 'checkpoint' });
      });
  });

  test('in an entry names the entry, in a tile the tile', async () => {
    const place = folder();
    const at = readFileSync(join(place, 'tile/entries/001')).length - 5;
    await withFlip(join(place, 'tile/entries/001'), at, async () => {
      expect((await check(place)).fault).toEqual({
        ...{ code: 'bad-entry', path: 'tile/entries/001', entry: 511, place },
        words: 'Entry 511 is not the one that was logged.',
      });
    });
    await withFlip(join(place, 'tile/0/001'), 3 * 32 + 5, async () => {
      expect((await check(place)).fault).toMatchObject({ code: 'bad-tile', path: 'tile/0/001', entry: 259 });
    });
    await withFlip(join(place, 'tile/1/000.p/2'), 40, async () => {
      const words = 'Its hash 1 is not that of tile/0/001.';
      expect((await check(place)).fault).toMatchObject({ code: 'bad-tile', path: 'tile/1/000.p/2', words });
    });
  });

  test('in a partial file of an earlier checkpoint', async () => {
    const place = folder();
    log.write(place, 597);
    writeFileSync(join(place, 'checkpoint'), log.checkpoint(SIZE));
    for (const path of ['tile/0/002.p/85', 'tile/entries/002.p/85'])
      await withFlip(join(place, path), 50, async () => {
        expect((await check(place)).fault).toMatchObject({ code: 'bad-file', path });
        expect(() => readIndependently(place, log.vkey)).toThrow(path);
      });
  });

  test('with two wrong files the first in the log’s order is named', async () => {
    const place = folder();
    await withFlip(join(place, 'tile/entries/001'), 300, async () => {
      await withFlip(join(place, 'tile/0/000'), 300, async () => {
        expect((await check(place)).fault?.path).toBe('tile/0/000');
      });
    });
  });

  test('is seen by the independent checker too', async () => {
    const place = folder();
    for (const path of filesIn(place))
      await withFlip(join(place, path), 40, async () => {
        expect(() => readIndependently(place, log.vkey), path).toThrow();
      });
  });
});

test('a missing, cut or lengthened file is named', async () => {
  const place = logFolder(SIZE);
  for (const path of filesIn(place).filter((file) => file !== 'checkpoint')) {
    const kept = readFileSync(join(place, path));
    rmSync(join(place, path));
    expect((await check(place)).fault).toMatchObject({ code: 'missing', path });
    for (const bytes of [
      kept.subarray(0, -1),
      kept.subarray(0, -32),
      Buffer.concat([kept, Buffer.alloc(32)]),
    ]) {
      writeFileSync(join(place, path), bytes);
      expect((await check(place)).fault?.path).toBe(path);
    }
    writeFileSync(join(place, path), kept);
  }
});

describe('entries that an honest log would not have', () => {
  const [first, second] = [eventEntries(1, 1), eventEntries(2, 1)].map(([entry]) => entry as Uint8Array);
  const split = eventEntries(3, 3);
  const part = (i: number) => split[i] as Uint8Array;
  const rewritten = (bytes: Uint8Array, change: object) => {
    const entry = parseEntry(bytes);
    if (!entry.ok) throw new Error(entry.detail);
    return encodeEntry({ ...entry.value, ...change });
  };
  const cases: [string, Uint8Array[], number, RegExp][] = [
    ['not an entry', [first as Uint8Array, new Uint8Array(80)], 1, /not an entry/],
    ['a time that falls', [second as Uint8Array, first as Uint8Array], 1, /before the entry above/],
    ['a part that does not begin', [first as Uint8Array, part(1)], 1, /does not begin/],
    ['a part missing', [part(0), part(2)], 1, /lacks part 2 of 3/],
    ['a part twice', [part(0), part(0)], 1, /lacks part 2 of 3/],
    ['another event between parts', [part(0), eventEntries(4, 1)[0] as Uint8Array], 1, /lacks part 2 of 3/],
    [
      'a part received at another time',
      [part(0), rewritten(part(1), { receiptTimeMs: START_MS + 9 })],
      1,
      /lacks/,
    ],
    ['an end in the middle', [first as Uint8Array, part(0), part(1)], 2, /At the end, .* lacks part 3 of 3/],
    ['an undo of itself', [rewritten(first as Uint8Array, { undoesIndex: 0 })], 0, /does not stand above/],
  ];
  test.each(cases)('%s', async (_, entries, entry, words) => {
    const { fault } = await check(logFolder(entries.length, sampleLog(entries)));
    expect(fault).toMatchObject({ code: 'bad-entry', entry });
    expect(fault?.words).toMatch(words);
  });
});

describe('checkpoints', () => {
  test('an earlier one with another root', async () => {
    const folder = logFolder(SIZE);
    const fork = sampleLog([...ledgerEntries(90), ...ledgerEntries(200).slice(100)]);
    writeFileSync(join(folder, 'checkpoint.95'), fork.checkpoint(95));
    expect((await check(folder)).fault).toMatchObject({ code: 'bad-root', path: 'checkpoint.95' });
  });

  test('an earlier one that is larger than the latest', async () => {
    const folder = logFolder(300);
    writeFileSync(join(folder, 'checkpoint.400'), log.checkpoint(400));
    expect((await check(folder)).fault).toMatchObject({ code: 'bad-checkpoint', path: 'checkpoint.400' });
  });

  test('signed, with a root that the entries do not have', async () => {
    const folder = logFolder(300);
    const other = sampleLog(ledgerEntries(SIZE).slice(1));
    writeFileSync(join(folder, 'checkpoint'), other.checkpoint(300));
    expect((await check(folder)).fault).toMatchObject({ code: 'bad-root', path: 'checkpoint' });
  });

  test('by a key that is not trusted', async () => {
    const folder = logFolder(3);
    const other = sampleLog([], sampleKey(log.key.name, 5));
    expect((await check(folder, other.vkey)).fault?.words).toMatch(/no key that you trust/);
    const stranger = sampleLog([], sampleKey('other.example', 5));
    expect((await check(folder, stranger.vkey)).fault?.words).toMatch(/a log that you do not trust/);
  });
});
