// A device key and a blinder that live in memory and end with the page: practice runs on them, tests take them as
// fakes. An enrolled device never does, since these can be read by any code that reaches them.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Blinder, type DeviceKey, KeyError } from '../app/ports.ts';
import { parseBase64 } from '../domain/bytes.ts';
import { createEpochBlinder, type EpochBlinder } from '../domain/epoch-blinder.ts';
import { assert } from '../domain/result.ts';
import type { EnrolResponse } from '../domain/wire.ts';

/** `seed`: 32 random bytes. */
export function createMemoryDeviceKey(seed: Uint8Array): DeviceKey {
  return {
    alg: 'Ed25519',
    publicKey: ed25519.getPublicKey(seed),
    sign: async (message) => ed25519.sign(message, seed),
  };
}

export function createMemoryBlinder(keys: EnrolResponse['keys']): Blinder {
  const epochs = keys.map(({ keyId, master }) => {
    const bytes = parseBase64(master);
    assert(bytes.ok && bytes.value.length === 32, 'an epoch master has 32 bytes');
    return createEpochBlinder(keyId, bytes.value);
  });
  epochs.sort((a, b) => b.keyId - a.keyId);

  function epoch(keyId: number): EpochBlinder {
    const found = epochs.find((each) => each.keyId === keyId);
    if (!found) throw new KeyError('lost', `no master of epoch ${keyId}`);
    return found;
  }

  return {
    keyIds: epochs.map(({ keyId }) => keyId),
    blindPack: async (keyId, pack) => epoch(keyId).blindPack(pack),
    blindProduct: async (keyId, productCode) => epoch(keyId).blindProduct(productCode).productId,
    blindContainer: async (keyId, sscc) => epoch(keyId).blindContainer(sscc),
  };
}
