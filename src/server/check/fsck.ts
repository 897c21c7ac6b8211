// Is a log, as it lies there, what its checkpoints say? For operators after a crash or a restore, and for auditors
// from afar. Finds the ledger and the snapshot log beside it, checks both, and holds the ledger to every checkpoint of
// it that is found.
import { encodeBase64, utf8ToBytes } from '../../domain/bytes.ts';
import { parseCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { parseNote } from '../../domain/ledger/note.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { CHECKPOINT_BYTES_MAX } from '../../domain/limits.ts';
import { checkAnnouncements } from './announcement-check.ts';
import { createEntryCheck } from './entry-order.ts';
import { sweepFolder } from './folder-sweep.ts';
import { checkLog, type Fault, type KnownCheckpoint, type LogCounts } from './log-check.ts';
import { type LogSource, SourceError } from './log-source.ts';
import { checkpointWords, openUnder } from './log-trust.ts';
import { checkSnapshotLog, type SnapshotCheck } from './snapshot-check.ts';

export type FsckReport = {
  readonly place: string;
  readonly log:
    | ({ readonly origin: string; readonly size: number; readonly root: string } & LogCounts)
    | undefined;
  readonly snapshots: Pick<SnapshotCheck, 'origin' | 'counts' | 'manifests' | 'pages'> | undefined;
  /** The first thing wrong; undefined: nothing is. */
  readonly fault: (Fault & { readonly place: string }) | undefined;
  /** What was not checked, and what is there without being wrong. */
  readonly notes: readonly string[];
};

type NamedCheckpoint = KnownCheckpoint & { readonly origin: string };

const COSIGNED = 'checkpoint.cosigned';

/** Without a policy forms and roots are checked, signatures are not. Throws SourceError. */
export async function fsck(start: LogSource, trust: Policy | undefined): Promise<FsckReport> {
  // Most checkpoints are found without the cosignatures that came later; what readers follow must have them.
  const policy = trust && { ...trust, quorum: NO_QUORUM };
  const { log, snapshots } = await locate(start);
  const notes = policy ? [] : ['No key was given (--key): signatures were not checked.'];
  // First the snapshot log: whatever ledger checkpoint it names is then no larger than the one read after it.
  const beside = snapshots && (await checkSnapshots(snapshots, policy));
  const fail = (place: string, fault: Fault): FsckReport['fault'] => ({ ...fault, place });
  const report = {
    ...{ place: log.place, snapshots: beside?.check && summary(beside.check) },
    notes: [...notes, ...(beside?.notes ?? [])],
  };

  const bytes = await log.read('checkpoint', CHECKPOINT_BYTES_MAX);
  if (!bytes) throw new SourceError('unreachable', `${log.place} has no checkpoint: it is not a log.`);
  const latest = openKnown('checkpoint', bytes, policy);
  if (!latest.ok) return { ...report, log: undefined, fault: fail(log.place, latest.fault) };
  const lacking = trust && (await checkQuorum(log, bytes, trust));
  if (lacking) return { ...report, log: undefined, fault: fail(log.place, lacking) };
  const others = await otherCheckpoints(log, latest.value, policy, beside?.check?.ledgerNotes ?? []);
  if (!others.ok) return { ...report, log: undefined, fault: fail(log.place, others.fault) };

  const { counts, fault } = await checkLog(log, latest.value, others.value, createEntryCheck());
  const { origin, size, root } = latest.value;
  const done = { ...report, log: { origin, size, root: encodeBase64(root), ...counts } };
  if (fault) return { ...done, fault: fail(log.place, fault) };
  const strange = await checkAnnouncements(log, { checkpoint: bytes, origin, policy });
  if (strange) return { ...done, fault: fail(log.place, strange) };
  const sweep = await sweepFolder(log, size);
  if (sweep?.fault) return { ...done, fault: fail(log.place, sweep.fault) };
  const left = sweep ? sweepNotes(sweep) : [];
  const elsewhere = snapshots && beside?.fault && fail(snapshots.place, beside.fault);
  return { ...done, notes: [...done.notes, ...left], fault: elsewhere };
}

function summary({ origin, counts, manifests, pages }: SnapshotCheck): FsckReport['snapshots'] {
  return { origin, counts, manifests, pages };
}

async function checkSnapshots(source: LogSource, policy: Policy | undefined) {
  const bytes = await source.read('checkpoint', CHECKPOINT_BYTES_MAX);
  if (!bytes) return undefined;
  // One log's keys are the ledger's; with those of a second one, the snapshot log has to be signed by them.
  const isTrusted = policy !== undefined && new Set(policy.logs.map(({ key }) => key.name)).size > 1;
  const words = `The snapshot log's signature was not checked: give its key too (--key).`;
  const notes = policy && !isTrusted ? [words] : [];
  const latest = openKnown('checkpoint', bytes, isTrusted ? policy : undefined);
  if (!latest.ok) return { notes, check: undefined, fault: latest.fault };
  const check = await checkSnapshotLog(source, latest.value, isTrusted ? policy : undefined);
  const sweep = check.fault ? undefined : await sweepFolder(source, latest.value.size);
  return { notes: [...notes, ...check.notes], check, fault: check.fault ?? sweep?.fault };
}

/** The folder or prefix itself, or `log` in it; and the snapshot log beside that. */
async function locate(start: LogSource): Promise<{ log: LogSource; snapshots: LogSource | undefined }> {
  const inside = start.beside('log/');
  const log = !(await hasCheckpoint(start)) && (await hasCheckpoint(inside)) ? inside : start;
  for (const path of ['../snapshots/', '../snapshot/']) {
    const source = log.beside(path);
    if (await hasCheckpoint(source).catch(isDenied)) return { log, snapshots: source };
  }
  return { log, snapshots: undefined };
}

/** A web server may well answer with a page of its own where there is nothing. */
async function hasCheckpoint(source: LogSource): Promise<boolean> {
  const bytes = await source.read('checkpoint', CHECKPOINT_BYTES_MAX);
  return bytes !== undefined && (!source.isRemote || Buffer.from(bytes).includes('\n\n\u2014 '));
}

function isDenied(error: unknown): false {
  if (error instanceof SourceError && error.code === 'denied') return false;
  throw error;
}

type Known =
  | { readonly ok: true; readonly value: NamedCheckpoint }
  | { readonly ok: false; readonly fault: Fault };

function openKnown(path: string, bytes: Uint8Array, policy: Policy | undefined): Known {
  const opened = policy ? openUnder(bytes, policy) : readForm(bytes);
  if (opened.ok) return { ok: true, value: { ...opened.value, path } };
  const words = checkpointWords(opened.error, opened.detail);
  return {
    ok: false,
    fault: { code: 'bad-checkpoint', path, words: `The checkpoint does not stand: ${words}.` },
  };
}

/** The newest checkpoint, or the one that the log keeps for those who wait for cosigners. */
async function checkQuorum(log: LogSource, newest: Uint8Array, trust: Policy): Promise<Fault | undefined> {
  const opened = openUnder(newest, trust);
  if (opened.ok || opened.error !== 'quorum-missed') return undefined;
  const kept = await log.read(COSIGNED, CHECKPOINT_BYTES_MAX);
  if (kept && openUnder(kept, trust).ok) return undefined;
  const known = openKnown('checkpoint', newest, trust);
  return known.ok ? undefined : known.fault;
}

function readForm(bytes: Uint8Array) {
  const note = parseNote(bytes);
  return note.ok ? parseCheckpoint(note.value.text) : note;
}

/** Earlier ones kept beside the latest (`checkpoint.7`), and those that snapshots were folded from. */
async function otherCheckpoints(
  log: LogSource,
  latest: NamedCheckpoint,
  policy: Policy | undefined,
  ledgerNotes: SnapshotCheck['ledgerNotes'],
): Promise<{ ok: true; value: readonly KnownCheckpoint[] } | { ok: false; fault: Fault }> {
  const found: { path: string; bytes: Uint8Array }[] = ledgerNotes.map(({ path, note }) => ({
    path,
    bytes: utf8ToBytes(note),
  }));
  for (const path of (await log.list('.')) ?? [COSIGNED]) {
    const bytes = path.startsWith('checkpoint.') ? await log.read(path, CHECKPOINT_BYTES_MAX) : undefined;
    if (bytes) found.push({ path, bytes });
  }
  const known: KnownCheckpoint[] = [];
  for (const { path, bytes } of found) {
    const opened = openKnown(path, bytes, policy);
    if (!opened.ok) return opened;
    const { origin, size } = opened.value;
    const wrong = (words: string): Fault => ({ code: 'bad-checkpoint', path, words });
    if (origin !== latest.origin)
      return { ok: false, fault: wrong(`It is of ${origin}, not of ${latest.origin}.`) };
    if (size > latest.size)
      return { ok: false, fault: wrong(`It is over ${size} entries; the log now says ${latest.size}.`) };
    known.push(opened.value);
  }
  return { ok: true, value: known };
}

function sweepNotes(sweep: { earlier: number; ahead: number; strange: number }): string[] {
  const notes: string[] = [];
  if (sweep.earlier > 0) notes.push(`${sweep.earlier} partial files of earlier checkpoints agree.`);
  if (sweep.ahead > 0)
    notes.push(`${sweep.ahead} files are ahead of the checkpoint, as a crash leaves them.`);
  if (sweep.strange > 0) notes.push(`${sweep.strange} files under tile/ are not the log's.`);
  return notes;
}
