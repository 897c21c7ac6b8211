// `--lan`: opens the app over HTTPS to the local network, and beside it the page that hands out the certificate.
import type { FastifyInstance } from 'fastify';
import { createHttp, type HttpParts } from '../http/app.ts';
import { listenError, StartError } from '../start-error.ts';
import { lanNames } from './addresses.ts';
import { serveAuthorityPage } from './authority-page.ts';

export type Lan = {
  readonly url: string;
  /** Undefined where the operator brought a certificate. */
  readonly authority: LanAuthority | undefined;
  close(): Promise<void>;
};

/** The page where phones get the certificate of the local authority. */
export type LanAuthority = {
  readonly pageUrl: string;
  readonly fingerprint: string;
  readonly certificate: string;
};

const EVERYWHERE = '0.0.0.0';

/** `ports`: of the app and of the certificate's page; 0 for any free one. Throws StartError. */
export async function serveLan(
  parts: Omit<HttpParts, 'tls'>,
  options: {
    readonly dataFolder: string;
    readonly ports: { readonly app: number; readonly page: number };
    readonly tls: { readonly cert: string; readonly key: string } | undefined;
  },
): Promise<Lan> {
  const { dataFolder, ports, tls } = options;
  const { addresses, names } = lanNames();
  const [address] = addresses;
  if (address === undefined)
    throw new StartError('no-network', 'This machine is in no network that a phone could reach it by.');
  const own = tls ? undefined : await openOwn(dataFolder, names, parts.clock());
  const app = await createHttp({
    ...parts,
    tls: tls ? { ...tls, isHsts: true } : own && { ...own, isHsts: false },
  });
  try {
    const port = await listen(app, EVERYWHERE, ports.app);
    const url = `https://${address}:${port}`;
    if (!own) return { url, authority: undefined, close: () => app.close() };
    const page = await serveAuthorityPage({ authority: own.authority, appUrl: url, port: ports.page }).catch(
      (error: unknown) => {
        throw listenError(error, EVERYWHERE, ports.page);
      },
    );
    return {
      url,
      authority: {
        pageUrl: `http://${address}:${page.port}/ca`,
        fingerprint: own.fingerprint,
        certificate: own.authority,
      },
      close: async () => {
        await page.close();
        await app.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Imported here: the library behind it takes a sixth of a second to load, and no other door needs it. */
async function openOwn(dataFolder: string, names: readonly string[], nowMs: number) {
  const { fingerprintOf, openLanCertificate } = await import('./authority.ts');
  const own = await openLanCertificate(dataFolder, names, nowMs);
  return { ...own, fingerprint: fingerprintOf(own.authority) };
}

/** The port that was opened. Throws StartError. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port);
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}
