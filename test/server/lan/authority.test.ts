import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lanNames } from '../../../src/server/lan/addresses.ts';
import { fingerprintOf, openLanCertificate } from '../../../src/server/lan/authority.ts';
import { serveAuthorityPage } from '../../../src/server/lan/authority-page.ts';
import { makeAuthority, makeServerCertificate } from '../../../src/server/lan/certificate.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const NAMES = ['192.168.7.9', '127.0.0.1', 'localhost', 'shelf.local'];
const YEAR = { notBeforeMs: NOW - DAY_MS, notAfterMs: NOW + 365 * DAY_MS };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-lan-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a client that trusts only this authority says of the server at 127.0.0.1 under that name. */
async function handshake(
  own: { cert: string; key: string },
  authority: string,
  servername: string,
): Promise<string> {
  const server = https.createServer(own, (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const checkServerIdentity = (_: string, cert: tls.PeerCertificate) =>
        tls.checkServerIdentity(servername, cert);
      https
        .get({ host: '127.0.0.1', port, ca: authority, agent: false, checkServerIdentity }, (response) =>
          response.on('data', (data) => resolve(String(data))),
        )
        .on('error', (error) => resolve(error.message));
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the certificates', () => {
  test('chain, purpose and life are what phones ask for', async () => {
    const { cert, key, authority } = await openLanCertificate(folder, NAMES, NOW);
    const [leaf, root] = [new X509Certificate(cert), new X509Certificate(authority)];
    expect([root.ca, leaf.ca]).toEqual([true, false]);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    const days = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / DAY_MS;
    expect(days).toBeLessThanOrEqual(397);
    expect(leaf.subjectAltName).toBe(
      'IP Address:192.168.7.9, IP Address:127.0.0.1, DNS:localhost, DNS:shelf.local',
    );
    expect(key).toContain('PRIVATE KEY');
    expect(fingerprintOf(authority)).toBe(root.fingerprint256);
  });

  test('a client that trusts the authority is served under each name, and under no other', async () => {
    const own = await openLanCertificate(folder, NAMES, NOW);
    for (const name of NAMES) expect(await handshake(own, own.authority, name)).toBe('hello');
    expect(await handshake(own, own.authority, 'other.local')).toMatch(
      /does not match certificate's altnames/,
    );
    const stranger = await makeAuthority('Stranger', [], YEAR);
    expect(await handshake(own, stranger.cert, 'localhost')).toMatch(
      /^unable to verify the first certificate/,
    );
  });

  test('a stolen authority key vouches for nothing on the internet', async () => {
    const authority = await makeAuthority('Stolen', ['203.0.113.5'], YEAR);
    for (const name of [
      'bank.example',
      '198.51.100.1',
      '203.0.113.6',
      '172.32.0.1',
      '100.128.0.1',
      'local.example',
    ]) {
      const forged = await makeServerCertificate(authority, 'Forged', [name], YEAR);
      expect(await handshake(forged, authority.cert, name), name).toBe('permitted subtree violation');
    }
    for (const name of ['10.1.2.3', '172.31.0.1', '100.127.0.1', '203.0.113.5', 'any.local']) {
      const fine = await makeServerCertificate(authority, 'Fine', [name], YEAR);
      expect(await handshake(fine, authority.cert, name), name).toBe('hello');
    }
  });

  test('both are kept, and only their owner reads the keys', async () => {
    const first = await openLanCertificate(folder, NAMES, NOW);
    expect(await openLanCertificate(folder, NAMES, NOW)).toEqual(first);
    for (const name of readdirSync(join(folder, 'keys')))
      expect(statSync(join(folder, 'keys', name)).mode & 0o777, name).toBe(0o600);
  });

  test('the server gets a new one for a new address and near its end, under the same authority', async () => {
    const first = await openLanCertificate(folder, NAMES, NOW);
    const moved = await openLanCertificate(folder, ['192.168.7.10', ...NAMES.slice(1)], NOW);
    expect(moved.authority).toBe(first.authority);
    expect(moved.cert).not.toBe(first.cert);
    expect((await openLanCertificate(folder, NAMES.slice(1), NOW + 300 * DAY_MS)).cert).toBe(moved.cert);
    const renewed = await openLanCertificate(folder, NAMES.slice(1), NOW + 365 * DAY_MS);
    expect(renewed.cert).not.toBe(moved.cert);
    expect(renewed.authority).toBe(first.authority);
  });

  test('a public address needs an authority that permits just this one', async () => {
    const first = await openLanCertificate(folder, NAMES, NOW);
    const outside = await openLanCertificate(folder, ['203.0.113.5', 'localhost'], NOW);
    expect(outside.authority).not.toBe(first.authority);
    expect(await handshake(outside, outside.authority, '203.0.113.5')).toBe('hello');
    expect((await openLanCertificate(folder, NAMES, NOW)).authority).toBe(outside.authority);
  });

  test('a certificate without its key is made anew', async () => {
    const first = await openLanCertificate(folder, NAMES, NOW);
    rmSync(join(folder, 'keys', 'lan-server.key'));
    expect((await openLanCertificate(folder, NAMES, NOW)).cert).not.toBe(first.cert);
    chmodSync(join(folder, 'keys'), 0o700);
    expect(readFileSync(join(folder, 'keys', 'lan-server.key'), 'utf8')).toContain('PRIVATE KEY');
  });
});

test('this machine has names for its certificate', () => {
  const { names } = lanNames();
  expect(names).toEqual(expect.arrayContaining(['127.0.0.1', 'localhost']));
});

test('the page hands out the certificate and how to install it, and nothing else', async () => {
  const { authority } = await openLanCertificate(folder, NAMES, NOW);
  const page = await serveAuthorityPage({ authority, appUrl: 'https://192.168.7.9:4171', port: 0 });
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${page.port}${path}`, { method });
  try {
    const html = await ask('/ca');
    const text = await html.text();
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    // It comes unencrypted: a fingerprint beside a forged certificate would only reassure.
    expect(text).not.toContain(fingerprintOf(authority));
    for (const words of ['iPhone', 'Android', 'Windows', 'macOS', 'https://192.168.7.9:4171'])
      expect(text).toContain(words);
    expect(text).not.toMatch(/<script|style=/);
    const file = await ask('/ca/packtrail-local-authority.crt');
    expect(file.headers.get('content-type')).toBe('application/x-x509-ca-cert');
    const given = new X509Certificate(new Uint8Array(await file.arrayBuffer()));
    expect(given.fingerprint256).toBe(fingerprintOf(authority));
    for (const path of ['/keys/lan-authority.key', '/ca/../keys/lan-authority.key', '/api/health'])
      expect((await ask(path)).status).toBe(404);
    expect((await ask('/ca', 'POST')).status).toBe(404);
  } finally {
    await page.close();
  }
});
