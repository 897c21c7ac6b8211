// A pack is one sales unit: product code plus serial, carrying a batch and an expiry date. The words and codes here
// are those of the European system (Delegated Regulation (EU) 2016/161) and are shared by screen, API and ledger.

/** Position in the list is the code in entries and snapshot pages, so the list only ever grows at its end. */
export const PACK_STATES = [
  'active',
  'supplied',
  'destroyed',
  'exported',
  'sample',
  'free-sample',
  'locked',
  'stolen',
] as const;
export type PackState = (typeof PACK_STATES)[number];

export const ENTRY_MODES = ['scanned', 'typed', 'file'] as const;
export type EntryMode = (typeof ENTRY_MODES)[number];

/** What the user saw when looking at the anti-tampering device. */
export const SEALS = ['intact', 'broken', 'not-checked'] as const;
export type Seal = (typeof SEALS)[number];

/** All four data elements of the unique identifier (Art. 4). */
export type Pack = {
  /** `gtin:` and 14 digits, or `ppn:` and the IFA Pharmacy Product Number. */
  readonly productCode: string;
  readonly serial: string;
  readonly batch: string;
  /** ISO date, a month-only expiry resolved to the month's last day. */
  readonly expiry: string;
};

/** What becomes of a pack by each operation that takes it out of the active state. */
export const DECOMMISSIONED_STATE = {
  supply: 'supplied',
  destroy: 'destroyed',
  export: 'exported',
  sample: 'sample',
  'free-sample': 'free-sample',
  lock: 'locked',
  stolen: 'stolen',
} as const satisfies Record<string, PackState>;
export type Decommission = keyof typeof DECOMMISSIONED_STATE;

/** Position in the list is the operation code of entry v1, so the list only ever grows at its end. */
export const OPERATIONS = [
  'commission',
  'pack',
  'ship',
  'receive',
  'supply',
  'destroy',
  'export',
  'sample',
  'free-sample',
  'lock',
  'stolen',
  'undo',
  'recall',
  'withdraw',
  'inspect',
  'verify',
  'unlock',
  'outage',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export function isDecommission(operation: Operation): operation is Decommission {
  return operation in DECOMMISSIONED_STATE;
}

/** Looking at a pack changes nothing; what it shows may still raise an alert. */
export function isLook(operation: Operation): boolean {
  return operation === 'verify' || operation === 'inspect';
}

/** Handing a pack on to where a patient may take from it. */
export function passesOn(operation: Operation): boolean {
  return operation === 'supply' || operation === 'free-sample' || operation === 'export';
}

/** Destroyed and stolen packs never come back (domain rule of the European system: these have no undo). */
export function isUndoable(operation: Operation): boolean {
  return isDecommission(operation) && operation !== 'destroy' && operation !== 'stolen';
}

/** ISO date to the number yyyymmdd that entries and pages carry; 0 stands for "no expiry". */
export function expiryNumber(iso: string | undefined): number {
  return iso === undefined ? 0 : Number(iso.replaceAll('-', ''));
}

export function expiryIso(yyyymmdd: number): string {
  const digits = String(yyyymmdd).padStart(8, '0');
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}

/** A pack may be used up to and including its expiry date, taken in UTC. */
export function isExpired(yyyymmdd: number, nowMs: number): boolean {
  const iso = new Date(nowMs).toISOString().slice(0, 10);
  return yyyymmdd !== 0 && yyyymmdd < expiryNumber(iso);
}
