// What the compiler cannot hold: sizes, imports, banned names and dead files. There are no exceptions.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const LINES_MAX = 300;

/** Reached from outside the import graph: entry points, workers, generators. */
const ROOTS = [
  'src/main.tsx',
  'src/server/cli.ts',
  'src/server/generate-dictionary.ts',
  'src/sw/service-worker.ts',
  'src/adapters/decoder-worker.ts',
];

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => /\.tsx?$/.test(path) && statSync(join(ROOT, path)).isFile());
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const source = filesUnder('src');
const all = [...source, ...filesUnder('test')];

function importsOf(path: string): { specifier: string; target: string | undefined }[] {
  const pattern = /(?:from\s+|import\s+|import\()\s*'([^']+)'|new URL\('([^']+)',\s*import\.meta\.url\)/g;
  return [...read(path).matchAll(pattern)].map(([, imported, url]) => {
    const specifier = (imported ?? url ?? '').replace(/\?.*$/, '');
    const target = specifier.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(path), specifier))
      : undefined;
    return { specifier, target };
  });
}

const code = (path: string) => read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
const layerOf = (path: string) => /^src\/(domain|app|adapters|ui|sw|server)\//.exec(path)?.[1];

/** What each layer may import, beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  app: ['domain'],
  adapters: ['domain', 'app'],
  ui: ['domain', 'app'],
  // A root of its own: it builds what posts the outbox.
  sw: ['domain', 'app', 'adapters'],
  server: ['domain'],
};

describe('layers', () => {
  test('imports point downwards', () => {
    const wrong = source.flatMap((path) => {
      const layer = layerOf(path);
      if (!layer) return [];
      return importsOf(path)
        .map(({ target }) => target && layerOf(target))
        .filter((other) => other && other !== layer && !MAY_IMPORT[layer]?.includes(other))
        .map((other) => `${path} imports ${other}`);
    });
    expect(wrong).toEqual([]);
  });

  test('the domain imports nothing but itself and @noble', () => {
    const wrong = source
      .filter((path) => layerOf(path) === 'domain')
      .flatMap((path) => importsOf(path).filter(({ specifier }) => !/^(\.|@noble\/)/.test(specifier)));
    expect(wrong).toEqual([]);
  });

  test('adapters do not import each other’s platform', () => {
    // Files of one adapter share its first word (decoder, decoder-worker); the database schema is for all.
    const family = (path: string) => /adapters\/([a-z]+)/.exec(path)?.[1];
    const wrong = source
      .filter((path) => layerOf(path) === 'adapters')
      .flatMap((path) =>
        importsOf(path)
          .filter(({ target }) => target && layerOf(target) === 'adapters' && family(target) !== family(path))
          .filter(({ target }) => target && family(target) !== 'database')
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('the pure layer has no clock, chance or asynchrony', () => {
    const banned = /\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)|\basync\b|\bawait\b|\bPromise\b|\bcrypto\./;
    expect(source.filter((path) => layerOf(path) === 'domain' && banned.test(code(path)))).toEqual([]);
  });
});

describe('files', () => {
  test('a module is about 300 lines at most', () => {
    const long = source.filter((path) => read(path).split('\n').length > LINES_MAX + 1);
    expect(long).toEqual([]);
  });

  test('names are kebab-case nouns of the field', () => {
    const bad = all.filter((path) => !/^[a-z0-9-]+(\.test|\.d)?\.tsx?$/.test(path.split('/').at(-1) ?? ''));
    const vague = all.filter((path) => /(^|[/-])(utils?|helpers?|managers?|common|misc)\b/.test(path));
    expect([...bad, ...vague]).toEqual([]);
  });

  test('a file opens by saying what it is', () => {
    const silent = source.filter((path) => !/^(#!.*\n)?(\/\/|\/\*)/.test(read(path)));
    expect(silent).toEqual([]);
  });

  test('no file is dead', () => {
    const reached = new Set<string>();
    const queue = [...ROOTS, ...all.filter((path) => path.startsWith('test/') && /\.test\.tsx?$/.test(path))];
    // Tests alone do not keep a source file alive.
    const fromSource = new Set<string>();
    const visit = (start: readonly string[], seen: Set<string>) => {
      const open = [...start];
      for (let path = open.pop(); path !== undefined; path = open.pop()) {
        if (seen.has(path)) continue;
        seen.add(path);
        for (const { target } of importsOf(path)) if (target && all.includes(target)) open.push(target);
      }
    };
    visit(queue, reached);
    visit(ROOTS, fromSource);
    expect(source.filter((path) => !fromSource.has(path) && !path.endsWith('.d.ts'))).toEqual([]);
    const support = all.filter((path) => path.startsWith('test/support/') && !reached.has(path));
    expect(support.filter((path) => !isConfigured(path))).toEqual([]);
  });

  test('the top level is what the design says', () => {
    const known = ['LICENSE', 'README.md', 'index.html', 'package-lock.json', 'package.json'];
    const listed = [...known, 'public', 'src', 'test', 'vite.config.ts'];
    const ignored = ['node_modules', 'dist', 'data'];
    const found = readdirSync(ROOT).filter((name) => !name.startsWith('.') && !ignored.includes(name));
    expect(found.sort()).toEqual(listed.sort());
  });

  test('the tests that the README names are there', () => {
    const [, table = ''] = read('README.md').split(/^## What can go wrong$|^## Figures$/m);
    const named = [...table.matchAll(/`((?:adapters|app|e2e|server)\/[\w/-]+)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !all.includes(`test/${name}.test.ts`))).toEqual([]);
  });
});

/** Named by the build's or the runner's configuration, or started as a program of its own. */
function isConfigured(path: string): boolean {
  const name = path.split('/').at(-1) ?? '';
  return [read('vite.config.ts'), read('package.json'), ...all.map(read)].some((text) => text.includes(name));
}

describe('words', () => {
  test('no TODO, no any, no silenced compiler, no default export', () => {
    const self = relative(ROOT, import.meta.filename);
    const banned = /:\s*any\b|\bas any\b|^export default/m;
    const marks = /\bTODO\b|\bFIXME\b|@ts-(ignore|expect-error|nocheck)/;
    const found = all.filter((path) => path !== self && (marks.test(read(path)) || banned.test(code(path))));
    expect(found).toEqual([]);
  });

  test('no enums or namespaces', () => {
    expect(
      source.filter((path) => /^\s*(export\s+)?(const\s+)?(enum|namespace)\s/m.test(read(path))),
    ).toEqual([]);
  });
});
