// The snapshot log beside a ledger: checked as a log of its own, and read for the ledger checkpoints that stand in its
// manifests, which the ledger must still honour, and for the pages that they name.
import { createHash } from 'node:crypto';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { type Policy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import { openProofFile, PROOF_FILE_BYTES_MAX, parseProofFile } from '../../domain/ledger/proof-file.ts';
import { MANIFEST_BYTES_MAX } from '../../domain/limits.ts';
import { encodeSnapshotLeaf, type Manifest, parseManifest } from '../../domain/snapshot/manifest.ts';
import { createLeafCheck } from './entry-order.ts';
import { checkLog, type Fault, type KnownCheckpoint, type LogCounts } from './log-check.ts';
import { type LogSource, SourceError } from './log-source.ts';
import { inOrder } from './ordered-reads.ts';
import { checkPages, type PageCounts } from './page-check.ts';

export type SnapshotCheck = {
  readonly origin: string;
  readonly counts: Readonly<LogCounts>;
  readonly manifests: { readonly read: number; readonly gone: number };
  readonly pages: Readonly<PageCounts>;
  /** Signed notes of the ledger, verbatim and unchecked. */
  readonly ledgerNotes: readonly { readonly path: string; readonly note: string }[];
  readonly notes: readonly string[];
  readonly fault: Fault | undefined;
};

const LATEST_PROOF = 'latest.tlog-proof';
/** A server keeps the pages of the last few manifests. */
const PAGES_OF = 3;
const NO_PAGES: PageCounts = { read: 0, gone: 0 };

/** Throws SourceError. */
export async function checkSnapshotLog(
  source: LogSource,
  latest: KnownCheckpoint & { readonly origin: string },
  policy: Policy | undefined,
): Promise<SnapshotCheck> {
  const leaves = createLeafCheck();
  const { counts, fault } = await checkLog(source, latest, [], leaves);
  const base = { origin: latest.origin, counts };
  const none = { manifests: { read: 0, gone: 0 }, pages: NO_PAGES, ledgerNotes: [], notes: [] };
  if (fault) return { ...base, ...none, fault };
  try {
    const { newest, ...read } = await readManifests(source, leaves.manifests(), latest.size - 1);
    if (read.fault) return { ...base, ...read, pages: NO_PAGES, notes: [] };
    const checked = await checkPages(source, newest);
    if (checked.fault) return { ...base, ...read, ...checked, notes: [] };
    return { ...base, ...read, ...checked, ...(await checkLatestProof(source, leaves.manifests(), policy)) };
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'denied') throw error;
    const words = `Manifests and pages were not checked, nor the ledger checkpoints in them: ${error.message}`;
    return { ...base, ...none, notes: [words], fault: undefined };
  }
}

/** Old manifests are swept away; the last one must be there. */
async function readManifests(source: LogSource, manifests: ReadonlyMap<number, string>, lastIndex: number) {
  const counts = { read: 0, gone: 0 };
  const ledgerNotes: { path: string; note: string }[] = [];
  const newest: Manifest[] = [];
  const result = (fault?: Fault) => ({ manifests: counts, ledgerNotes, newest, fault });
  const read = ([, id]: readonly [number, string]) => source.read(`manifest/${id}`, MANIFEST_BYTES_MAX);
  for await (const [[index, id], bytes] of inOrder(manifests, source.isRemote ? 8 : 2, read)) {
    const path = `manifest/${id}`;
    if (!bytes) {
      if (index === lastIndex)
        return result({ code: 'missing', path, words: 'The last manifest is missing.' });
      counts.gone += 1;
      continue;
    }
    if (createHash('sha256').update(bytes).digest('hex') !== id)
      return result({ code: 'bad-file', path, words: 'Its bytes do not have the hash in its name.' });
    const manifest = parseManifest(bytes);
    if (!manifest.ok)
      return result({ code: 'malformed', path, words: `It is no manifest: ${manifest.detail}.` });
    counts.read += 1;
    newest.unshift(manifest.value);
    newest.length = Math.min(newest.length, PAGES_OF);
    ledgerNotes.push({ path, note: manifest.value.checkpoint });
  }
  return result();
}

/** What devices fetch first: it must lead to a manifest of the log, once it is there. */
async function checkLatestProof(
  source: LogSource,
  manifests: ReadonlyMap<number, string>,
  policy: Policy | undefined,
): Promise<Pick<SnapshotCheck, 'notes' | 'fault'>> {
  const right = { notes: [], fault: undefined };
  if (!policy || manifests.size === 0) return right;
  const path = LATEST_PROOF;
  const bytes = await source.read(path, PROOF_FILE_BYTES_MAX);
  // It follows the checkpoint that it leads to. Until it is there devices find no snapshot, but none is wrong.
  if (!bytes)
    return { ...right, notes: [`${path} is missing, as a crash leaves it: the next start publishes it.`] };
  const trusts = policy.logs.map(({ key }) => trustUnderPolicy(policy, key.name));
  const proves = ([, id]: readonly [number, string]) => {
    const leaf = leafHash(encodeSnapshotLeaf({ kind: 'manifest', id }));
    return trusts.some((trust) => trust.ok && openProofFile(bytes, leaf, trust.value).ok);
  };
  // Its hint is believed for nothing, and saves trying them all.
  const file = parseProofFile(bytes);
  const named = file.ok ? [...manifests].filter(([index]) => index === file.value.index) : [];
  if (named.some(proves)) return right;
  return { ...right, fault: { code: 'bad-file', path, words: 'It proves none of the manifests.' } };
}
