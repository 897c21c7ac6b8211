// The app as it ships, and a server with it on a free port of this machine, in folders of their own that go with it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Server, startServer } from '../../src/server/main.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export type BuiltApp = { readonly dist: string; remove(): Promise<void> };

export async function buildApp(): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'packtrail-app-'));
  const dist = join(folder, 'dist');
  // In a process of its own: the test runner's NODE_ENV would make a build for development.
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', dist], { cwd: ROOT, env });
  return { dist, remove: () => rm(folder, { recursive: true, force: true }) };
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
