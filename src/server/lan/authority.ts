// A certificate authority for the local network: phones give camera and service worker only to pages under a trusted
// certificate, and no public authority certifies an address at home. Made once per data folder, installed once per
// phone; the server's own certificate is short-lived and follows the machine's addresses.
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readSecret } from '../http/secret-file.ts';
import { writePrivateFile } from '../private-file.ts';
import {
  type Certified,
  isAddress,
  makeAuthority,
  makeServerCertificate,
  type Validity,
} from './certificate.ts';
import { permitsAddress } from './name-constraints.ts';

export type LanCertificate = Certified & {
  /** The authority's certificate, PEM. */
  readonly authority: string;
};

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
// Phones refuse server certificates that last longer than 397 days.
const SERVER_DAYS = 390;
const RENEW_DAYS = 30;

/** `names` are host names and IPv4 addresses. Both certificates are made anew where they no longer fit. */
export async function openLanCertificate(
  dataFolder: string,
  names: readonly string[],
  nowMs: number,
): Promise<LanCertificate> {
  const folder = join(dataFolder, 'keys');
  const addresses = names.filter(isAddress);
  const authority = await keep(
    join(folder, 'lan-authority'),
    ({ cert }) => permitsAll(cert, addresses) && endsAfter(cert, nowMs + SERVER_DAYS * DAY_MS),
    () => makeAuthority(authorityName(), addresses, lasting(nowMs, AUTHORITY_DAYS)),
  );
  const server = await keep(
    join(folder, 'lan-server'),
    ({ cert }) => covers(cert, authority.cert, names) && endsAfter(cert, nowMs + RENEW_DAYS * DAY_MS),
    () => makeServerCertificate(authority, 'Packtrail on this network', names, lasting(nowMs, SERVER_DAYS)),
  );
  return { ...server, authority: authority.cert };
}

/** SHA-256 over the certificate, as devices show it. */
export function fingerprintOf(pem: string): string {
  const hash = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex').toUpperCase();
  return hash.replace(/..(?=.)/g, '$&:');
}

/** Reads the pair of files, or makes it. The key first: a certificate without its key would be kept for good. */
async function keep(
  path: string,
  isGood: (pair: Certified) => boolean,
  make: () => Promise<Certified>,
): Promise<Certified> {
  const [cert, key] = [readSecret(`${path}.crt`), readSecret(`${path}.key`)];
  if (cert !== undefined && key !== undefined && isGood({ cert, key })) return { cert, key };
  const made = await make();
  writePrivateFile(`${path}.key`, made.key);
  writePrivateFile(`${path}.crt`, made.cert);
  return made;
}

/** A mark of its own, so that a phone with two of them can tell which one to remove. */
function authorityName(): string {
  return `Packtrail local authority ${randomBytes(3).toString('hex')}`;
}

function permitsAll(pem: string, addresses: readonly string[]): boolean {
  const { raw } = new X509Certificate(pem);
  return addresses.every((address) => permitsAddress(raw, address));
}

function covers(pem: string, authorityPem: string, names: readonly string[]): boolean {
  const cert = new X509Certificate(pem);
  const isCovered = (name: string) =>
    (isAddress(name) ? cert.checkIP(name) : cert.checkHost(name)) !== undefined;
  return cert.verify(new X509Certificate(authorityPem).publicKey) && names.every(isCovered);
}

function endsAfter(pem: string, timeMs: number): boolean {
  return Date.parse(new X509Certificate(pem).validTo) > timeMs;
}

/** A day's grace backwards, for phones whose clocks are late. */
function lasting(nowMs: number, days: number): Validity {
  return { notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + days * DAY_MS };
}
