// Blinded ids: a public log of plain serials would hand forgers valid codes, and plain hashes of short serials can be
// enumerated. Every id in the log is therefore an HMAC-SHA-256 under keys that only entitled readers hold. This file
// fixes the messages and the shape of the key tree; who computes the HMAC (Node, or a key that WebCrypto will not
// export) stays outside, because that may be asynchronous.
//
//   epoch master ── product subkey ── productId, batchId, packId
//               └── container subkey ── containerId
//               └── actor subkey ── organisation, site, device ids (computed by the server alone)
import { bytesToHex, concatBytes, utf8ToBytes } from './bytes.ts';

export const BLIND_ID_BYTES = 16;

/** An opaque 16-byte id in lower-case hex. */
export type BlindId = string;
export const NO_ID: BlindId = '00'.repeat(BLIND_ID_BYTES);

export type BlindPack = {
  /** Epoch of the master that the ids were made under; fixed per batch at commissioning. */
  readonly keyId: number;
  readonly productId: BlindId;
  readonly batchId: BlindId;
  readonly packId: BlindId;
};

/** Actors as the log sees them. */
export type BlindActor = {
  readonly organisationId: BlindId;
  readonly siteId: BlindId;
  readonly deviceId: BlindId;
};

// Each message starts with its purpose and a zero byte, so that no id can be passed off as one of another kind.
function message(purpose: string, value: string): Uint8Array {
  return concatBytes(utf8ToBytes(`packtrail/v1/${purpose}`), new Uint8Array(1), utf8ToBytes(value));
}

/** Under the epoch master. */
export const productSubkeyMessage = (productCode: string): Uint8Array =>
  message('product-subkey', productCode);
export const containerSubkeyMessage = (): Uint8Array => message('container-subkey', '');
export const actorSubkeyMessage = (): Uint8Array => message('actor-subkey', '');

/** Under a product's subkey. A pack id leaves out the batch: one serial under two batches is one pack. */
export const productIdMessage = (): Uint8Array => message('product', '');
export const batchIdMessage = (batch: string): Uint8Array => message('batch', batch);
export const packIdMessage = (serial: string): Uint8Array => message('pack', serial);

/** Under the container subkey, and under the actor subkey. */
export const containerIdMessage = (sscc: string): Uint8Array => message('container', sscc);
export const actorIdMessage = (kind: 'organisation' | 'site' | 'device', id: string): Uint8Array =>
  message(kind, id);

/** The id is the first 16 bytes of the HMAC. */
export function blindIdOf(hmac: Uint8Array): BlindId {
  return bytesToHex(hmac.subarray(0, BLIND_ID_BYTES));
}

/** Order of packs in a snapshot: product, batch, pack. Hex sorts as its bytes do. */
export function compareBlindPacks(a: BlindPack, b: BlindPack): number {
  return (
    compareText(a.productId, b.productId) ||
    compareText(a.batchId, b.batchId) ||
    compareText(a.packId, b.packId)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
