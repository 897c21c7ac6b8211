// A ledger that publishes snapshots of an invented country: real pages, manifests and proofs, from logs of its own.
import { createPracticeLog } from '../../src/adapters/practice-log.ts';
import { type LatestSnapshot, type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { utf8ToBytes } from '../../src/domain/bytes.ts';
import { FOLD_VERSION } from '../../src/domain/ledger/fold.ts';
import { encodeProofFile } from '../../src/domain/ledger/proof-file.ts';
import { makeTrust, type TrustText } from '../../src/domain/ledger/trust.ts';
import { assert } from '../../src/domain/result.ts';
import { BUILDER_VERSION } from '../../src/domain/snapshot/build.ts';
import {
  CODEC,
  encodeManifest,
  encodeSnapshotLeaf,
  type Layer,
  manifestId,
  type PageRef,
} from '../../src/domain/snapshot/manifest.ts';

export type CountryLedger = {
  readonly trust: TrustText;
  /** Layers over these pages, the base first. Gives the manifest's id. */
  publish(layers: readonly (readonly PageRef[])[], nowMs: number, salt: string): string;
  /** The last one published. */
  latest(): LatestSnapshot;
  /** Checkpoints and every tile of both logs, by the path under which a server has them. */
  logFiles(): readonly (readonly [path: string, bytes: Uint8Array])[];
  readonly client: Pick<LedgerClient, 'checkpoint' | 'tile' | 'latestSnapshot'>;
};

const VALID_MS = 72 * 3_600_000;

export function createCountryLedger(): CountryLedger {
  const ledgerLog = createPracticeLog('test.packtrail.invalid/ledger', new Uint8Array(32).fill(1));
  const snapshotLog = createPracticeLog('test.packtrail.invalid/snapshots', new Uint8Array(32).fill(2));
  let latest: LatestSnapshot | undefined;

  function publish(layers: readonly (readonly PageRef[])[], nowMs: number, salt: string): string {
    ledgerLog.append(utf8ToBytes(`an entry at ${nowMs}`));
    const logSize = ledgerLog.size();
    const manifest = encodeManifest({
      ...{ v: 1, market: 'demo', number: snapshotLog.size() + 1, foldVersion: FOLD_VERSION },
      ...{ builderVersion: BUILDER_VERSION, ...CODEC, checkpoint: ledgerLog.checkpoint(), salt },
      ...{ asOfMs: nowMs, publishedMs: nowMs, expiresMs: nowMs + VALID_MS },
      packs: layers.flat().reduce((sum, { packs }) => sum + packs, 0),
      layers: layers.map(
        (pages, i): Layer => ({ kind: i === 0 ? 'base' : 'delta', logSize, asOfMs: nowMs, pages }),
      ),
    });
    const extra = encodeSnapshotLeaf({ kind: 'manifest', id: manifestId(manifest) });
    const index = snapshotLog.append(extra);
    const checkpoint = snapshotLog.checkpoint();
    const proof = encodeProofFile({ extra, index, proof: snapshotLog.prove(index), checkpoint });
    latest = { manifest, proof };
    return manifestId(manifest);
  }

  const trust = makeTrust({ number: 1, ledgerKeys: [ledgerLog.vkey], snapshotKeys: [snapshotLog.vkey] });
  assert(trust.ok, 'the keys of two logs');
  const logOf = (name: string) => (name === 'ledger' ? ledgerLog : snapshotLog);
  const found = <T>(value: T | undefined): T => {
    if (value === undefined) throw new LedgerError('refused', { refusal: 'not-found' });
    return value;
  };
  function logFiles(): readonly (readonly [string, Uint8Array])[] {
    return (['ledger', 'snapshot'] as const).flatMap((name) => {
      const log = logOf(name);
      const folder = name === 'ledger' ? '/log' : '/snapshot';
      // A few entries: all of them in the first tile.
      const paths = Array.from({ length: log.size() }, (_, i) => `tile/0/000.p/${i + 1}`);
      const checkpoint = [`${folder}/checkpoint`, utf8ToBytes(log.checkpoint())] as const;
      return [checkpoint, ...paths.map((path) => [`${folder}/${path}`, found(log.tile(path))] as const)];
    });
  }

  return {
    trust: trust.value,
    ...{ publish, logFiles, latest: () => found(latest) },
    client: {
      checkpoint: async (name) => logOf(name).checkpoint(),
      tile: async (name, path) => found(logOf(name).tile(path)),
      latestSnapshot: async () => found(latest),
    },
  };
}
