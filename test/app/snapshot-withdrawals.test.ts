// A void leaf may stand far beyond the manifest that it withdraws: until the log's end is reached, nothing is known.
import { expect, test } from 'vitest';
import { createMemoryCheckpointStore } from '../../src/adapters/memory-stores.ts';
import { createLogFollower } from '../../src/app/checkpoint-follower.ts';
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { createSnapshotWithdrawals } from '../../src/app/snapshot-withdrawals.ts';
import { utf8ToBytes } from '../../src/domain/bytes.ts';
import { signCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { HASH_BYTES, leafHash } from '../../src/domain/ledger/merkle.ts';
import {
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  signerOf,
  verifierOf,
} from '../../src/domain/ledger/note-key.ts';
import { parseTilePath, TILE_WIDTH } from '../../src/domain/ledger/tile.ts';
import { createTreeHead, type TileData } from '../../src/domain/ledger/tree-head.ts';
import { makeTrust } from '../../src/domain/ledger/trust.ts';
import { assert } from '../../src/domain/result.ts';
import { encodeSnapshotLeaf } from '../../src/domain/snapshot/manifest.ts';
import { createFakeClock } from '../support/app-fakes.ts';
import { fixedTrust } from '../support/fixed-trust.ts';

const KEY = createSignerKey('log.example/snapshots', SIGNATURE_KEY, new Uint8Array(32).fill(1));
const VKEY = encodeVerifierKey(verifierOf(KEY));

/** A snapshot log of this size, whose last leaf withdraws the manifest at index 0. */
function longLog(size: number): LedgerClient {
  const head = createTreeHead();
  const tiles = new Map<string, Uint8Array>();
  const keep = ({ tile: { level, index }, bytes }: TileData) => void tiles.set(`${level}/${index}`, bytes);
  const filler = leafHash(utf8ToBytes('a manifest'));
  for (let i = 0; i < size - 1; i++) head.append(filler).forEach(keep);
  head.append(leafHash(encodeSnapshotLeaf({ kind: 'void', index: 0 }))).forEach(keep);
  head.partialTiles().forEach(keep);
  const tree = { origin: KEY.name, size, root: head.root(), extension: '' };
  const note = signCheckpoint(tree, [signerOf(KEY)]);
  const client: Pick<LedgerClient, 'checkpoint' | 'tile'> = {
    checkpoint: async () => note,
    tile: async (_, path) => {
      const tile = parseTilePath(path);
      assert(tile.ok && tile.value.kind === 'tile', 'a tile');
      const { level, index, width } = tile.value;
      const bytes = tiles.get(`${level}/${index}`);
      if (!bytes || bytes.length < width * HASH_BYTES) throw new LedgerError('refused');
      return bytes.slice(0, width * HASH_BYTES);
    },
  };
  return client as LedgerClient;
}

test('a withdrawal weeks later is found, and until then nobody is told that there is none', async () => {
  const ledger = longLog(336 * TILE_WIDTH + 600);
  const trust = makeTrust({ number: 1, ledgerKeys: [VKEY], snapshotKeys: [VKEY] });
  assert(trust.ok, 'the keys of two logs');
  const ports = { ledger, checkpoints: createMemoryCheckpointStore(), clock: createFakeClock() };
  const follower = createLogFollower(ports, fixedTrust(trust.value));
  const { isVoided } = createSnapshotWithdrawals(ledger, follower);
  const [withdrawn, later] = [
    { id: 'aa', leafIndex: 0 },
    { id: 'bb', leafIndex: 86_000 },
  ];
  expect(await isVoided(withdrawn)).toMatchObject({ ok: false, error: 'stale' });
  expect(await isVoided(later)).toEqual({ ok: true, value: false });
  expect(await isVoided(withdrawn)).toEqual({ ok: true, value: true });
  expect(await isVoided(withdrawn)).toEqual({ ok: true, value: true });
});
