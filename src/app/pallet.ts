// A list of packs that are acted on in one go. While it is open every pack that the scanner judges goes onto it, once,
// and the next can be scanned at once; its lines follow what the ledger says of each pack later. It outlives a restart.
import { batch, effect, type ReadonlySignal, signal } from '@preact/signals-core';
import { BULK_PACKS_MAX, ENTRY_CONTAINERS_MAX } from '../domain/limits.ts';
import { isUndoable, type Pack } from '../domain/pack.ts';
import { type Tone, toneOf } from '../domain/verdict.ts';
import { isSamePack } from './journal.ts';
import type { ListContent, ListKeeper } from './kept-list.ts';
import type { BulkOutcome, BulkRequest, OutboxModel, RecordRequest } from './outbox-model.ts';
import type { PalletLine, PalletModel, PalletState } from './pallet-model.ts';
import { actingJudgment } from './permission.ts';
import type { SignalKind } from './ports-scan.ts';
import type { JudgedScan, PassedOver } from './scan-model.ts';
import type { Scanner } from './scanner.ts';

export type PalletContext = {
  readonly scanner: Pick<Scanner, 'state' | 'history' | 'passedOver' | 'twins' | 'photoPacks'> &
    Pick<Scanner, 'dismiss' | 'scanMany' | 'list' | 'takeOff'>;
  readonly outbox: Pick<OutboxModel, 'recordAll' | 'undoAll'>;
  readonly keeper: ListKeeper;
  offers(scan: JudgedScan): readonly RecordRequest['operation'][];
  /** Whether goods may come in at this site. */
  readonly mayReceive: boolean;
  /** Of each scan, for those who look at the goods and not at the screen. */
  tell(kind: SignalKind): void;
};

export type Pallet = PalletModel & {
  /** Returns a function that stops it. */
  start(): () => void;
};

type Open = Extract<PalletState, { readonly kind: 'open' }>;

export function createPallet(context: PalletContext): Pallet {
  const { scanner, outbox, keeper, offers, mayReceive } = context;
  const state = signal<PalletState>({ kind: 'closed' });
  /** What comes back is neither told nor written before all of it is there. Undefined: it is, or the list was closed. */
  let restoring: 'loading' | 'listing' | undefined = 'loading';
  let isStopped = false;
  /** What could not be judged when it came back: the next start tries again. */
  let unlisted: ListContent['packs'] = [];
  const tell: PalletContext['tell'] = (kind) => {
    if (!restoring) context.tell(kind);
  };

  function change(work: (open: Open) => Partial<Open>): void {
    const open = state.peek();
    if (open.kind === 'open') state.value = { ...open, ...work(open) };
  }

  /** Changes the list, and tells what it says then of the last code; `added`: what is told where that is on it now. */
  function changeAndTell(added: SignalKind, work: (open: Open) => Partial<Open>): void {
    change(work);
    const open = state.peek();
    if (open.kind === 'open')
      tell(open.last === 'repeat' ? 'listed' : open.last === 'full' ? 'unread' : added);
  }

  function take(scan: JudgedScan): void {
    // Not before: the first screen closes a list on which nothing stands.
    if (restoring === 'listing' && state.peek().kind === 'closed') open();
    const isTwin = isAmong(scanner.twins.peek(), scan);
    changeAndTell(isTwin ? 'stop' : toneOn(scan), ({ lines }) => {
      if (lines.some((line) => isSamePack(line.scan.pack, scan.pack))) return { last: 'repeat' };
      if (lines.length === BULK_PACKS_MAX) return { last: 'full' };
      return { lines: [{ scan, isTwin, outcome: undefined, act: undefined }, ...lines], last: 'added' };
    });
  }

  function takeContainer(failure: PassedOver | undefined): boolean {
    if (failure?.kind !== 'container' || state.peek().kind !== 'open') return false;
    const { sscc } = failure;
    changeAndTell('go', ({ containers }) => {
      if (containers.some((each) => each.sscc === sscc)) return { last: 'repeat' };
      if (containers.length === ENTRY_CONTAINERS_MAX) return { last: 'full' };
      return { containers: [...containers, { sscc, outcome: undefined }], last: 'container' };
    });
    return true;
  }

  /** What has been said of a listed pack since; told where it became another, and no better. */
  function follow(history: readonly JudgedScan[]): void {
    const newest = new Map(history.toReversed().map((scan) => [keyOf(scan), scan]));
    const newerThan = (scan: JudgedScan) => newest.get(keyOf(scan)) ?? scan;
    const open = state.peek();
    const changed = open.kind === 'open' ? open.lines.filter(({ scan }) => newerThan(scan) !== scan) : [];
    if (changed.length === 0) return;
    change(({ lines }) => ({ lines: lines.map((line) => ({ ...line, scan: newerThan(line.scan) })) }));
    for (const { scan, outcome } of changed) {
      const tone = toneOn(newerThan(scan));
      if (!outcome && tone !== 'go' && tone !== toneOn(scan)) tell(tone);
    }
  }

  function start(): () => void {
    let known = scanner.history.peek();
    const stops = [
      effect(() => {
        const content = contentOf(state.value, unlisted);
        if (!restoring) keeper.keep(content);
      }),
      // From the history and not from the screen: a pack is not shown when the next one came before it was judged.
      effect(() => {
        const history = scanner.history.value;
        const [newest] = history;
        const isNew = newest !== undefined && newest !== known[0] && history[1] === known[0];
        known = history;
        if (isNew) take(newest);
        follow(history);
      }),
      effect(() => {
        const scanned = scanner.state.value;
        const isFailed = scanned.kind === 'failed' && state.peek().kind === 'open';
        const isTaken = isFailed && takeContainer(scanned.failure);
        if (isFailed && !isTaken) tell('unread');
        if (isTaken || (scanned.kind === 'judged' && state.peek().kind === 'open')) scanner.dismiss();
      }),
      effect(() => {
        const passed = scanner.passedOver.value;
        const isTaken = takeContainer(passed);
        const isMissed = passed && !isTaken && passed.kind !== 'taken-off';
        if (isMissed && state.peek().kind === 'open') tell('unread');
      }),
      effect(() => {
        const twins = scanner.twins.value;
        change(({ lines }) => {
          const isNew = lines.some(({ isTwin, scan }) => !isTwin && isAmong(twins, scan));
          if (isNew) tell('stop');
          return { lines: lines.map((line) => ({ ...line, isTwin: isAmong(twins, line.scan) })) };
        });
      }),
    ];
    void restore();
    return () => {
      isStopped = true;
      for (const stop of stops) stop();
    };
  }

  /** Opens the list that was open when the app was last here. */
  async function restore(): Promise<void> {
    const kept = await keeper.load();
    // Its screen may have opened it meanwhile, and goods may have come onto it.
    if (kept && restoring) {
      restoring = 'listing';
      if (kept.containers.length > 0) batch(() => listContainers(kept.containers));
      for (const each of kept.packs.toReversed()) {
        const { entryMode, ...read } = each;
        await scanner.list({ kind: 'pack', notes: [], ...read }, entryMode);
        if (isStopped || !restoring) break;
        const now = state.peek();
        const isListed =
          now.kind === 'open' && now.lines.some(({ scan }) => isSamePack(scan.pack, each.pack));
        if (!isListed) unlisted = [each, ...unlisted];
      }
      change(() => ({ last: undefined }));
    }
    if (isStopped) return;
    restoring = undefined;
    keeper.keep(contentOf(state.peek(), unlisted));
  }

  function listContainers(ssccs: readonly string[]): void {
    open();
    change(({ containers }) => {
      const added = ssccs.filter((sscc) => containers.every((each) => each.sscc !== sscc));
      return { containers: [...added.map((sscc) => ({ sscc, outcome: undefined })), ...containers] };
    });
  }

  /** On the chosen of the lines asked about, which then say what became of it. */
  async function act(
    asked: readonly PalletLine[],
    isMeant: (line: PalletLine) => boolean,
    what: NonNullable<PalletLine['act']>,
    work: (scans: readonly JudgedScan[]) => Promise<readonly BulkOutcome[]>,
  ): Promise<void> {
    const open = state.peek();
    if (open.kind !== 'open' || open.isRecording) return;
    const agreed = new Set(asked.map(({ scan }) => keyOf(scan)));
    const meant = open.lines.filter((line) => agreed.has(keyOf(line.scan)) && isMeant(line));
    const scans = meant.map(({ scan }) => scan);
    change(() => ({ isRecording: true }));
    try {
      const outcomes = await work(scans);
      const byPack = new Map(scans.map((scan, i) => [keyOf(scan), outcomes[i]]));
      change(({ lines }) => ({
        lines: lines.map((line) => {
          const outcome = byPack.get(keyOf(line.scan));
          return outcome ? { ...line, outcome, act: what } : line;
        }),
      }));
    } finally {
      change(() => ({ isRecording: false }));
    }
  }

  async function record(
    request: Omit<BulkRequest, 'scans' | 'containers'>,
    asked: readonly PalletLine[],
  ): Promise<void> {
    const open = state.peek();
    const isReceipt = open.kind === 'open' && request.operation === 'receive';
    const containers = isReceipt ? open.containers.filter(isWaiting).map(({ sscc }) => sscc) : [];
    await act(asked, isWaiting, request.operation, async (scans) => {
      const outcomes = await outbox.recordAll({ ...request, scans, containers });
      const outcome = outcomes[scans.length];
      change((now) => ({
        containers: now.containers.map((each) =>
          outcome && containers.includes(each.sscc) ? { ...each, outcome } : each,
        ),
      }));
      return outcomes;
    });
  }

  function open(): void {
    scanner.dismiss();
    if (state.peek().kind !== 'closed') return;
    scanner.scanMany(true);
    state.value = { kind: 'open', lines: [], containers: [], last: undefined, isRecording: false };
  }

  const shown: ReadonlySignal<PalletState> = state;
  return {
    ...{ state: shown, start, record },
    undoable: () => (state.value.kind === 'open' ? state.value.lines.filter(mayUndo).length : 0),
    undo: (handedOver, asked) =>
      act(asked, mayUndo, 'undo', (scans) => outbox.undoAll({ scans, handedOver })),
    open,
    openWithPhoto() {
      const packs = scanner.photoPacks.peek();
      open();
      // What goes wrong with one of them is shown.
      for (const pack of packs) void scanner.list(pack, 'file');
    },
    close() {
      scanner.scanMany(false);
      restoring = undefined;
      unlisted = [];
      state.value = { kind: 'closed' };
    },
    removeContainer: (sscc) =>
      change(({ containers }) => ({ containers: containers.filter((each) => each.sscc !== sscc) })),
    remove(line) {
      change(({ lines }) => ({ lines: lines.filter((each) => each !== line) }));
      scanner.takeOff(line.scan.pack);
    },
    offers() {
      const open = state.value;
      const counts = new Map<RecordRequest['operation'], number>();
      for (const { scan } of open.kind === 'open' ? open.lines.filter(isWaiting) : [])
        for (const operation of offers(scan)) counts.set(operation, (counts.get(operation) ?? 0) + 1);
      const waiting = open.kind === 'open' && mayReceive ? open.containers.filter(isWaiting).length : 0;
      if (waiting > 0 && !counts.has('receive')) counts.set('receive', 0);
      return [...counts].map(([operation, packs]) => ({
        ...{ operation, packs, containers: operation === 'receive' ? waiting : 0 },
      }));
    },
  };
}

/** What was recorded stays while it can be undone: as a waiting line it would be recorded once more. */
function contentOf(state: PalletState, unlisted: ListContent['packs']): ListContent | undefined {
  const { lines, containers } = state.kind === 'open' ? state : { lines: [], containers: [] };
  if (state.kind === 'closed' && unlisted.length === 0) return undefined;
  const packs = lines
    .filter((line) => isWaiting(line) || mayUndo(line))
    .map(({ scan: { pack, entryMode, expiryDayUnspecified } }) => ({
      ...{ pack, entryMode, expiryDayUnspecified },
    }));
  return {
    packs: [...packs, ...unlisted].slice(0, BULK_PACKS_MAX),
    containers: containers.filter(isWaiting).map(({ sscc }) => sscc),
  };
}

function isAmong(packs: readonly Pack[], { pack }: Pick<JudgedScan, 'pack'>): boolean {
  return packs.some((each) => isSamePack(each, pack));
}

function isWaiting({ outcome }: Pick<PalletLine, 'outcome'>): boolean {
  return !outcome?.ok;
}

/** As far as the list can tell; whoever records it judges each pack once more. */
function mayUndo({ scan, outcome, act }: PalletLine): boolean {
  if (act === 'undo') return !outcome?.ok;
  return outcome?.ok ? act !== undefined && isUndoable(act) : scan.undoable !== undefined;
}

function keyOf({ pack }: Pick<JudgedScan, 'pack'>): string {
  return `${pack.productCode} ${pack.serial}`;
}

/** Of the opinion that leads on its line. */
function toneOn(scan: JudgedScan): Tone {
  return toneOf(actingJudgment(scan).verdict);
}
