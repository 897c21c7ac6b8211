// The peer of the scanning figures: the smallest page that scans with @zxing/browser alone, built and served as the app
// is. It decodes as fast as it can, and does nothing with what it reads.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { BuiltApp } from '../support/built-app.ts';

const LIBRARY = new URL('../../node_modules/@zxing/browser/esm/index.js', import.meta.url).pathname;

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Scan</title>
    <script type="module" src="./main.ts"></script>
  </head>
  <body>
    <h1>Point the camera at the square code</h1>
    <button>Open the camera</button>
    <video muted playsinline></video>
  </body>
</html>
`;

/** Asks for the camera as the app does (camera-track.ts), and tells each text it reads. */
const MODULE = `
import { BrowserDatamatrixCodeReader } from ${JSON.stringify(LIBRARY)};
const video = { facingMode: { ideal: 'environment' }, width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } };
const options = { delayBetweenScanAttempts: 0, delayBetweenScanSuccess: 0 };
document.querySelector('button').addEventListener('click', () => {
  const reader = new BrowserDatamatrixCodeReader(undefined, options);
  reader.decodeFromConstraints({ audio: false, video }, document.querySelector('video'), (result) => {
    if (result) window.dispatchEvent(new CustomEvent('read', { detail: result.getText() }));
  });
});
`;

export async function buildPeer(): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'packtrail-peer-'));
  await writeFile(join(folder, 'index.html'), PAGE);
  await writeFile(join(folder, 'main.ts'), MODULE);
  const dist = join(folder, 'dist');
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    build: { outDir: dist, modulePreload: { polyfill: false }, reportCompressedSize: false },
  });
  return { dist, remove: () => rm(folder, { recursive: true, force: true }) };
}
