// A small snapshot with everything real: pages, manifest, its leaf in a signed snapshot log, and the ledger checkpoint.

import { compareBlindPacks } from '../../src/domain/blinding.ts';
import { encodeBase64, utf8ToBytes } from '../../src/domain/bytes.ts';
import { signCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { FOLD_VERSION } from '../../src/domain/ledger/fold.ts';
import { leafHash, treeRoot } from '../../src/domain/ledger/merkle.ts';
import {
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  signerOf,
  verifierOf,
} from '../../src/domain/ledger/note-key.ts';
import { encodeProofFile } from '../../src/domain/ledger/proof-file.ts';
import { makeTrust, openTrust, type Trust, type TrustParts } from '../../src/domain/ledger/trust.ts';
import { expiryNumber, type Pack, type PackState } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';
import { type BatchPacks, BUILDER_VERSION, buildPages } from '../../src/domain/snapshot/build.ts';
import {
  CODEC,
  encodeManifest,
  encodeSnapshotLeaf,
  type Manifest,
  manifestId,
} from '../../src/domain/snapshot/manifest.ts';
import { blindPack } from './sample-events.ts';

export type Issued = {
  readonly pack: Pack;
  readonly state: PackState;
  readonly recalled?: boolean;
  readonly withdrawn?: boolean;
};

export const SALT = '5a'.repeat(16);
export const AS_OF_MS = Date.UTC(2026, 10, 22, 9, 40);

const ledgerSigner = createSignerKey(
  'test.packtrail.invalid/ledger',
  SIGNATURE_KEY,
  new Uint8Array(32).fill(1),
);
const snapshotSigner = createSignerKey(
  'test.packtrail.invalid/snapshot',
  SIGNATURE_KEY,
  new Uint8Array(32).fill(2),
);

export const [LEDGER_KEY, SNAPSHOT_KEY] = [ledgerSigner, snapshotSigner].map((signer) =>
  encodeVerifierKey(verifierOf(signer)),
) as [string, string];

/** In the two logs, with what a test changes. */
export function sampleTrust(change: Partial<TrustParts> = {}): Trust {
  const keys = { ledgerKeys: [LEDGER_KEY], snapshotKeys: [SNAPSHOT_KEY] };
  const text = makeTrust({ number: 1, ...keys, ...change });
  const trust = text.ok ? openTrust(text.value) : text;
  assert(trust.ok, 'the trust of a test');
  return trust.value;
}

export const TRUST: Trust = sampleTrust();

/** Groups issued packs into batches in the order of their keys. */
export function batchesOf(issued: readonly Issued[]): BatchPacks[] {
  const rows = issued.map((row) => ({ ...row, ids: blindPack(row.pack) }));
  rows.sort((a, b) => compareBlindPacks(a.ids, b.ids));
  const batches = new Map<string, BatchPacks>();
  for (const { ids, pack, state, recalled = false, withdrawn = false } of rows) {
    const key = ids.productId + ids.batchId;
    const known = batches.get(key);
    const states = [...(known?.states ?? []), { packId: ids.packId, state }];
    const { productId, batchId, keyId } = ids;
    const expiry = expiryNumber(pack.expiry);
    batches.set(key, {
      ...{ productId, batchId, keyId, expiry, recalled, withdrawn },
      packs: states.length,
      states,
    });
  }
  return [...batches.values()];
}

export function sampleSnapshot(issued: readonly Issued[], change: Partial<Manifest> = {}) {
  const pages = [...buildPages(batchesOf(issued), SALT, AS_OF_MS)];
  const root = treeRoot([leafHash(utf8ToBytes('one entry'))]);
  const checkpoint = signCheckpoint({ origin: ledgerSigner.name, size: 1, root, extension: '' }, [
    signerOf(ledgerSigner),
  ]);
  const manifest = encodeManifest({
    ...{
      v: 1,
      market: 'demo',
      number: 1,
      foldVersion: FOLD_VERSION,
      builderVersion: BUILDER_VERSION,
      ...CODEC,
      checkpoint,
    },
    ...{ asOfMs: AS_OF_MS, publishedMs: AS_OF_MS, expiresMs: AS_OF_MS + 259_200_000, salt: SALT },
    packs: pages.reduce((sum, page) => sum + page.ref.packs, 0),
    layers: [{ kind: 'base', logSize: 1, asOfMs: AS_OF_MS, pages: pages.map((page) => page.ref) }],
    ...change,
  });
  const leaf = encodeSnapshotLeaf({ kind: 'manifest', id: manifestId(manifest) });
  const older = leafHash(encodeSnapshotLeaf({ kind: 'manifest', id: '11'.repeat(32) }));
  const snapshotRoot = treeRoot([older, leafHash(leaf)]);
  const snapshotCheckpoint = signCheckpoint(
    { origin: snapshotSigner.name, size: 2, root: snapshotRoot, extension: '' },
    [signerOf(snapshotSigner)],
  );
  const proof = encodeProofFile({ extra: leaf, index: 1, proof: [older], checkpoint: snapshotCheckpoint });
  return { pages, manifest, proof, leaf: encodeBase64(leaf) };
}
