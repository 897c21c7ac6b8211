// Writes X.509 certificates (RFC 5280) over ECDSA P-256: an authority's own, and those that it signs. The bytes are
// few and fixed in form, so a page of code stands in for a library; OpenSSL judges the result in the tests.
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { bitString, der, octetString, oid, positive, sequence, set, TRUE, time, utf8 } from './der.ts';
import { nameConstraints } from './name-constraints.ts';

/** PEM. */
export type Certified = { readonly cert: string; readonly key: string };

export type Validity = { readonly notBeforeMs: number; readonly notAfterMs: number };

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const SERVER_AUTH = oid('2b06010505070301');
const EXTENSION = {
  subjectKey: oid('551d0e'),
  keyUsage: oid('551d0f'),
  subjectNames: oid('551d11'),
  basicConstraints: oid('551d13'),
  nameConstraints: oid('551d1e'),
  authorityKey: oid('551d23'),
  extendedKeyUsage: oid('551d25'),
} as const;
/** RFC 5280 s4.2.1.3, as bit string: keyCertSign and cRLSign; digitalSignature. */
const SIGNS_CERTIFICATES = bitString(Buffer.from([0x06]), 1);
const SIGNS_HANDSHAKES = bitString(Buffer.from([0x80]), 7);

/** An authority that may sign for local names and networks and these addresses alone, and for no further authority. */
export function makeAuthority(
  commonName: string,
  addresses: readonly string[],
  validity: Validity,
): Certified {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pathLengthZero = sequence(TRUE, positive(Buffer.from([0])));
  const cert = certify(commonName, commonName, keys.publicKey, keys.privateKey, validity, [
    critical(EXTENSION.basicConstraints, pathLengthZero),
    critical(EXTENSION.keyUsage, SIGNS_CERTIFICATES),
    critical(EXTENSION.nameConstraints, nameConstraints(addresses)),
    extension(EXTENSION.subjectKey, octetString(keyId(keys.publicKey))),
  ]);
  return { cert, key: pemKey(keys.privateKey) };
}

/** A server's certificate for these host names and IPv4 addresses. */
export function makeServerCertificate(
  authority: Certified,
  commonName: string,
  names: readonly string[],
  validity: Validity,
): Certified {
  const issuer = new X509Certificate(authority.cert);
  const issuerName = issuer.subject.replace(/^CN=/, '');
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authorityKey = sequence(der(0x80, keyId(issuer.publicKey)));
  const cert = certify(issuerName, commonName, keys.publicKey, createPrivateKey(authority.key), validity, [
    critical(EXTENSION.basicConstraints, sequence()),
    critical(EXTENSION.keyUsage, SIGNS_HANDSHAKES),
    extension(EXTENSION.extendedKeyUsage, sequence(SERVER_AUTH)),
    extension(EXTENSION.subjectNames, sequence(...names.map(generalName))),
    extension(EXTENSION.subjectKey, octetString(keyId(keys.publicKey))),
    extension(EXTENSION.authorityKey, authorityKey),
  ]);
  return { cert, key: pemKey(keys.privateKey) };
}

export function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

/** GeneralName: dNSName [2], iPAddress [7]. */
function generalName(name: string): Buffer {
  return isAddress(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
}

function certify(
  issuer: string,
  subject: string,
  publicKey: KeyObject,
  signingKey: KeyObject,
  { notBeforeMs, notAfterMs }: Validity,
  extensions: readonly Buffer[],
): string {
  const version3 = der(0xa0, positive(Buffer.from([2])));
  const body = sequence(
    ...[version3, positive(serialNumber()), ECDSA_WITH_SHA256, nameOf(issuer)],
    ...[sequence(time(notBeforeMs), time(notAfterMs)), nameOf(subject), spki(publicKey)],
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signingKey);
  return pem('CERTIFICATE', sequence(body, ECDSA_WITH_SHA256, bitString(signature)));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, octetString(value));
}

function critical(id: Buffer, value: Buffer): Buffer {
  return sequence(id, TRUE, octetString(value));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid('550403'), utf8(commonName))));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** RFC 7093 s2, method 1: the first 160 bits of the SHA-256 of the key, which ends the SPKI. */
function keyId(key: KeyObject): Buffer {
  const point = spki(key).subarray(-65);
  return createHash('sha256').update(point).digest().subarray(0, 20);
}

/** RFC 5280 s4.1.2.2: positive and unique, at most 20 bytes, no leading zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function pemKey(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' })).trim();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----`;
}
