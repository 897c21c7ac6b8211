// The name constraints of the local certificate authority (RFC 5280 s4.2.1.10): whoever steals its key can pose as a
// machine of a local network, not as any site on the internet. @peculiar/x509 has no class for this one extension, so
// it is built from the ASN.1 schema that the library itself stands on.
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Certificate,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from '@peculiar/asn1-x509';
import { isLocalAddress, LOCAL_NAMES, LOCAL_NETWORKS } from './local-networks.ts';

/** DER. `addresses` outside the local networks, each permitted by itself: some networks give out public ones. */
export function nameConstraints(addresses: readonly string[]): ArrayBuffer {
  const permitted = [
    ...LOCAL_NAMES.map((dNSName) => ({ dNSName })),
    ...LOCAL_NETWORKS.map(([address, prefixBits]) => ({ iPAddress: `${address}/${prefixBits}` })),
    ...addresses.filter((address) => !isLocalAddress(address)).map((a) => ({ iPAddress: single(a) })),
  ];
  const subtrees = permitted.map((name) => new GeneralSubtree({ base: new GeneralName(name) }));
  return AsnConvert.serialize(new NameConstraints({ permittedSubtrees: new GeneralSubtrees(subtrees) }));
}

/** Whether an authority with this certificate (DER) may sign for the IPv4 address. */
export function permitsAddress(certificate: Uint8Array<ArrayBuffer>, address: string): boolean {
  if (isLocalAddress(address)) return true;
  const { extensions = [] } = AsnConvert.parse(certificate, Certificate).tbsCertificate;
  const extension = extensions.find(({ extnID }) => extnID === id_ce_nameConstraints);
  if (!extension) return false;
  const { permittedSubtrees = [] } = AsnConvert.parse(extension.extnValue.buffer, NameConstraints);
  return permittedSubtrees.some(({ base }) => base.iPAddress === single(address));
}

function single(address: string): string {
  return `${address}/32`;
}
