// The one page that goes over plain HTTP: how to install the local certificate authority, and its certificate. It can
// carry nothing secret; what it hands out is to be compared with the fingerprint in the terminal.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { escapeHtml } from '../demo/shelf-page.ts';

export type AuthorityPage = {
  readonly port: number;
  close(): Promise<void>;
};

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

type Answer = {
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Record<string, string>;
};

/** `appUrl` is where a phone goes once it trusts the certificate. Throws when the port is taken. */
export async function serveAuthorityPage(options: {
  readonly authority: string;
  readonly appUrl: string;
  readonly port: number;
}): Promise<AuthorityPage> {
  const answers = answersOf(options.authority, options.appUrl);
  const server = http.createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000 },
    (request, response) => {
      const answer = answers.get((request.url ?? '').split('?', 1)[0] ?? '');
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!answer || !isRead) {
        response.writeHead(404, { ...HEADERS, 'content-type': 'text/plain' }).end('Not found. Try /ca\n');
        return;
      }
      response.writeHead(200, { ...HEADERS, 'content-type': answer.type, ...answer.headers });
      response.end(request.method === 'HEAD' ? undefined : answer.body);
    },
  );
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '0.0.0.0', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answersOf(authority: string, appUrl: string): ReadonlyMap<string, Answer> {
  const page: Answer = { type: 'text/html; charset=utf-8', body: pageOf(authority, appUrl) };
  return new Map([
    ['/', page],
    ['/ca', page],
    [
      '/ca/page.css',
      {
        type: 'text/css; charset=utf-8',
        body: readFileSync(new URL('./authority-page.css', import.meta.url)),
      },
    ],
    [
      '/ca/packtrail-local-authority.crt',
      {
        type: 'application/x-x509-ca-cert',
        // DER: what every phone takes.
        body: new X509Certificate(authority).raw,
        headers: { 'content-disposition': 'attachment; filename="packtrail-local-authority.crt"' },
      },
    ],
  ]);
}

function pageOf(authority: string, appUrl: string): string {
  const url = escapeHtml(appUrl);
  const name = escapeHtml(new X509Certificate(authority).subject.replace(/^CN=/, ''));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trust this Packtrail</title>
<link rel="stylesheet" href="/ca/page.css">
</head>
<body>
<main>
<h1>Let this device trust your Packtrail</h1>
<p>A browser opens the camera only for a page whose certificate it trusts. Install the certificate of this
Packtrail's own authority once, then go on to the app. The authority can vouch for machines of a local network alone,
never for a site on the internet.</p>
<ol>
<li><a class="button" href="/ca/packtrail-local-authority.crt">Download the certificate</a></li>
<li>Install it, as below, and compare the SHA-256 fingerprint in the certificate's details with the one in the
terminal. This page came unencrypted and cannot vouch for itself: if they differ, remove the certificate.</li>
<li><a href="${url}">Open Packtrail</a> (${url})</li>
</ol>
<h2>iPhone and iPad</h2>
<p>Open this page in Safari and allow the download. Then Settings, Profile Downloaded, More Details for the
fingerprint, Install. Then Settings, General, About, Certificate Trust Settings, and switch on ${name}: without this
last step the camera stays closed.</p>
<h2>Android</h2>
<p>Settings, Security and privacy, More security settings, Encryption and credentials, Install a certificate, CA
certificate, Install anyway, and choose the downloaded file. The words differ a little from maker to maker; searching
the settings for "CA certificate" finds the place. The fingerprint then stands under Trusted credentials, User. Use
Chrome: Firefox needs its own setting for such certificates.</p>
<h2>Windows</h2>
<p>For the fingerprint, run <code>certutil -hashfile packtrail-local-authority.crt SHA256</code> in the folder of the
downloaded file. Then open the file, Install Certificate, Current User, Place all certificates in the following store,
Trusted Root Certification Authorities. Start the browser again.</p>
<h2>macOS</h2>
<p>Open the downloaded file: Keychain Access asks for the keychain, "login" is right. Open ${name} there: the
fingerprint stands at the end of its details. Then Trust, When using this certificate: Always Trust.</p>
<h2>When you no longer need it</h2>
<p>Remove "${name}" from the same place. It is of no use to anything but this Packtrail.</p>
</main>
</body>
</html>
`;
}
