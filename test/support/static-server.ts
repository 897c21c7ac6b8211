// A static web server over a folder, as a log's files may lie behind any: with a token for the entry bundles where one
// is set, and with faults on demand.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type StaticServer = {
  readonly url: string;
  /** Paths as they were asked for. */
  readonly asked: string[];
  /** Answers instead of the file. */
  fault: ((path: string) => number | undefined) | undefined;
};

export async function serveFolder(folder: string, bundleToken?: string): Promise<StaticServer> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    asked.push(path);
    const isEntitled = request.headers.authorization === `Bearer ${bundleToken}`;
    const isHidden = bundleToken !== undefined && path.includes('tile/entries/') && !isEntitled;
    const status = result.fault?.(path) ?? (isHidden ? 404 : 200);
    if (status !== 200) return void response.writeHead(status).end();
    try {
      response.end(readFileSync(join(folder, path)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const result: StaticServer = { url: `http://127.0.0.1:${port}`, asked, fault: undefined };
  return result;
}
