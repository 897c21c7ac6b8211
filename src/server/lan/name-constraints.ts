// The name constraints of the local certificate authority (RFC 5280 s4.2.1.10): whoever steals its key can pose as a
// machine of a local network, not as any site on the internet.
import { der, sequence } from './der.ts';

/** The IPv4 networks that are never on the internet: RFC 1918, RFC 6598, RFC 3927 and loopback. */
const LOCAL_NETWORKS: readonly (readonly [address: string, mask: string])[] = [
  ['10.0.0.0', '255.0.0.0'],
  ['172.16.0.0', '255.240.0.0'],
  ['192.168.0.0', '255.255.0.0'],
  ['100.64.0.0', '255.192.0.0'],
  ['169.254.0.0', '255.255.0.0'],
  ['127.0.0.0', '255.0.0.0'],
];
const LOCAL_NAMES = ['local', 'localhost'];

/** `addresses` outside the local networks, each permitted by itself: some networks give out public ones. */
export function nameConstraints(addresses: readonly string[]): Buffer {
  const names = LOCAL_NAMES.map((name) => sequence(der(DNS_NAME, Buffer.from(name))));
  const networks = LOCAL_NETWORKS.map(([address, mask]) => subtree(address, mask));
  const single = addresses.filter((address) => !isLocalAddress(address)).map(singleAddress);
  return sequence(der(PERMITTED, ...names, ...networks, ...single));
}

/** Whether an authority with this certificate (DER) may sign for the IPv4 address. */
export function permitsAddress(certificate: Buffer, address: string): boolean {
  return isLocalAddress(address) || certificate.includes(singleAddress(address));
}

export function isLocalAddress(address: string): boolean {
  return LOCAL_NETWORKS.some(([network, mask]) =>
    octets(network).every((octet, i) => ((octets(address)[i] ?? 0) & (octets(mask)[i] ?? 0)) === octet),
  );
}

function singleAddress(address: string): Buffer {
  return subtree(address, '255.255.255.255');
}

function subtree(address: string, mask: string): Buffer {
  return sequence(der(IP_ADDRESS, octets(address), octets(mask)));
}

const PERMITTED = 0xa0;
/** GeneralName: dNSName [2], iPAddress [7]. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
