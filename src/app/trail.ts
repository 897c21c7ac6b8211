// A pack's journey, as the server tells it and as the device checks it: every step's leaf must stand in the log under
// a checkpoint that continues what the device saw, and every step that is shown in full must concern this pack.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { BlindPack } from '../domain/blinding.ts';
import { parseBase64 } from '../domain/bytes.ts';
import { eventId, parseEvent } from '../domain/event.ts';
import { type Entry, parseEntry } from '../domain/ledger/entry.ts';
import { checkInclusion, HASH_BYTES, leafHash } from '../domain/ledger/merkle.ts';
import type { Pack } from '../domain/pack.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { TrailResponse, TrailStep } from '../domain/wire.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded } from './failure.ts';
import type { Keyring } from './keyring.ts';
import type { Blinder, Enrolment, LedgerClient } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrailModel, TrailState, TrailStepView } from './trail-model.ts';

export type TrailContext = {
  readonly ledger: Pick<LedgerClient, 'trail' | 'tile'>;
  readonly follower: LogFollower;
  readonly enrolment: Pick<Enrolment, 'actor'>;
  readonly keyring: Pick<Keyring, 'reach'>;
  nameOf(productCode: string): string | undefined;
};

type TrailFailure = SyncFailure | 'not-about-this-pack' | 'outside-scope';
type Shown = Extract<TrailState, { readonly kind: 'shown' }>;
type OpenStep = Extract<TrailStep, { readonly kind: 'open' }>;
type Tree = { readonly size: number; readonly root: Uint8Array };

export function createTrail({ ledger, follower, enrolment, keyring, nameOf }: TrailContext): TrailModel {
  const state = signal<TrailState>({ kind: 'closed' });
  let newest = 0;

  async function open(pack: Pack): Promise<void> {
    const mine = ++newest;
    state.value = { kind: 'loading' };
    const shown = await guarded<Shown, 'not-about-this-pack' | 'outside-scope'>(async () =>
      check(pack, await ledger.trail(pack)),
    );
    if (mine === newest) state.value = shown.ok ? shown.value : { kind: 'failed', why: shown.error };
  }

  async function check(pack: Pack, response: TrailResponse): Promise<Result<Shown, TrailFailure>> {
    const checkpoint = await follower.openNote('ledger', response.checkpoint);
    if (!checkpoint.ok) return checkpoint;
    const reconciled = await follower.reconcile('ledger', checkpoint.value);
    if (!reconciled.ok) return reconciled;
    const blinder = await keyring.reach([pack.productCode], []);
    if (!(await isReached(blinder, pack))) return err('outside-scope');
    const steps: TrailStepView[] = [];
    for (const step of response.steps) {
      const checked = await checkStep(step, { pack, blinder }, checkpoint.value);
      if (!checked.ok) return checked;
      steps.push(checked.value);
    }
    steps.sort((a, b) => a.index - b.index);
    if (steps.some((step, i) => step.index === steps[i - 1]?.index)) return err('malformed', 'a step twice');
    const { size: logSize, note } = checkpoint.value;
    const productName = nameOf(pack.productCode);
    return ok({ kind: 'shown', pack, productName, steps, logSize, checkpoint: note });
  }

  async function checkStep(
    step: TrailStep,
    about: About,
    tree: Tree,
  ): Promise<Result<TrailStepView, TrailFailure>> {
    if (step.kind === 'open') return checkOpenStep(step, about, tree);
    const leaf = parseBase64(step.leaf);
    if (!leaf.ok || leaf.value.length !== HASH_BYTES) return err('malformed', 'not a leaf');
    const stands = checkPlace(step, leaf.value, tree);
    if (!stands.ok) return stands;
    const { index, operation } = step;
    const unknown = { receiptTimeMs: undefined, where: undefined, user: undefined, container: undefined };
    return ok({ index, operation, ...unknown, leaf: leaf.value, entry: undefined, evidence: 'leaf-proven' });
  }

  async function checkOpenStep(
    step: OpenStep,
    about: About,
    tree: Tree,
  ): Promise<Result<TrailStepView, TrailFailure>> {
    const bytes = parseBase64(step.entry);
    if (!bytes.ok) return bytes;
    const entry = parseEntry(bytes.value);
    if (!entry.ok) return entry;
    const leaf = leafHash(bytes.value);
    const stands = checkPlace(step, leaf, tree);
    if (!stands.ok) return stands;
    if (!(await concerns(entry.value, about, step.container ?? undefined))) return err('not-about-this-pack');
    const user = userOf(step, entry.value);
    if (!user.ok) return user;
    const own = entry.value.actor.siteId === enrolment.actor.siteId;
    const { operation, receiptTimeMs } = entry.value;
    return ok({
      ...{ index: step.index, operation, receiptTimeMs, user: user.value },
      where: step.where ? { ...step.where, own } : undefined,
      container: step.container ?? undefined,
      ...{ leaf, entry: bytes.value, evidence: 'proven' },
    });
  }

  async function exportProof(step: TrailStepView): Promise<Result<string, SyncFailure>> {
    const { exportProof: encode } = await import('./proof-export.ts');
    return encode(ledger, follower, step);
  }

  function close(): void {
    newest += 1;
    state.value = { kind: 'closed' };
  }

  return { state: state as ReadonlySignal<TrailState>, open, exportProof, close };
}

/** The pack, and what computes its ids. */
type About = { readonly pack: Pack; readonly blinder: Blinder };

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
function userOf(step: OpenStep, entry: Entry): Result<string | undefined, 'malformed' | 'bad-proof'> {
  if (step.event === null) return ok(undefined);
  const bytes = parseBase64(step.event);
  if (!bytes.ok) return bytes;
  const event = eventId(bytes.value) === entry.eventId ? parseEvent(bytes.value) : undefined;
  return event?.ok ? ok(event.value.user) : err('bad-proof', 'not the event that the entry binds');
}
