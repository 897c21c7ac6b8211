// What an event says, put together from what was asked for and how the packs were judged. Who, when and where are added
// when it takes its place in the device's chain.
import type { BARE_EVENT, EventPack, PackEvent } from '../domain/event.ts';
import { REASON_LENGTH_MAX } from '../domain/limits.ts';
import type { EntryMode, Pack, Seal } from '../domain/pack.ts';
import type { Judgment } from '../domain/verdict.ts';
import { isSamePack, type OwnEvent } from './journal.ts';
import type { RecordRequest } from './outbox-model.ts';
import type { JudgedScan } from './scan-model.ts';

/** What is not said is as in BARE_EVENT. */
export type Draft = Pick<PackEvent, 'operation' | 'packs'> &
  Partial<Pick<PackEvent, keyof typeof BARE_EVENT>>;

/** Of one act on one pack or more. `key`: packs with the same one share an event, which states one verdict. */
export type Plan = { readonly key: string; draft(scans: readonly JudgedScan[]): Draft };

/** Serial Shipping Container Codes of what the packs came in. */
type InContainers = { readonly containers?: readonly string[] };

export function planOf(
  { operation, seal, reason, reference, opened, containers }: Omit<RecordRequest, 'scan'> & InContainers,
  judgment: Judgment,
  snapshotId: string | undefined,
): Plan {
  return {
    key: keyOf(judgment),
    draft: (scans) => ({
      ...{ operation, packs: scans.map(({ pack, entryMode }) => eventPackOf(pack, entryMode, seal)) },
      ...{ reason: reason ?? null, reference: boundedText(reference), opened: opened ?? false },
      containers: containers ?? [],
      ...statedOf(judgment, snapshotId),
    }),
  };
}

/** An undo names its packs as the event that it reverses did. */
export function undoPlanOf(
  { id, event }: Pick<OwnEvent, 'id' | 'event'>,
  judgment: Judgment,
  snapshotId: string | undefined,
): Plan {
  const named = (pack: Pack) => event.packs.find((each) => isSamePack(each, pack)) ?? pack;
  return {
    key: `${id} ${keyOf(judgment)}`,
    draft: (scans) => ({
      ...{ operation: 'undo', undoes: id },
      packs: scans.map(({ pack, entryMode }) => eventPackOf(named(pack), entryMode, 'not-checked')),
      ...statedOf(judgment, snapshotId),
    }),
  };
}

function keyOf({ verdict, certainty }: Judgment): string {
  return `${verdict.kind} ${certainty}`;
}

function statedOf({ verdict, certainty }: Judgment, snapshotId: string | undefined) {
  return { verdict: verdict.kind, certainty, snapshot: snapshotId ?? null };
}

function eventPackOf(
  { productCode, serial, batch, expiry }: Pack,
  entryMode: EntryMode,
  seal: Seal,
): EventPack {
  return { productCode, serial, batch, expiry, entryMode, seal };
}

/** What a person typed, within what an event may hold and without halves of characters. */
export function boundedText(text: string | undefined): string | null {
  const bounded = text?.slice(0, REASON_LENGTH_MAX).replace(/\p{Surrogate}/gu, '');
  return bounded === undefined || bounded === '' ? null : bounded;
}
