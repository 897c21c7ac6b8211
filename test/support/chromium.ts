// Finds and starts a Chromium for tests that need a real browser, and serves them a page built from the project's own
// modules under the content security policy that the app runs with.
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, extname, join, normalize } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { build } from 'vite';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge',
];
const PLACES = ['/usr/bin', '/usr/local/bin', '/snap/bin', ...(process.env.PATH ?? '').split(delimiter)];
const MAC_CHROME = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Why a browser test is skipped; shown in its name. */
export const NO_CHROMIUM = 'no Chromium found: install one or set CHROMIUM_PATH';

/** Path of a Chromium: CHROMIUM_PATH if it is set, else the usual places. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined;
  const paths = PLACES.flatMap((place) => NAMES.map((name) => join(place, name)));
  return [...paths, MAC_CHROME].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What Playwright switches off, since the last word on features is the only one; and what an address bar drops down: a
 * page of its own for each window, which takes longer to start than a page of ours and is never seen.
 */
const NO_FEATURES = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'TcpPortRandomizationWin'],
  ...['OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'],
  ...['msForceBrowserSignIn', 'msEdgeUpdateLaunchServicesPreferredVersion'],
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'],
];

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${NO_FEATURES.join()}`,
] as const;

export async function launchChromium(extraArgs: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(NO_CHROMIUM);
  return chromium.launch({ executablePath, args: [...ARGS, ...extraArgs] });
}

/** One that keeps what sites store in this folder, from one launch to the next. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(NO_CHROMIUM);
  return chromium.launchPersistentContext(folder, { executablePath, args: [...ARGS] });
}

/** The process that owns its storage and network; without it the others end too. */
export async function browserPid(context: BrowserContext): Promise<number> {
  const session = await context.browser()?.newBrowserCDPSession();
  const { processInfo } = (await session?.send('SystemInfo.getProcessInfo')) ?? { processInfo: [] };
  const pid = processInfo.find(({ type }) => type === 'browser')?.id;
  if (pid === undefined) throw new Error('the browser does not tell its process');
  return pid;
}

/** Have a browser take whatever port is free for those who speak to it besides Playwright, and tell of its folder. */
export const DEBUG_PORT_ARGS = ['--remote-debugging-port=0', '--enable-automation'] as const;

/** Of one launched with these. */
export async function debugPort(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { arguments: args } = await session.send('Browser.getBrowserCommandLine');
  const folder = args.find((arg) => arg.startsWith('--user-data-dir='))?.slice('--user-data-dir='.length);
  if (folder === undefined) throw new Error('the browser does not tell its folder');
  const [port] = (await readFile(join(folder, 'DevToolsActivePort'), 'utf8')).split('\n');
  return Number(port);
}

/** The policy that the app is served with, as far as scripts and workers go. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; style-src 'self'; manifest-src 'self'";

export type HarnessPage = { readonly url: string; close(): Promise<void> };

/**
 * Builds a page around a module (its source, with imports from the project as absolute paths) the way the app is
 * built, and serves it on a free port of this machine.
 */
export async function serveHarness(moduleSource: string): Promise<HarnessPage> {
  const folder = await buildHarness(moduleSource);
  const server = await serveFolder(folder);
  return {
    url: server.url,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of such a page, for the caller to serve and to remove. */
export async function buildHarness(moduleSource: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'packtrail-harness-'));
  await writeFile(join(root, 'main.ts'), moduleSource);
  await writeFile(
    join(root, 'index.html'),
    '<!doctype html><title>harness</title><video id="preview"></video><script type="module" src="./main.ts"></script>',
  );
  const outDir = await mkdtemp(join(tmpdir(), 'packtrail-harness-dist-'));
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      outDir,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      minify: false,
      reportCompressedSize: false,
    },
    worker: { format: 'es' },
  });
  await rm(root, { recursive: true, force: true });
  return outDir;
}

/** Serves a built folder on a free port of this machine, and `beside` it what a ledger's server would. */
export async function serveFolder(
  folder: string,
  beside: (path: string) => Uint8Array | undefined = () => undefined,
): Promise<HarnessPage> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://local').pathname);
    const bytes = beside(path);
    if (bytes) response.end(bytes);
    else void answer(response, join(folder, path === '/' ? 'index.html' : path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

async function answer(response: ServerResponse, path: string): Promise<void> {
  const headers = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' };
  try {
    const body = await readFile(path);
    // A worker takes its policy from the headers of its own script.
    response.writeHead(200, { ...headers, 'content-security-policy': PAGE_POLICY }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}
