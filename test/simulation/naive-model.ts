// What the ledger should make of its events, written down once more and plainly: no blinding, no table of transitions,
// no store. It shares no rule with the ledger's own fold, whose states it is held against.
import type { PackEvent } from '../../src/domain/event.ts';
import type { PackState } from '../../src/domain/pack.ts';

export type Logged = {
  readonly id: string;
  readonly event: PackEvent;
  readonly receiptTimeMs: number;
};

export type NaivePack = {
  batch: string;
  expiry: string;
  state: PackState;
  /** The event that made the state. */
  by: string;
  site: string;
  /** Events of that site that said the same once more. */
  again: readonly string[];
  /** Another site has tried too. */
  isContested: boolean;
};

export type NaiveModel = {
  /** Positions of the packs on which the event was in vain. */
  apply(logged: Logged): readonly number[];
  pack(productCode: string, serial: string): NaivePack | undefined;
  isRecalled(productCode: string, batch: string): boolean;
  isWithdrawn(productCode: string): boolean;
};

const STATE_AFTER: Readonly<Record<string, PackState>> = {
  supply: 'supplied',
  destroy: 'destroyed',
  export: 'exported',
  sample: 'sample',
  'free-sample': 'free-sample',
  lock: 'locked',
  stolen: 'stolen',
};
const TO_PATIENTS = ['supply', 'export', 'free-sample'];
const FOR_GOOD = ['destroy', 'stolen'];
const TEN_DAYS_MS = 10 * 86_400_000;

export function createNaiveModel(): NaiveModel {
  const packs = new Map<string, NaivePack>();
  const expiries = new Map<string, string>();
  const recalled = new Set<string>();
  const withdrawn = new Set<string>();
  const log = new Map<string, Logged>();

  function isKept(productCode: string, { batch, expiry }: NaivePack, nowMs: number): boolean {
    const today = new Date(nowMs).toISOString().slice(0, 10);
    return withdrawn.has(productCode) || recalled.has(`${productCode} ${batch}`) || expiry < today;
  }

  /** False: in vain. */
  function act(
    { id, event, receiptTimeMs }: Logged,
    { productCode, serial, batch, expiry }: PackEvent['packs'][number],
  ): boolean {
    const { operation, site, undoes } = event;
    const key = `${productCode} ${serial}`;
    const pack = packs.get(key);
    if (operation === 'commission') {
      if (pack && pack.site !== site) pack.isContested = true;
      const ofBatch = expiries.get(`${productCode} ${batch}`) ?? expiry;
      if (pack || ofBatch !== expiry) return false;
      expiries.set(`${productCode} ${batch}`, expiry);
      packs.set(key, { batch, expiry, state: 'active', by: id, site, again: [], isContested: false });
      return true;
    }
    if (!pack) return false;
    const kept = isKept(productCode, pack, receiptTimeMs);
    if (operation === 'undo') {
      const target = undoes === null ? undefined : log.get(undoes);
      if (undoes !== null && pack.again.includes(undoes) && target?.event.site === site)
        return !FOR_GOOD.includes(target.event.operation);
      const isOurs = target !== undefined && pack.by === undoes && target.event.site === site;
      const isInTime = target !== undefined && receiptTimeMs - target.receiptTimeMs <= TEN_DAYS_MS;
      const isPossible = isOurs && isInTime && !kept && !FOR_GOOD.includes(target.event.operation);
      if (!isPossible || !(target.event.operation in STATE_AFTER)) return false;
      Object.assign(pack, { state: pack.isContested ? 'locked' : 'active', by: id, site });
      return true;
    }
    if (operation === 'unlock') {
      if (pack.state !== 'locked' || kept) return false;
      Object.assign(pack, { state: 'active', by: id, site, again: [], isContested: false });
      return true;
    }
    const state = STATE_AFTER[operation];
    const isIdentical = pack.batch === batch && pack.expiry === expiry;
    if (state === undefined) return isIdentical || (operation !== 'verify' && operation !== 'inspect');
    if (!isIdentical) return false;
    if (pack.state !== 'active') {
      const isSame = pack.state === state && pack.site === site;
      if (isSame && pack.by !== id) pack.again = [...pack.again, id];
      if (pack.site !== site) pack.isContested = true;
      return isSame;
    }
    if (kept && TO_PATIENTS.includes(operation)) return false;
    Object.assign(pack, { state, by: id, site, again: [] });
    return true;
  }

  return {
    apply(logged) {
      const { operation, batches, packs: named } = logged.event;
      for (const { productCode, batch } of batches) {
        if (operation === 'recall') recalled.add(`${productCode} ${batch}`);
        if (operation === 'withdraw') withdrawn.add(productCode);
      }
      const inVain = named.flatMap((pack, at) => (act(logged, pack) ? [] : [at]));
      log.set(logged.id, logged);
      return inVain;
    },
    pack: (productCode, serial) => packs.get(`${productCode} ${serial}`),
    isRecalled: (productCode, batch) => recalled.has(`${productCode} ${batch}`),
    isWithdrawn: (productCode) => withdrawn.has(productCode),
  };
}
