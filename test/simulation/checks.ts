// What has to hold after every step, whatever has happened: nothing that a screen called recorded is lost, nothing is
// applied twice, and the ledger's states are those of the naive model.
import type { OutboxRow } from '../../src/app/outbox-ports.ts';
import { alertId } from '../../src/domain/alerts/alert.ts';
import { eventId, parseEvent } from '../../src/domain/event.ts';
import { parseEntry } from '../../src/domain/ledger/entry.ts';
import type { PackConflict, Receipt } from '../../src/domain/receipt.ts';
import type { Ledger } from '../../src/server/ledger/ledger.ts';
import type { Store, StoredEvent } from '../../src/server/ledger/store.ts';
import { allRows } from '../support/outbox-rows.ts';
import { createNaiveModel, type NaiveModel } from './naive-model.ts';
import { Violation } from './violation.ts';
import type { Device, World } from './world.ts';

export type Checks = {
  readonly model: NaiveModel;
  /** Throws Violation. */
  afterStep(): Promise<void>;
  rowsOf(device: Device): Promise<readonly OutboxRow[]>;
};

export function createChecks(world: World): Checks {
  const { server, promises, devices, released, refused } = world;
  const model = createNaiveModel();
  const placedAt = new Map<string, number>();
  const takenPlaces = new Map<string, string>();
  let logSize = 0;
  let alerts = 0;
  /** The log has grown since the states were compared. */
  let areStatesOpen = false;

  const rowsOf = (device: Device) => allRows(device.disk.stores.outbox);

  function checkLog(store: Store): void {
    const size = store.ledgerLog.size();
    if (size < logSize) throw new Violation(`the log shrank from ${logSize} to ${size}`);
    for (let at = logSize; at < size; at++) checkEntry(store, at);
    if (size !== logSize) {
      areStatesOpen = true;
      checkAlertCount(store);
    }
    logSize = size;
    const ledger = server.ledger();
    if (!ledger || !areStatesOpen) return;
    checkStates(ledger);
    areStatesOpen = false;
  }

  function checkEntry(store: Store, index: number): void {
    const entry = parseEntry(store.ledgerLog.entry(index) ?? new Uint8Array(0));
    if (!entry.ok) throw new Violation(`entry ${index} cannot be read`);
    const { eventId: id, part, receiptTimeMs } = entry.value;
    if (part !== 1) return;
    if (placedAt.has(id)) throw new Violation(`event ${short(id)} is in the log twice`);
    placedAt.set(id, index);
    const stored = store.event(id);
    const event = stored && parseEvent(stored.bytes);
    if (!stored || !event?.ok || stored.index !== index || eventId(stored.bytes) !== id)
      throw new Violation(`entry ${index} is not that of its event`);
    checkPlace(id, event.value);
    const inVain = model.apply({ id, event: event.value, receiptTimeMs });
    const told = conflictsIn(stored.receipt);
    if (told.join() !== inVain.join())
      throw new Violation(`event ${short(id)}: the receipt says ${told.join()} failed, not ${inVain.join()}`);
    checkAlerts(store, event.value.market, stored);
    world.tally.add('events in the log');
  }

  /** Each pack that the ledger could not square with what it holds is a case, with the event and never without it. */
  function checkAlerts(store: Store, market: string, { id, index, receipt }: StoredEvent): void {
    for (const { pack, alert } of conflictsOf(receipt)) {
      if (alert === null) continue;
      alerts += 1;
      const raised = store.alert(alertId(market, id, pack, alert));
      if (raised?.eventId !== id || raised.index !== index)
        throw new Violation(`event ${short(id)}: no alert ${alert} for its pack ${pack}`);
    }
  }

  function checkAlertCount(store: Store): void {
    const all = store.alerts({ of: undefined, closed: false, before: Number.MAX_SAFE_INTEGER, max: 100_000 });
    const met = all.filter(({ cause }) => cause !== 'repeat' && cause !== 'seen-elsewhere');
    if (met.length !== alerts) throw new Violation(`${met.length} alerts, not ${alerts}`);
  }

  /** A device's sequence counts once; whatever else comes under it counts only on an administrator's word. */
  function checkPlace(id: string, { device, sequence }: { device: string; sequence: number }): void {
    if (refused.has(id)) throw new Violation(`event ${short(id)} was refused, and is in the log`);
    if (released.has(id)) return;
    const key = `${device} ${sequence}`;
    if (takenPlaces.has(key)) throw new Violation(`event ${short(id)} is a second one in its place`);
    takenPlaces.set(key, id);
  }

  function checkStates(ledger: Ledger): void {
    for (const pack of world.packs) {
      const { finding } = ledger.verify(pack);
      const expected = model.pack(pack.productCode, pack.serial);
      const found = finding.kind === 'hit' ? finding.state : undefined;
      if (found !== expected?.state)
        throw new Violation(`${pack.serial} is ${found}, not ${expected?.state}, at ${logSize}`);
      if (finding.kind !== 'hit') continue;
      const { recalled, withdrawn } = finding.batch;
      if (
        recalled !== model.isRecalled(pack.productCode, pack.batch) ||
        withdrawn !== model.isWithdrawn(pack.productCode)
      )
        throw new Violation(`${pack.serial}: its batch is not what the recalls made of it`);
    }
  }

  async function checkDevices(store: Store): Promise<void> {
    const held = new Set<string>();
    for (const device of devices) {
      for (const row of await rowsOf(device)) {
        held.add(row.id);
        if (eventId(row.bytes) !== row.id) throw new Violation(`a row of ${device.name} is damaged`);
        const isPlaced = placedAt.has(row.id) && !released.has(row.id);
        if (row.progress.kind === 'rejected' && isPlaced)
          throw new Violation(`${device.name} takes ${short(row.id)} for refused, and it is in the log`);
      }
      if ((await device.disk.stores.checkpoints.evidence()).length > 0)
        throw new Violation(`${device.name} has seen a fork`);
    }
    for (const { id, device, what, isLostWithDisk } of promises)
      if (!isLostWithDisk && !held.has(id) && !store.event(id) && !isSpoilt(world, id, device))
        throw new Violation(`event ${short(id)} is lost: ${what}`);
  }

  return {
    model,
    rowsOf,
    async afterStep() {
      const store = server.store();
      checkLog(store);
      await checkDevices(store);
    },
  };
}

/** The bytes of its event are gone, or its signature is, and so is the key that could make another. */
export function isSpoilt({ spoilt }: World, id: string, device: Device): boolean {
  const flip = spoilt.get(id);
  return flip?.part === 'bytes' || (flip !== undefined && flip.signer !== device.id);
}

function conflictsIn(receipt: Receipt): readonly number[] {
  return conflictsOf(receipt)
    .map(({ pack }) => pack)
    .sort((a, b) => a - b);
}

function conflictsOf(receipt: Receipt): readonly PackConflict[] {
  return 'conflicts' in receipt ? receipt.conflicts : [];
}

export function short(id: string): string {
  return id.slice(0, 8);
}
