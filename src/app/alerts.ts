// The alerts of this device's site, or of the market for who looks after it: what the server last said is kept and
// shown with its age, and a step is signed like an event before it is sent. Nothing here waits in a queue: whoever
// works on a case has to see that the step was taken.
import { computed, type Signal, signal } from '@preact/signals-core';
import { type AlertLine, type AlertsResponse, alertLineShape } from '../domain/alerts/alert-wire.ts';
import { type AlertAction, encodeAlertStep, isParty } from '../domain/alerts/workflow.ts';
import { bytesToHex, encodeBase64 } from '../domain/bytes.ts';
import { ok } from '../domain/result.ts';
import { hex, integer, list, parseJson, record } from '../domain/shape.ts';
import type { AlertDetail, AlertList, AlertsModel } from './alerts-model.ts';
import { guarded } from './failure.ts';
import type { AlertClient, DeviceKey, Enrolment, Ports } from './ports.ts';
import { userOf } from './recorder.ts';
import type { SyncFailure } from './sync-model.ts';

export type AlertsContext = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'settings' | 'ledger'>;
  readonly enrolment: Pick<Enrolment, 'device'>;
  readonly key: DeviceKey;
};

const EMPTY: AlertList = {
  ...{ lines: [], asOfMs: undefined, failure: undefined, isLoading: false, hasMore: false },
};
/** In one list, however it was loaded. */
const LINES_MAX = 1_000;
const keptShape = record({ device: hex(16), asOfMs: integer(0), alerts: list(alertLineShape, LINES_MAX) });
/** A list that stays the same is written for its age alone. */
const KEPT_AGE_MS = 15 * 60_000;

type Page = { next: number | null; tag: string | undefined };

export async function createAlerts({ ports, enrolment, key }: AlertsContext): Promise<AlertsModel> {
  const { clock, settings, random } = ports;
  const open = signal<AlertList>(await kept());
  const closed = signal<AlertList>(EMPTY);
  const detail = signal<AlertDetail>({ kind: 'none' });
  const pages: { open: Page; closed: Page } = {
    open: { next: null, tag: undefined },
    closed: { next: null, tag: undefined },
  };
  let shown: string | undefined;
  let written = { text: '', asOfMs: 0 };
  /** Sent, and perhaps recorded: the same step is sent again, so that it counts once. */
  let unanswered: { readonly what: string; readonly bytes: Uint8Array } | undefined;

  async function kept(): Promise<AlertList> {
    const stored = await guarded(async () => ok(await settings.get('alerts')));
    const parsed = stored.ok && stored.value !== undefined ? parseJson(stored.value, keptShape) : undefined;
    // Another enrolment may have been of another site.
    const isOwn = parsed?.ok && parsed.value.device === enrolment.device;
    return isOwn ? { ...EMPTY, lines: parsed.value.alerts, asOfMs: parsed.value.asOfMs } : EMPTY;
  }

  const client = (): Promise<AlertClient> => ports.ledger.alerts();

  async function load(of: 'open' | 'closed', into: Signal<AlertList>): Promise<void> {
    if (into.value.isLoading) return;
    into.value = { ...into.value, isLoading: true };
    const page = pages[of];
    const answer = await guarded(async () =>
      ok(await (of === 'open' ? listOpen(page.tag) : (await client()).list(true, undefined, page.tag))),
    );
    if (!answer.ok) {
      into.value = { ...into.value, isLoading: false, failure: answer.error };
      return;
    }
    const asOfMs = clock.nowMs();
    const fresh = { asOfMs, failure: undefined, isLoading: false };
    if (answer.value) {
      const { alerts, next, tag } = answer.value;
      pages[of] = { next, tag };
      into.value = { ...fresh, lines: alerts, hasMore: next !== null };
    } else into.value = { ...into.value, ...fresh };
    if (of === 'open') await keep(into.value.lines, asOfMs);
  }

  /** All that are open, since packs are held back by them. Of a longer list each page may have changed: it has no tag. */
  async function listOpen(
    tag: string | undefined,
  ): Promise<(Pick<AlertsResponse, 'alerts'> & Page) | undefined> {
    const desk = await client();
    const first = await desk.list(false, undefined, tag);
    if (!first || first.next === null) return first;
    const lines = new Map(first.alerts.map((line) => [line.id, line]));
    let next: number | null = first.next;
    while (next !== null && lines.size < LINES_MAX) {
      const page = await desk.list(false, next, undefined);
      for (const line of page?.alerts ?? []) if (lines.size < LINES_MAX) lines.set(line.id, line);
      next = page?.next ?? null;
    }
    return { alerts: [...lines.values()], next, tag: undefined };
  }

  /** What cannot be kept is asked for again at the next start. */
  async function keep(alerts: readonly AlertLine[], asOfMs: number): Promise<void> {
    const text = JSON.stringify(alerts);
    if (text === written.text && Math.abs(asOfMs - written.asOfMs) < KEPT_AGE_MS) return;
    const done = await guarded(async () =>
      ok(await settings.set('alerts', JSON.stringify({ device: enrolment.device, asOfMs, alerts }))),
    );
    if (done.ok) written = { text, asOfMs };
  }

  async function more(isClosed: boolean): Promise<void> {
    const into = isClosed ? closed : open;
    const page = pages[isClosed ? 'closed' : 'open'];
    const { next } = page;
    if (next === null || into.value.isLoading) return;
    into.value = { ...into.value, isLoading: true };
    const answer = await guarded(async () => ok(await (await client()).list(isClosed, next, undefined)));
    const before = { ...into.value, isLoading: false };
    if (!answer.ok || !answer.value) {
      into.value = { ...before, failure: answer.ok ? 'malformed' : answer.error };
      return;
    }
    const held = new Set(before.lines.map(({ id }) => id));
    const lines = [...before.lines, ...answer.value.alerts.filter(({ id }) => !held.has(id))];
    page.next = answer.value.next;
    // The answer's tag was that of the first page alone; the next refresh starts from there.
    page.tag = undefined;
    const hasMore = page.next !== null && lines.length < LINES_MAX;
    into.value = { ...before, lines: lines.slice(0, LINES_MAX), failure: undefined, hasMore };
  }

  async function read(id: string): Promise<void> {
    shown = id;
    detail.value = { kind: 'loading' };
    const answer = await guarded(async () => ok(await (await client()).read(id)));
    if (shown !== id) return;
    detail.value = answer.ok
      ? {
          ...{ kind: 'shown', response: answer.value, isSending: false },
          refused: undefined,
          failure: undefined,
        }
      : { kind: 'failed', why: answer.error };
  }

  async function take(action: AlertAction): Promise<void> {
    const before = detail.value;
    if (before.kind !== 'shown' || before.isSending) return;
    const id = before.response.alert.id;
    detail.value = { ...before, isSending: true, refused: undefined, failure: undefined };
    const answer = await guarded(async () => {
      const bytes = await stepOf(id, before.response.steps.length, action);
      const signature = encodeBase64(await key.sign(bytes));
      return ok(await (await client()).step({ bytes: encodeBase64(bytes), signature }));
    });
    if (answer.ok) {
      unanswered = undefined;
      show(id, {
        response: answer.value.alert,
        refused: answer.value.refused ?? undefined,
        failure: undefined,
      });
      await Promise.all([
        load('open', open),
        closed.value.asOfMs === undefined ? undefined : load('closed', closed),
      ]);
    } else show(id, { response: before.response, refused: undefined, failure: answer.error });
  }

  function show(
    id: string,
    rest: Pick<Extract<AlertDetail, { kind: 'shown' }>, 'response' | 'refused'> & {
      readonly failure: SyncFailure | undefined;
    },
  ): void {
    if (shown === id) detail.value = { kind: 'shown', isSending: false, ...rest };
  }

  async function stepOf(alert: string, after: number, action: AlertAction): Promise<Uint8Array> {
    const what = JSON.stringify([alert, after, action]);
    if (unanswered?.what === what) return unanswered.bytes;
    const bytes = encodeAlertStep({
      ...{ type: 'packtrail/v1/alert-step', alert, device: enrolment.device, user: await userOf(settings) },
      ...{ claimedTimeMs: clock.nowMs(), after, action, nonce: bytesToHex(random.bytes(16)) },
    });
    unanswered = { what, bytes };
    return bytes;
  }

  return {
    ...{ open, closed, detail, more, read, take },
    waiting: computed(() => open.value.lines.filter(waits).length),
    refresh: () => load('open', open),
    refreshClosed: () => load('closed', closed),
    leave() {
      shown = undefined;
      detail.value = { kind: 'none' };
    },
    openOn: ({ productCode, serial }) =>
      open.value.lines.find(({ pack }) => pack.productCode === productCode && pack.serial === serial),
  };
}

/** A party that has found nothing yet; for who looks after the market, what is new or was passed on. */
function waits({ standing, state, findings }: AlertLine): boolean {
  return isParty(standing)
    ? findings[standing] === 'pending' && state !== 'escalated'
    : state === 'new' || state === 'escalated';
}
