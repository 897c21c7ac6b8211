// Fetches pages in bundles: several at once, each page checked against its hash as it arrives and stored with its
// neighbours. A line that breaks costs the page it was in; what is stored is never fetched again, and what is wrong with
// one bundle does not keep the others from coming.
import { err, ok, type Result } from '../domain/result.ts';
import { bytesIn, type PageRun, runsLeft } from '../domain/snapshot/bundle.ts';
import type { PageRef } from '../domain/snapshot/manifest.ts';
import { openHashedPage } from '../domain/snapshot/page.ts';
import { failureOf } from './failure.ts';
import { LedgerError, type Ports } from './ports.ts';
import type { StoredPage } from './ports-snapshot.ts';
import { retryDelayMs } from './retry-schedule.ts';
import type { SyncFailure } from './sync-model.ts';
import { createProgress, type Progress } from './sync-progress.ts';

/** Requests at once; more only compete on a phone's connection. */
const RUNS_AT_ONCE = 4;
/** Breaks in a row without a page between them; the next sync goes on from there. */
const BREAKS_MAX = 4;
/** Damage on the way is rare, so what comes wrong twice is wrong at its source. */
const BAD_MAX = 1;
/** One transaction: a few tens of pages, or what a slow line brings in a second. */
const WRITE_BYTES = 1_048_576;
const WRITE_MS = 1_000;

export type PageLoad = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'ledger' | 'sha256' | 'snapshots'>;
  readonly runs: readonly PageRun[];
  onStored(sha256: string): void;
  onProgress: Parameters<typeof createProgress>[2];
};

/** `outgrown`: the server has the bundle no longer, since a newer snapshot does without it. */
export type LoadFailure = SyncFailure | 'outgrown';

type Job = { readonly run: PageRun; readonly breaks: number; readonly bad: number };

/** Why a request did not bring every page of its run. */
type Shortfall = {
  readonly why: LoadFailure;
  /** `line`: it may come back. `page`: it is not what the manifest says. `server`: it will not give this bundle. */
  readonly kind: 'line' | 'page' | 'server' | 'device';
};
type Attempt = { readonly stored: ReadonlySet<string>; readonly shortfall: Shortfall | undefined };

export async function loadPages(load: PageLoad): Promise<Result<undefined, LoadFailure>> {
  const { clock, random } = load.ports;
  const jobs: Job[] = load.runs.map((run) => ({ run, breaks: 0, bad: 0 }));
  const progress = createProgress(clock, bytesIn(load.runs.flatMap(({ pages }) => pages)), load.onProgress);
  let failure: LoadFailure | undefined;

  async function work(): Promise<void> {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      if (job.breaks > 0) await pause(retryDelayMs(random, job.breaks - 1));
      settle(job, await loadRun(load, job.run, progress));
    }
  }

  function settle(job: Job, { stored, shortfall }: Attempt): void {
    if (!shortfall) return;
    const { kind, why } = shortfall;
    const breaks = kind !== 'line' ? 0 : stored.size > 0 ? 1 : job.breaks + 1;
    const bad = job.bad + (kind === 'page' ? 1 : 0);
    if ((kind === 'line' || kind === 'page') && breaks <= BREAKS_MAX && bad <= BAD_MAX) {
      const left = runsLeft(job.run, ({ sha256 }) => !stored.has(sha256));
      jobs.push(...left.map((run) => ({ run, breaks, bad })));
      return;
    }
    failure ??= why;
    if (kind !== 'device') return;
    failure = why;
    jobs.length = 0;
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = clock.every(ms, () => {
        stop();
        resolve();
      });
    });
  }

  try {
    await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
  } finally {
    progress.stop();
  }
  return failure ? err(failure) : ok(undefined);
}

/** One request: stores the pages that come whole, however it ends. */
async function loadRun({ ports, onStored }: PageLoad, run: PageRun, progress: Progress): Promise<Attempt> {
  const { clock, sha256, snapshots, ledger } = ports;
  const stored = new Set<string>();
  let checks: Promise<StoredPage | undefined>[] = [];
  let writing: Promise<void> = Promise.resolve();
  let shortfall: Shortfall | undefined;
  let bytesRead = 0;
  let bytesWaiting = 0;
  let writtenMs = clock.nowMs();

  async function check(ref: PageRef, bytes: Uint8Array): Promise<StoredPage | undefined> {
    const page = openHashedPage(bytes, await sha256(bytes), ref);
    if (page.ok) return { sha256: ref.sha256, bytes };
    shortfall = { kind: 'page', why: page.error };
    return undefined;
  }

  async function store(checked: readonly Promise<StoredPage | undefined>[]): Promise<void> {
    const pages = (await Promise.all(checked)).filter((page) => page !== undefined);
    if (pages.length > 0) await snapshots.putPages(pages);
    for (const { sha256: hash } of pages) {
      stored.add(hash);
      onStored(hash);
    }
  }

  /** Reading goes on while one batch is checked and written; a second one waits for it. */
  async function write(): Promise<void> {
    await writing;
    writing = store(checks);
    // Whoever waits for it hears of it.
    writing.catch(() => undefined);
    checks = [];
    bytesWaiting = 0;
    writtenMs = clock.nowMs();
  }

  async function read(): Promise<void> {
    const cut = createCutter(run.pages);
    for await (const chunk of await ledger.bundle(run.bundle, run.from, bytesIn(run.pages))) {
      bytesRead += chunk.length;
      progress.add(chunk.length);
      for (const [ref, bytes] of cut(chunk)) {
        checks.push(check(ref, bytes));
        bytesWaiting += bytes.length;
      }
      if (bytesWaiting >= WRITE_BYTES || Math.abs(clock.nowMs() - writtenMs) >= WRITE_MS) await write();
    }
    // Nobody promises the length; a proxy that was cut off ends its answer as if all were well.
    if (bytesRead < bytesIn(run.pages)) throw new LedgerError('offline', { cause: 'the bundle ended early' });
  }

  async function writeRest(): Promise<void> {
    await write();
    await writing;
  }

  const broken = await shortfallOf(read);
  const unwritten = broken?.kind === 'device' ? undefined : await shortfallOf(writeRest);
  shortfall = unwritten ?? broken ?? shortfall;
  progress.add(bytesIn(run.pages.filter(({ sha256 }) => stored.has(sha256))) - bytesRead);
  return { stored, shortfall };
}

/** Cuts what arrives into the pages that must come, in their order; holds no more than one that is not yet whole. */
function createCutter(pages: readonly PageRef[]) {
  let next = 0;
  let partial = new Uint8Array(pages[0]?.bytes ?? 0);
  let filled = 0;
  return function* cut(chunk: Uint8Array): Generator<readonly [PageRef, Uint8Array]> {
    let at = 0;
    for (let ref = pages[next]; ref && at < chunk.length; ref = pages[next]) {
      const part = chunk.subarray(at, at + ref.bytes - filled);
      partial.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < ref.bytes) return;
      const whole = partial;
      next += 1;
      partial = new Uint8Array(pages[next]?.bytes ?? 0);
      filled = 0;
      yield [ref, whole];
    }
  };
}

async function shortfallOf(work: () => Promise<void>): Promise<Shortfall | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const why = failureOf(error);
    if (why === undefined) throw error;
    const isGone = error instanceof LedgerError && error.refusal === 'not-found';
    return isGone ? { why: 'outgrown', kind: 'server' } : { why, kind: kindOf(error, why) };
  }
}

function kindOf(error: unknown, why: SyncFailure): Shortfall['kind'] {
  // Nothing more can be stored, or nothing more will be given.
  if (!(error instanceof LedgerError) || why === 'not-enrolled') return 'device';
  if (error.code === 'offline' || error.code === 'timeout') return 'line';
  const isBusy = error.refusal === 'unavailable' || error.refusal === 'too-many-requests';
  return isBusy ? 'line' : 'server';
}
