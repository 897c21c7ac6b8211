// The app as it ships, and a server with it on a free port of this machine, in folders of their own that go with it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Server, startServer } from '../../src/server/main.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the build is made of. */
const PARTS = ['src', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

/** A copy of the build, the caller's to change. */
export type BuiltApp = { readonly dist: string; remove(): Promise<void> };

/** Builds once for one state of the sources; later calls, from other test files too, copy what is there. */
export async function buildApp(): Promise<BuiltApp> {
  const cache = join(ROOT, 'node_modules/.cache/app', await hashOfParts());
  const folder = await mkdtemp(join(tmpdir(), 'packtrail-app-'));
  const dist = join(folder, 'dist');
  if (!existsSync(cache)) {
    // In a process of its own: the test runner's NODE_ENV would make a build for development.
    const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
    const env = { ...process.env, NODE_ENV: 'production' };
    await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', dist], { cwd: ROOT, env });
    await keep(dist, cache);
  } else await cp(cache, dist, { recursive: true });
  return { dist, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Appears whole or not at all; of two that finish together, the first stays. */
async function keep(dist: string, cache: string): Promise<void> {
  const half = `${cache}.${process.pid}`;
  await cp(dist, half, { recursive: true });
  await rename(half, cache).catch(() => rm(half, { recursive: true, force: true }));
}

async function hashOfParts(): Promise<string> {
  const hash = createHash('sha256');
  for (const part of PARTS) {
    const path = join(ROOT, part);
    const below = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : [''];
    for (const name of below.sort()) {
      const file = join(path, name);
      if ((await stat(file)).isFile()) hash.update(`${part}/${name}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

export type TestServer = Server & { readonly folder: string };

/** `nowMs`: the server's clock stands at this time and goes on from there. */
export async function serveApp(
  dist: string | undefined,
  options: { readonly nowMs?: number; readonly demoPacks?: number } = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'packtrail-e2e-'));
  const offsetMs = (options.nowMs ?? Date.now()) - Date.now();
  const server = await startServer({
    ...{ dataFolder: join(folder, 'data'), dist, host: '127.0.0.1', port: 0 },
    demoPacks: options.demoPacks ?? 300,
    clock: () => Date.now() + offsetMs,
    writeLog: () => undefined,
    tell: () => undefined,
  });
  return {
    ...server,
    folder,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
