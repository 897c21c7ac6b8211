// Build of the web app and set-up of the tests. The build writes the app to dist/, then a service worker that knows
// every file of it, then prints what a first visit loads and fails where that outgrows its budget.
/// <reference types="vitest/config" />
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, defineConfig, type Plugin, type Rolldown } from 'vite';
import { ClosingReporter } from './test/support/closing-reporter.ts';
import { LongestFirst } from './test/support/longest-first.ts';

/**
 * Brotli bytes. The shell is what shows the first screen; practice is what a newcomer's first screen needs beside it;
 * scanning is what the first scan adds.
 */
const BUDGET_BYTES = { shell: 100_000, practice: 12_500, scanning: 360_000 };

/** Of what runs anywhere and over memory alone. */
const PURE_TESTS = ['test/{domain,app,conformance}/**/*.test.ts'];

// Shipped, but not needed on the device: the system fetches icons when it installs the app.
const NOT_PRECACHED = [
  /^\/icon-.*\.png$/,
  /^\/favicon\.ico$/,
  /^\/third-party-notices\.txt$/,
  /^\/service-worker\.js$/,
];

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    // Everything is a file of our own origin, so that the content security policy needs no data: and no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Brotli at its highest level takes seconds; that is what the sizes are for.
    rolldownOptions: {
      checks: { pluginTimings: false },
      // One file for the first screen: what later parts share with it stays in it, and it packs better whole.
      output: { codeSplitting: { groups: [{ name: shellGroup() }] } },
    },
  },
  worker: { format: 'es' },
  plugins: [serviceWorker(), sizeBudget()],
  test: {
    // For a test that hangs; none is told by it that it is slow, however busy the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Those who wait for something wait for it, however busy the machine is.
    expect: { poll: { timeout: 20_000 } },
    // Most tests wait for a browser or a disk, so one more runs than a small machine has cores.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // These share a process: they change nothing in it, and to start one takes longer than most of them.
      { extends: true, test: { name: 'pure', include: PURE_TESTS, isolate: false } },
      { extends: true, test: { name: 'parts', include: ['test/**/*.test.{ts,tsx}'], exclude: PURE_TESTS } },
    ],
    env: {
      // Tests start the server's processes and threads hundreds of times; Node keeps their modules stripped and compiled.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node'),
      ...temporaryFolder(),
    },
    reporters: ['default', new ClosingReporter()],
  },
});

/** What tests write is flushed thousands of times, 4 ms each on a disk: where there is room, it is kept in memory. */
function temporaryFolder(): { TMPDIR?: string } {
  const inMemory = '/dev/shm';
  if (process.env.TMPDIR || !existsSync(inMemory)) return {};
  const { bavail, bsize } = statfsSync(inMemory);
  return bavail * bsize > 4e9 ? { TMPDIR: inMemory } : {};
}

/** Names the group of what the page's entry imports at once, directly or through others. */
function shellGroup() {
  const known = new Map<string, boolean>();
  return (id: string, graph: { getModuleInfo(id: string): Rolldown.ModuleInfo | null }): string | null => {
    const isInShell = (each: string): boolean => {
      const seen = known.get(each);
      if (seen !== undefined) return seen;
      // While its importers are asked a circle of them counts as no.
      known.set(each, false);
      const info = graph.getModuleInfo(each);
      const isIn = info !== null && (info.isEntry || info.importers.some(isInShell));
      known.set(each, isIn);
      return isIn;
    };
    return isInShell(id) ? 'index' : null;
  };
}

type ShellFile = { url: string; revision: string | null };

/** Builds src/sw/service-worker.ts with the list of the built files: the same files give the same bytes. */
function serviceWorker(): Plugin {
  let root = '';
  let outDir = '';
  return {
    name: 'packtrail:service-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root;
      outDir = resolve(config.root, config.build.outDir);
    },
    async closeBundle(error) {
      if (error) return;
      await build({
        configFile: false,
        root,
        publicDir: false,
        logLevel: 'warn',
        define: {
          'process.env.NODE_ENV': '"production"',
          SHELL_FILES: JSON.stringify(listShellFiles(outDir)),
        },
        build: {
          outDir,
          emptyOutDir: false,
          rolldownOptions: {
            input: resolve(root, 'src/sw/service-worker.ts'),
            output: { format: 'iife', entryFileNames: 'service-worker.js' },
          },
        },
      });
    },
  };
}

function listShellFiles(outDir: string): ShellFile[] {
  return readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, url: `/${relative(outDir, path).replaceAll(sep, '/')}` }))
    .filter(({ url }) => !NOT_PRECACHED.some((pattern) => pattern.test(url)))
    .sort((a, b) => (a.url < b.url ? -1 : 1))
    .map(({ path, url }) => ({ url, revision: url.startsWith('/assets/') ? null : sha256(path) }));
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Sorts the built files by when a visitor needs them. */
function sizeBudget(): Plugin {
  return {
    name: 'packtrail:size-budget',
    apply: 'build',
    writeBundle(_, bundle) {
      const shell = shellOf(bundle);
      const isPractice = (name: string) => /\/practice-(?!screen)/.test(name);
      const isScanning = (name: string) => name.endsWith('.wasm') || /decoder-worker/.test(name);
      const rest = Object.keys(bundle).filter((name) => !shell.has(name));
      const groups = {
        shell: [...shell],
        practice: rest.filter(isPractice),
        scanning: rest.filter(isScanning),
        later: rest.filter((name) => !isPractice(name) && !isScanning(name)),
      };
      for (const [group, names] of Object.entries(groups)) {
        const sizes = compressedSizes(names.map((name) => bundle[name]).filter((file) => file !== undefined));
        const budget = group in BUDGET_BYTES ? BUDGET_BYTES[group as keyof typeof BUDGET_BYTES] : undefined;
        console.log(sizeLine(group, sizes, budget));
        if (budget !== undefined && sizes.brotli > budget) {
          this.error(
            `${group} is ${sizes.brotli} bytes compressed, ${sizes.brotli - budget} over its budget`,
          );
        }
      }
    },
  };
}

/** The page, the chunks that it names, what those import at once, and their styles. */
function shellOf(bundle: Rolldown.OutputBundle): Set<string> {
  const names = new Set(['index.html']);
  const visit = (name: string) => {
    const file = bundle[name];
    if (names.has(name) || !/\.(js|css)$/.test(name) || !file) return;
    names.add(name);
    if (file.type === 'chunk') file.imports.forEach(visit);
  };
  const page = bundle['index.html'];
  const html = page?.type === 'asset' ? String(page.source) : '';
  for (const name of Object.keys(bundle)) if (html.includes(name)) visit(name);
  return names;
}

type Sizes = { raw: number; gzip: number; brotli: number };

function compressedSizes(files: readonly (Rolldown.OutputAsset | Rolldown.OutputChunk)[]): Sizes {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source);
    sum.raw += bytes.length;
    sum.gzip += gzipSync(bytes, { level: 9 }).length;
    sum.brotli += brotliCompressSync(bytes).length;
  }
  return sum;
}

function sizeLine(group: string, { raw, gzip, brotli }: Sizes, budget: number | undefined): string {
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
  const limit = budget === undefined ? '' : `  (budget ${kB(budget).trim()} brotli)`;
  return `${group.padEnd(9)}${kB(raw)} raw ${kB(gzip)} gzip ${kB(brotli)} brotli${limit}`;
}
