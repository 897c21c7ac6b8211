// Writes what waits in the outbox into files that a person can carry to the ledger where the network does not. Nothing
// leaves the outbox by it: the device sends the same events later, and the ledger calls them duplicates.
import { encodeBase64 } from '../domain/bytes.ts';
import { BATCH_EVENTS_MAX } from '../domain/limits.ts';
import {
  OUTBOX_FILE_BYTES_MAX,
  OUTBOX_FILE_EVENTS_MAX,
  type OutboxFile,
  outboxFile,
  outboxFileMessage,
} from '../domain/outbox-file.ts';
import type { SignedEvent } from '../domain/wire.ts';
import type { ExportedFile } from './outbox-model.ts';
import type { OutboxRow } from './outbox-ports.ts';
import type { Clock, DeviceKey, Ports } from './ports.ts';

export type ExportContext = {
  readonly outbox: Ports['outbox'];
  readonly clock: Clock;
  /** Undefined where the device cannot be opened: then the files are not signed, the events are. */
  readonly signer: { readonly device: string; readonly key: DeviceKey } | undefined;
};

/** Room for the fields around the events. */
const EVENTS_BYTES_MAX = OUTBOX_FILE_BYTES_MAX - 4_096;

/** What the ledger has not been proven to hold. None where nothing waits. Throws StoreError and KeyError. */
export async function exportOutbox(context: ExportContext): Promise<readonly ExportedFile[]> {
  const madeMs = Math.max(0, Math.floor(context.clock.nowMs()));
  const slices = sliced(await waitingEvents(context.outbox));
  const files: ExportedFile[] = [];
  for (const [i, events] of slices.entries()) {
    const device = context.signer?.device ?? null;
    const place = { part: i + 1, parts: slices.length };
    const content = { events: events.map(({ signed }) => signed), afterLoss: idsAfterLoss(events) };
    const file = await sign(outboxFile({ device, madeMs, ...place, ...content, signature: null }), context);
    const number = slices.length > 1 ? `-${i + 1}-of-${slices.length}` : '';
    files.push({ name: `packtrail-outbox-${madeMs}${number}.json`, text: JSON.stringify(file) });
  }
  return files;
}

async function sign(file: OutboxFile, { signer }: ExportContext): Promise<OutboxFile> {
  if (!signer) return file;
  return { ...file, signature: encodeBase64(await signer.key.sign(outboxFileMessage(file))) };
}

type WaitingEvent = { readonly id: string; readonly signed: SignedEvent; readonly isAfterLoss: boolean };

async function waitingEvents(outbox: Ports['outbox']): Promise<readonly WaitingEvent[]> {
  const events: WaitingEvent[] = [];
  // A chain's rows have places that follow one another.
  const lost = new Set(await outbox.removed());
  for (let from: number | undefined = 1; from !== undefined; ) {
    const { rows, damaged, next } = await outbox.page(from, BATCH_EVENTS_MAX);
    for (const place of damaged) lost.add(place);
    for (const row of rows) {
      // A signature that no longer fits is refused, and its event has no place in the ledger's chain.
      if (row.progress.kind === 'rejected' && row.progress.reason === 'bad-signature') lost.add(row.place);
      // Of those that were refused, some may be released one day.
      if (row.progress.kind !== 'unseen') events.push(waitingEvent(row, lost.has(row.place - 1)));
    }
    from = next;
  }
  return events;
}

function waitingEvent({ id, bytes, signature, sequence }: OutboxRow, isAfterGap: boolean): WaitingEvent {
  const signed = { bytes: encodeBase64(bytes), signature: encodeBase64(signature) };
  return { id, signed, isAfterLoss: isAfterGap && sequence > 1 };
}

function idsAfterLoss(events: readonly WaitingEvent[]): readonly string[] {
  return events.flatMap(({ id, isAfterLoss }) => (isAfterLoss ? [id] : []));
}

function sliced(events: readonly WaitingEvent[]): readonly (readonly WaitingEvent[])[] {
  const slices: WaitingEvent[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const { bytes, signature } = event.signed;
    const own = bytes.length + signature.length + (event.isAfterLoss ? 110 : 40);
    const last = slices.at(-1);
    const fits = last && last.length < OUTBOX_FILE_EVENTS_MAX && length + own <= EVENTS_BYTES_MAX;
    if (fits) last.push(event);
    else slices.push([event]);
    length = (fits ? length : 0) + own;
  }
  return slices;
}
