// The blinding keys that a device may hold, as they travel: of each epoch its master where the device's scope is
// everything, else the subkeys of the scope's products, and the one for containers, which belong to no product.
import { containerSubkeyMessage, productSubkeyMessage } from './blinding.ts';
import { encodeBase64 } from './bytes.ts';
import { type Mac, nobleMac } from './epoch-blinder.ts';
import { productCodeShape } from './event.ts';
import { EPOCHS_MAX, SCOPE_PRODUCTS_MAX } from './limits.ts';
import { integer, list, oneOf, record, type Shaped, text, variants } from './shape.ts';
import type { Scope } from './snapshot/scope.ts';

export const keyIdShape = integer(0, 0xffff_ffff);
export const keyIdsShape = list(keyIdShape, EPOCHS_MAX);

/** 32 bytes in base64. */
const keyShape = text(44, /^[A-Za-z0-9+/]{43}=$/, 44);

const epochKeysShape = variants('kind', {
  master: record({ kind: oneOf(['master']), keyId: keyIdShape, master: keyShape }),
  products: record({
    kind: oneOf(['products']),
    keyId: keyIdShape,
    containers: keyShape,
    products: list(record({ productCode: productCodeShape, subkey: keyShape }), SCOPE_PRODUCTS_MAX),
  }),
});
export type EpochKeys = Shaped<typeof epochKeysShape>;
export const epochKeysListShape = list(epochKeysShape, EPOCHS_MAX);

/** What a device of this scope is given of an epoch. `macUnder`: for a platform that has a faster HMAC-SHA-256. */
export function epochKeysOf(
  { keyId, master }: { readonly keyId: number; readonly master: Uint8Array },
  scope: Scope,
  macUnder: (key: Uint8Array) => Mac = nobleMac,
): EpochKeys {
  if (scope === null) return { kind: 'master', keyId, master: encodeBase64(master) };
  const underMaster = macUnder(master);
  const products = [...new Set(scope)].map((productCode) => ({
    productCode,
    subkey: encodeBase64(underMaster(productSubkeyMessage(productCode))),
  }));
  const containers = encodeBase64(underMaster(containerSubkeyMessage()));
  return { kind: 'products', keyId, containers, products };
}
