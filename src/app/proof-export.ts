// A step of a pack's journey as a C2SP tlog-proof, which anyone can check with no network: the entry's place in the
// ledger under a checkpoint that the policy accepts, cosignatures included. Where the entry is known it goes along, so
// that what is proven can be read.
import { checkInclusion } from '../domain/ledger/merkle.ts';
import { encodeProofFile } from '../domain/ledger/proof-file.ts';
import { planInclusion, proveInclusion } from '../domain/ledger/tile-proof.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded } from './failure.ts';
import { createTileSource } from './log-tiles.ts';
import type { LedgerClient } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrailStepView } from './trail-model.ts';

/** Fails without throwing. */
export function exportProof(
  ledger: Pick<LedgerClient, 'tile'>,
  follower: Pick<LogFollower, 'followLog'>,
  { index, leaf, entry }: Pick<TrailStepView, 'index' | 'leaf' | 'entry'>,
): Promise<Result<string, SyncFailure>> {
  return guarded(async () => {
    const followed = await follower.followLog('ledger');
    if (!followed.ok) return followed;
    const { size, root, note } = followed.value;
    if (index >= size) return err('missing-witnesses', `entry ${index} of ${size}`);
    const read = await createTileSource(ledger, 'ledger').load(planInclusion(index, size));
    const proof = proveInclusion(index, size, read);
    if (!proof.ok) return err(proof.error === 'malformed' ? 'malformed' : 'bad-proof', proof.detail);
    const claim = { leafIndex: index, treeSize: size, leafHash: leaf, root, proof: proof.value };
    const stands = checkInclusion(claim);
    if (!stands.ok) return stands;
    return ok(encodeProofFile({ extra: entry, index, proof: proof.value, checkpoint: note }));
  });
}
