// A device key and a blinder that live in memory and end with the page: practice runs on them, tests take them as
// fakes. An enrolled device never does, since these can be read by any code that reaches them.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Blinder, type DeviceKey, KeyError } from '../app/ports.ts';
import { parseBase64 } from '../domain/bytes.ts';
import {
  blindContainerUnder,
  blindPackUnder,
  createEpochBlinder,
  createProductBlinder,
  nobleMac,
  type ProductBlinder,
} from '../domain/epoch-blinder.ts';
import type { EpochKeys } from '../domain/epoch-keys.ts';
import { assert } from '../domain/result.ts';

/** `seed`: 32 random bytes. */
export function createMemoryDeviceKey(seed: Uint8Array): DeviceKey {
  return {
    alg: 'Ed25519',
    publicKey: ed25519.getPublicKey(seed),
    sign: async (message) => ed25519.sign(message, seed),
  };
}

type HeldEpoch = {
  readonly keyId: number;
  product(productCode: string): ProductBlinder | undefined;
  blindContainer(sscc: string): string;
};

export function createMemoryBlinder(keys: readonly EpochKeys[]): Blinder {
  const epochs = keys.map(openEpoch).sort((a, b) => b.keyId - a.keyId);

  function epoch(keyId: number): HeldEpoch {
    const found = epochs.find((each) => each.keyId === keyId);
    if (!found) throw new KeyError('lost', `no keys of epoch ${keyId}`);
    return found;
  }

  return {
    keyIds: epochs.map(({ keyId }) => keyId),
    blindProduct: async (keyId, productCode) => epoch(keyId).product(productCode)?.productId,
    async blindPack(keyId, pack) {
      const product = epoch(keyId).product(pack.productCode);
      return product && blindPackUnder(keyId, product, pack);
    },
    blindContainer: async (keyId, sscc) => epoch(keyId).blindContainer(sscc),
  };
}

function openEpoch(keys: EpochKeys): HeldEpoch {
  const { keyId } = keys;
  if (keys.kind === 'master') {
    const { blindProduct, blindContainer } = createEpochBlinder(keyId, keyOf(keys.master));
    return { keyId, product: blindProduct, blindContainer };
  }
  const subkeys = new Map(keys.products.map(({ productCode, subkey }) => [productCode, subkey]));
  const underContainerKey = nobleMac(keyOf(keys.containers));
  return {
    keyId,
    product(productCode) {
      const subkey = subkeys.get(productCode);
      return subkey === undefined ? undefined : createProductBlinder(nobleMac(keyOf(subkey)));
    },
    blindContainer: (sscc) => blindContainerUnder(underContainerKey, sscc),
  };
}

function keyOf(base64: string): Uint8Array {
  const bytes = parseBase64(base64);
  assert(bytes.ok && bytes.value.length === 32, 'a blinding key has 32 bytes');
  return bytes.value;
}
