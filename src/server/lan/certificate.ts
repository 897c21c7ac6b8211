// Makes the two X.509 certificates of the local network over ECDSA P-256: the authority's own, and those that it
// signs for the server. @peculiar/x509 asks for the Reflect polyfill, ahead of it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { id_ce_nameConstraints } from '@peculiar/asn1-x509';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { nameConstraints } from './name-constraints.ts';

/** PEM. */
export type Certified = { readonly cert: string; readonly key: string };

export type Validity = { readonly notBeforeMs: number; readonly notAfterMs: number };

const { subtle } = webcrypto;
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** An authority that may sign for local names and networks and these addresses alone, and for no further authority. */
export async function makeAuthority(
  commonName: string,
  addresses: readonly string[],
  validity: Validity,
): Promise<Certified> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...lasting(validity),
    name: nameOf(commonName),
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new Extension(id_ce_nameConstraints, true, nameConstraints(addresses)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await pemKey(keys.privateKey) };
}

/** A server's certificate for these host names and IPv4 addresses. */
export async function makeServerCertificate(
  authority: Certified,
  commonName: string,
  names: readonly string[],
  validity: Validity,
): Promise<Certified> {
  const issuer = new X509Certificate(authority.cert);
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.create({
    ...lasting(validity),
    issuer: issuer.subjectName,
    subject: nameOf(commonName),
    publicKey: keys.publicKey,
    signingKey: await readKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map(generalName)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...authorityKeyOf(issuer),
    ],
  });
  return { cert: certificate.toString('pem'), key: await pemKey(keys.privateKey) };
}

export function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

function generalName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: isAddress(name) ? 'ip' : 'dns', value: name };
}

// RFC 5280 s4.2.1.1: the identifier as the issuer's own certificate has it, however that was derived.
function authorityKeyOf(issuer: X509Certificate): AuthorityKeyIdentifierExtension[] {
  const subjectKey = issuer.getExtension(SubjectKeyIdentifierExtension);
  return subjectKey ? [new AuthorityKeyIdentifierExtension(subjectKey.keyId)] : [];
}

function nameOf(commonName: string): { CN: string[] }[] {
  return [{ CN: [commonName] }];
}

function lasting({ notBeforeMs, notAfterMs }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(notBeforeMs), notAfter: new Date(notAfterMs) };
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return subtle.generateKey(P256, true, ['sign', 'verify']);
}

async function readKey(pem: string): Promise<webcrypto.CryptoKey> {
  return subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), P256, false, ['sign']);
}

async function pemKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag);
}
