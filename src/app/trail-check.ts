// Checks a pack's journey as the server tells it: every step's leaf must stand in the log under a checkpoint that
// continues what the device saw, and every step that is shown in full must concern this pack.
import type { BlindPack } from '../domain/blinding.ts';
import { parseBase64 } from '../domain/bytes.ts';
import { eventId, type PackEvent, parseEvent } from '../domain/event.ts';
import { type Entry, parseEntry } from '../domain/ledger/entry.ts';
import { checkInclusion, HASH_BYTES, leafHash } from '../domain/ledger/merkle.ts';
import { isDecommission, isUndoable, type Pack } from '../domain/pack.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { TrailResponse, TrailStep } from '../domain/wire.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import type { Keyring } from './keyring.ts';
import type { SiteAct } from './outbox-model.ts';
import type { Blinder, Enrolment, LedgerClient } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrailState, TrailStepView } from './trail-model.ts';

export type TrailContext = {
  readonly ledger: Pick<LedgerClient, 'trail' | 'tile'>;
  readonly follower: LogFollower;
  readonly enrolment: Pick<Enrolment, 'actor'>;
  readonly keyring: Pick<Keyring, 'reach'>;
  nameOf(productCode: string): string | undefined;
};

export type TrailFailure = SyncFailure | 'not-about-this-pack' | 'outside-scope';
export type Shown = Extract<TrailState, { readonly kind: 'shown' }>;
type OpenStep = Extract<TrailStep, { readonly kind: 'open' }>;
type Tree = { readonly size: number; readonly root: Uint8Array };

export async function checkTrail(
  { follower, enrolment, keyring, nameOf }: TrailContext,
  pack: Pack,
  response: TrailResponse,
): Promise<Result<Shown, TrailFailure>> {
  const checkpoint = await follower.openNote('ledger', response.checkpoint);
  if (!checkpoint.ok) return checkpoint;
  const reconciled = await follower.reconcile('ledger', checkpoint.value);
  if (!reconciled.ok) return reconciled;
  const blinder = await keyring.reach([pack.productCode], []);
  if (!(await isReached(blinder, pack))) return err('outside-scope');
  const { siteId } = enrolment.actor;
  const all: CheckedStep[] = [];
  for (const step of response.steps) {
    const checked = await checkStep(step, { pack, blinder, siteId }, checkpoint.value);
    if (!checked.ok) return checked;
    all.push(checked.value);
  }
  all.sort((a, b) => a.view.index - b.view.index);
  const steps = all.map(({ view }) => view);
  if (steps.some((step, i) => step.index === steps[i - 1]?.index)) return err('malformed', 'a step twice');
  const { size: logSize, note } = checkpoint.value;
  const productName = nameOf(pack.productCode);
  const undoable = undoableOf(all, siteId);
  return ok({ kind: 'shown', pack, productName, steps, undoable, logSize, checkpoint: note });
}

async function checkStep(
  step: TrailStep,
  about: About,
  tree: Tree,
): Promise<Result<CheckedStep, TrailFailure>> {
  if (step.kind === 'open') return checkOpenStep(step, about, tree);
  const leaf = parseBase64(step.leaf);
  if (!leaf.ok || leaf.value.length !== HASH_BYTES) return err('malformed', 'not a leaf');
  const stands = checkPlace(step, leaf.value, tree);
  if (!stands.ok) return stands;
  const { index, operation } = step;
  const unknown = { receiptTimeMs: undefined, where: undefined, user: undefined, container: undefined };
  const shown = { index, operation, ...unknown, leaf: leaf.value, entry: undefined };
  return ok({ view: { ...shown, evidence: 'leaf-proven' }, entry: undefined, event: undefined });
}

async function checkOpenStep(
  step: OpenStep,
  about: About,
  tree: Tree,
): Promise<Result<CheckedStep, TrailFailure>> {
  const bytes = parseBase64(step.entry);
  if (!bytes.ok) return bytes;
  const entry = parseEntry(bytes.value);
  if (!entry.ok) return entry;
  const leaf = leafHash(bytes.value);
  const stands = checkPlace(step, leaf, tree);
  if (!stands.ok) return stands;
  if (!(await concerns(entry.value, about, step.container ?? undefined))) return err('not-about-this-pack');
  const event = eventOf(step, entry.value);
  if (!event.ok) return event;
  const own = entry.value.actor.siteId === about.siteId;
  const { operation, receiptTimeMs } = entry.value;
  const view: TrailStepView = {
    ...{ index: step.index, operation, receiptTimeMs, user: event.value?.user },
    where: step.where ? { ...step.where, own } : undefined,
    container: step.container ?? undefined,
    ...{ leaf, entry: bytes.value, evidence: 'proven' },
  };
  return ok({ view, entry: entry.value, event: event.value });
}

/** `entry` and `event`: as far as the reader may know them. */
type CheckedStep = {
  readonly view: TrailStepView;
  readonly entry: Entry | undefined;
  readonly event: PackEvent | undefined;
};

/**
 * The act that made the state, where it is this site's: the first after the last release or undo, since those behind
 * it met a pack that was no longer active. The ledger's word on the state is asked for beside it.
 */
function undoableOf(steps: readonly CheckedStep[], siteId: string): SiteAct | undefined {
  let maker: CheckedStep | undefined;
  for (const step of steps) {
    const { view, entry } = step;
    const isUndone = view.operation === 'undo' && maker && entry?.undoesIndex === maker.view.index;
    if (isUndone || view.operation === 'unlock') maker = undefined;
    else if (isDecommission(view.operation)) maker ??= step;
  }
  if (!maker?.entry || !maker.event || maker.entry.actor.siteId !== siteId) return undefined;
  const { entry, event } = maker;
  if (!isUndoable(event.operation) || event.opened) return undefined;
  return { id: entry.eventId, event, receiptTimeMs: entry.receiptTimeMs };
}

/** The pack, what computes its ids, and the site that asks. */
type About = { readonly pack: Pack; readonly blinder: Blinder; readonly siteId: string };

async function isReached(blinder: Blinder, { productCode }: Pack): Promise<boolean> {
  const ids = await Promise.all(blinder.keyIds.map((keyId) => blinder.blindProduct(keyId, productCode)));
  return ids.some((id) => id !== undefined);
}

async function concerns(
  entry: Entry,
  { pack, blinder }: About,
  container: string | undefined,
): Promise<boolean> {
  for (const keyId of blinder.keyIds) {
    const blind = await blinder.blindPack(keyId, pack);
    if (blind && entry.keyId === keyId && namesPack(entry, blind)) return true;
    if (container === undefined) continue;
    const containerId = await blinder.blindContainer(keyId, container);
    if (entry.containerIds.includes(containerId)) return true;
  }
  return false;
}

/** A recall names the pack's batch, a withdrawal its product, anything else the pack itself. */
function namesPack(entry: Entry, blind: BlindPack): boolean {
  if (entry.productId !== blind.productId) return false;
  if (entry.operation === 'withdraw') return true;
  if (entry.operation === 'recall') return entry.batchId === blind.batchId;
  return entry.packIds.includes(blind.packId);
}

function checkPlace(
  { index, proof }: Pick<TrailStep, 'index' | 'proof'>,
  leaf: Uint8Array,
  { size, root }: Tree,
): Result<undefined, 'malformed' | 'bad-proof'> {
  const hashes: Uint8Array[] = [];
  for (const text of proof) {
    const hash = parseBase64(text);
    if (!hash.ok) return hash;
    hashes.push(hash.value);
  }
  return checkInclusion({ leafIndex: index, treeSize: size, leafHash: leaf, root, proof: hashes });
}

/** The event behind the entry, for its own site alone: its hash stands in the entry, so it cannot be another. */
function eventOf(step: OpenStep, entry: Entry): Result<PackEvent | undefined, 'malformed' | 'bad-proof'> {
  if (step.event === null) return ok(undefined);
  const bytes = parseBase64(step.event);
  if (!bytes.ok) return bytes;
  const event = eventId(bytes.value) === entry.eventId ? parseEvent(bytes.value) : undefined;
  return event?.ok ? ok(event.value) : err('bad-proof', 'not the event that the entry binds');
}
