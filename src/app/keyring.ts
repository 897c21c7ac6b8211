// The blinding keys that the device holds: those of its scope, of every epoch that there is. It learns of a new epoch
// from the server, changes the scope when asked to, and borrows the key of a product outside it where it has to prove
// what became of such a pack.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { EpochKeys } from '../domain/epoch-keys.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import type { KeysRequest } from '../domain/wire.ts';
import { guarded } from './failure.ts';
import type { Blinder, Identity, Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type Keyring = {
  /** Over the keys as they are at the time of each call. */
  readonly blinder: Blinder;
  /** What the device handles. */
  readonly scope: ReadonlySignal<Scope>;
  /** Why the keys of a new epoch could not be had. */
  readonly failure: ReadonlySignal<SyncFailure | undefined>;
  /** Asks for epochs that the device does not know yet. Fails without throwing. */
  refresh(): Promise<void>;
  /** The scope that the device then has: as much of this one as it may handle. */
  changeScope(next: Scope): Promise<Result<Scope, SyncFailure>>;
  /** A blinder that reaches these products and epochs too, as far as the server lets it. Throws as ports do. */
  reach(productCodes: readonly string[], keyIds: readonly number[]): Promise<Blinder>;
};

/** Each race means that another tab has got its way. */
const RACES_MAX = 4;
type Attempt<T> = Result<T, SyncFailure | 'raced'>;

export type KeyringContext = {
  readonly ports: Pick<Ports, 'enrolments' | 'ledger'>;
  readonly identity: Pick<Identity, 'scope' | 'blinder'>;
};

export function createKeyring({ ports, identity }: KeyringContext): Keyring {
  const { enrolments, ledger } = ports;
  const scope = signal(identity.scope);
  const failure = signal<SyncFailure | undefined>(undefined);
  let held = identity.blinder;
  let queue: Promise<unknown> = Promise.resolve();

  const blinder: Blinder = {
    get keyIds() {
      return held.keyIds;
    },
    blindProduct: (keyId, productCode) => held.blindProduct(keyId, productCode),
    blindPack: (keyId, pack) => held.blindPack(keyId, pack),
    blindContainer: (keyId, sscc) => held.blindContainer(keyId, sscc),
  };

  /** One change of the keys after the other; where another tab was faster, once more from what it left. */
  function inTurn<T>(work: () => Promise<Attempt<T>>): Promise<Result<T, SyncFailure>> {
    const next = queue.then(async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        const done = await guarded<T, 'raced'>(work);
        if (done.ok) return done;
        if (done.error !== 'raced') return err(done.error, done.detail);
      }
      return err('storage-failed', 'the scope keeps changing');
    });
    queue = next.catch(() => undefined);
    return next;
  }

  /** Undefined where the answer is not about what was asked. */
  async function ask(request: KeysRequest): Promise<readonly EpochKeys[] | undefined> {
    const { keys } = await ledger.keys(request);
    const answered = keys.map(({ keyId }) => keyId);
    const isWhole = answered.length === request.keyIds.length;
    return isWhole && request.keyIds.every((keyId) => answered.includes(keyId)) ? keys : undefined;
  }

  async function learnEpochs(): Promise<Attempt<undefined>> {
    await readStored();
    const { keyIds } = await ledger.keys({ keyIds: [], products: [] });
    const lacking = keyIds.filter((keyId) => !held.keyIds.includes(keyId));
    if (lacking.length === 0) return ok(undefined);
    const keys = await ask({ keyIds: lacking, products: scope.value });
    const kind = scope.value === null ? 'master' : 'products';
    if (!keys?.every((each) => each.kind === kind)) return err('malformed', 'not the keys of the scope');
    const kept = await keep(scope.value, keys);
    return kept.ok ? ok(undefined) : kept;
  }

  /** Another tab may have changed the scope, or learnt of an epoch. */
  async function readStored(): Promise<void> {
    const stored = await enrolments.load();
    if (!stored) return;
    held = stored.blinder;
    scope.value = stored.scope;
  }

  async function refresh(): Promise<void> {
    const learnt = await inTurn(learnEpochs);
    failure.value = learnt.ok ? undefined : learnt.error;
  }

  async function take(next: Scope): Promise<Attempt<Scope>> {
    await readStored();
    const lacking = next && outside(next);
    const isHeld = scope.value === null ? next === null : lacking?.length === 0;
    if (isHeld) return keep(next, []);
    // All epochs first, for what the scope keeps; then what it lacks, under the same epochs.
    const learnt = await learnEpochs();
    if (!learnt.ok) return learnt;
    const keys = await ask({ keyIds: held.keyIds, products: lacking });
    if (!keys) return err('malformed', 'not the keys of the scope');
    return keep(scopeOf(next, lacking, keys), keys);
  }

  async function keep(next: Scope, keys: readonly EpochKeys[]): Promise<Attempt<Scope>> {
    const kept = await enrolments.keepKeys(scope.value, next, keys);
    if (!kept) return err('raced');
    held = kept;
    scope.value = next;
    return ok(next);
  }

  /** What the device has no key of its own of; a master is the key of no single product. */
  function outside(productCodes: readonly string[]): readonly string[] {
    const within = new Set(scope.value);
    return [...new Set(productCodes)].filter((each) => !within.has(each));
  }

  async function reach(productCodes: readonly string[], keyIds: readonly number[]): Promise<Blinder> {
    if (keyIds.some((keyId) => !held.keyIds.includes(keyId))) await refresh();
    if (scope.value === null) return blinder;
    const lacking = outside(productCodes);
    const keys = lacking.length > 0 && (await ask({ keyIds: held.keyIds, products: lacking }));
    return keys ? joined(blinder, await enrolments.borrow(keys)) : blinder;
  }

  return {
    ...{ blinder, scope: scope as ReadonlySignal<Scope>, failure },
    ...{ refresh, changeScope: (next) => inTurn(() => take(next)), reach },
  };
}

/** What was asked for and is held now: the server leaves out what the device may not have. */
function scopeOf(next: Scope, asked: Scope, keys: readonly EpochKeys[]): Scope {
  const [first] = keys;
  if (first?.kind !== 'products') return next;
  const granted = new Set(first.products.map(({ productCode }) => productCode));
  const refused = new Set(asked?.filter((each) => !granted.has(each)));
  return next === null ? [...granted] : next.filter((each) => !refused.has(each));
}

function joined(own: Blinder, borrowed: Blinder): Blinder {
  return {
    ...{ keyIds: own.keyIds, blindContainer: own.blindContainer },
    blindProduct: async (keyId, productCode) =>
      (await own.blindProduct(keyId, productCode)) ?? borrowed.blindProduct(keyId, productCode),
    blindPack: async (keyId, pack) => (await own.blindPack(keyId, pack)) ?? borrowed.blindPack(keyId, pack),
  };
}
