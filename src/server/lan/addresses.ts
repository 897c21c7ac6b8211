// The names under which other machines of the local network reach this one.
import { hostname, networkInterfaces } from 'node:os';
import { isLocalAddress } from './local-networks.ts';

export type LanNames = {
  /** IPv4 addresses, the likeliest for a phone first. */
  readonly addresses: readonly string[];
  /** All that the certificate covers. */
  readonly names: readonly string[];
};

export function lanNames(): LanNames {
  const own = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => ({ address, isVirtual: VIRTUAL.test(name) })),
  );
  const rank = ({ address, isVirtual }: (typeof own)[number]) =>
    (isVirtual ? 2 : 0) + (isLocalAddress(address) ? 0 : 1);
  const addresses = own.toSorted((a, b) => rank(a) - rank(b)).map(({ address }) => address);
  const host = hostname().toLowerCase().split('.', 1)[0] ?? '';
  const isName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(host);
  return { addresses, names: [...addresses, '127.0.0.1', 'localhost', ...(isName ? [`${host}.local`] : [])] };
}

/** Bridges of containers and virtual machines lead no phone here. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|tun|tap)/;
