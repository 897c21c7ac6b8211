// What the browser tests of the app begin with: the app as it ships, a server that has it and a Chromium, for all tests
// of a file or a block. Where there is no Chromium each of them is skipped and says so.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { assert } from '../../src/domain/result.ts';
import { type BuiltApp, buildApp, serveApp, type TestServer } from './built-app.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from './chromium.ts';

export type AppInBrowser = { readonly app: BuiltApp; readonly server: TestServer; readonly browser: Browser };

/** `begin` comes last before the tests, and not where they are skipped. What this gives is there from then on. */
export function openAppInBrowser(
  chromiumArgs: readonly string[] = [],
  begin: (on: AppInBrowser) => unknown = () => undefined,
): AppInBrowser {
  const isSkipped = findChromium() === undefined;
  let [app, server, browser]: [BuiltApp?, TestServer?, Browser?] = [];

  beforeAll(async () => {
    if (isSkipped) return;
    app = await buildApp();
    server = await serveApp(app.dist);
    browser = await launchChromium(chromiumArgs);
    await begin({ app, server, browser });
  }, 180_000);
  beforeEach((context) => {
    if (isSkipped) context.skip(NO_CHROMIUM);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await app?.remove();
  });

  const there = <T>(part: T | undefined): T => {
    assert(part !== undefined, 'opened before the tests');
    return part;
  };
  return {
    get app() {
      return there(app);
    },
    get server() {
      return there(server);
    },
    get browser() {
      return there(browser);
    },
  };
}
