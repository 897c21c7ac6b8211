// The addresses and names that exist only within a local network.
import { BlockList } from 'node:net';

/** The IPv4 networks that are never on the internet: RFC 1918, RFC 6598, RFC 3927 and loopback. */
export const LOCAL_NETWORKS: readonly (readonly [address: string, prefixBits: number])[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
];
export const LOCAL_NAMES: readonly string[] = ['local', 'localhost'];

const localNetworks = new BlockList();
for (const [address, prefixBits] of LOCAL_NETWORKS) localNetworks.addSubnet(address, prefixBits);

export function isLocalAddress(address: string): boolean {
  return localNetworks.check(address);
}
