// Keys drawn from the seed, in place of the browser's: they sign and blind as those do, at once and the same again each
// time, and the stores hold them for keys that cannot be exported.
import { createPrivateKey, createPublicKey, sign as signWith } from 'node:crypto';
import type { KeyTools } from '../../src/adapters/enrolment-store.ts';
import type { Blinder, DeviceKey } from '../../src/app/ports.ts';
import { containerSubkeyMessage, productSubkeyMessage } from '../../src/domain/blinding.ts';
import {
  blindContainerUnder,
  blindPackUnder,
  createProductBlinder,
  type Mac,
  type ProductBlinder,
} from '../../src/domain/epoch-blinder.ts';
import { assert } from '../../src/domain/result.ts';
import { nodeMac } from '../../src/server/ledger/server-blinder.ts';

/** RFC 8410 s7: what stands before the seed of an Ed25519 key. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** `seed`: 32 bytes. As WebCrypto's key, and several times faster than one in JavaScript. */
export function createSeededKey(seed: Uint8Array): DeviceKey {
  const secret = createPrivateKey({
    ...{ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' },
  });
  const spki = createPublicKey(secret).export({ type: 'spki', format: 'der' });
  return {
    alg: 'Ed25519',
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: async (message) => new Uint8Array(signWith(null, message, secret)),
  };
}

const deviceKeys = new WeakMap<CryptoKey, DeviceKey>();
const macs = new WeakMap<CryptoKey, Mac>();

export function createSeededTools(seed: () => Uint8Array): KeyTools {
  return {
    async createKeyPair() {
      const [publicKey, privateKey] = [sealed(), sealed()];
      deviceKeys.set(privateKey, createSeededKey(seed()));
      return { publicKey, privateKey };
    },
    async openKeyPair({ privateKey }) {
      const key = deviceKeys.get(privateKey);
      assert(key, 'a key that these tools made');
      return key;
    },
    async importKey(bytes) {
      const key = sealed();
      macs.set(key, nodeMac(bytes.slice()));
      return key;
    },
    createBlinder,
  };
}

/** An object that passes for a key of WebCrypto's. */
function sealed(): CryptoKey {
  return Object.create(CryptoKey.prototype) as CryptoKey;
}

function createBlinder(source: Parameters<KeyTools['createBlinder']>[0]): Blinder {
  const products = new Map<string, ProductBlinder>();

  async function macOf(keyId: number, name: string, message: Uint8Array): Promise<Mac | undefined> {
    const own = await source.key(keyId, name);
    if (own) return macs.get(own);
    const master = await source.key(keyId, 'master');
    const derive = master && macs.get(master);
    return derive && nodeMac(derive(message));
  }

  async function product(keyId: number, productCode: string): Promise<ProductBlinder | undefined> {
    const name = `${keyId} ${productCode}`;
    const known = products.get(name);
    if (known) return known;
    const mac = await macOf(keyId, productCode, productSubkeyMessage(productCode));
    const blinder = mac && createProductBlinder(mac);
    if (blinder) products.set(name, blinder);
    return blinder;
  }

  return {
    keyIds: [...source.keyIds].sort((a, b) => b - a),
    blindProduct: async (keyId, productCode) => (await product(keyId, productCode))?.productId,
    async blindPack(keyId, pack) {
      const under = await product(keyId, pack.productCode);
      return under && blindPackUnder(keyId, under, pack);
    },
    async blindContainer(keyId, sscc) {
      const mac = await macOf(keyId, 'containers', containerSubkeyMessage());
      assert(mac, 'the device has keys of the epoch');
      return blindContainerUnder(mac, sscc);
    },
  };
}
