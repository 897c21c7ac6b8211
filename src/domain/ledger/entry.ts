// An entry is an event's blinded form in the log: all that the fold needs, and nothing that names a pack to somebody
// without keys. Version 1 is a fixed binary layout with one encoding per value; an event whose packs span products,
// batches or more than one entry's room becomes several consecutive entries, "part i of n".

import { hexToBytes } from '@noble/hashes/utils.js';
import { type BlindActor, type BlindId, type BlindPack, NO_ID } from '../blinding.ts';
import { bytesToHex, createByteReader, createByteWriter, utf8ToBytes } from '../bytes.ts';
import type { PackEvent } from '../event.ts';
import { ENTRY_BYTES_MAX, ENTRY_CONTAINERS_MAX, ENTRY_PACKS_MAX } from '../limits.ts';
import { expiryNumber, OPERATIONS, type Operation } from '../pack.ts';
import { assert, err, ok, type Result } from '../result.ts';

export const ENTRY_VERSION = 1;
/** Epochs count from 1. */
const NO_EPOCH = 0;

export type Entry = {
  readonly market: string;
  /** Epoch of the keys behind the ids of product, batch and packs; of the first container where there are none; else 0. */
  readonly keyId: number;
  readonly operation: Operation;
  readonly actor: BlindActor;
  /** SHA-256 of the exact bytes that the device signed. */
  readonly eventId: string;
  /** Log index of the first part of the event that this one undoes. */
  readonly undoesIndex: number | undefined;
  /** The server's clock, non-decreasing along the log. */
  readonly receiptTimeMs: number;
  /** yyyymmdd in clear, 0 where the entry names no batch. */
  readonly expiry: number;
  readonly productId: BlindId;
  readonly batchId: BlindId;
  /** 1-based. */
  readonly part: number;
  readonly parts: number;
  readonly containerIds: readonly BlindId[];
  readonly packIds: readonly BlindId[];
};

/** The blinded ids of everything that an event names, in the event's order. */
export type BlindEvent = {
  readonly actor: BlindActor;
  readonly packs: readonly BlindPack[];
  /** Epoch of each container's id. */
  readonly containerKeyIds: readonly number[];
  readonly containerIds: readonly BlindId[];
  readonly batches: readonly {
    readonly keyId: number;
    readonly productId: BlindId;
    readonly batchId: BlindId;
  }[];
};

/** What only the server knows about an event when it takes it in. */
export type Sequenced = {
  readonly receiptTimeMs: number;
  readonly undoesIndex: number | undefined;
};

/**
 * The entries that an event becomes, in log order. Deterministic, so that a device can recompute the leaves of its
 * own event from a receipt and prove their inclusion.
 */
export function entriesOf(
  event: PackEvent,
  id: string,
  blind: BlindEvent,
  sequenced: Sequenced,
): readonly Entry[] {
  const groups = groupPacks(event, blind);
  return groups.map((group, i) => ({
    market: event.market,
    keyId: group.keyId,
    operation: event.operation,
    actor: blind.actor,
    eventId: id,
    undoesIndex: sequenced.undoesIndex,
    receiptTimeMs: sequenced.receiptTimeMs,
    expiry: group.expiry,
    productId: group.productId,
    batchId: group.batchId,
    part: i + 1,
    parts: groups.length,
    containerIds: blind.containerIds,
    packIds: group.packIds,
  }));
}

type Group = Pick<Entry, 'keyId' | 'productId' | 'batchId' | 'expiry'> & {
  readonly packIds: BlindId[];
};

function groupPacks(event: PackEvent, blind: BlindEvent): readonly Group[] {
  const open = new Map<string, Group>();
  const groups: Group[] = [];
  event.packs.forEach((pack, i) => {
    const ids = blind.packs[i];
    assert(ids, 'one blinded pack for each pack');
    const expiry = expiryNumber(pack.expiry);
    const key = `${ids.keyId}|${ids.productId}|${ids.batchId}|${expiry}`;
    let group = open.get(key);
    if (!group || group.packIds.length === ENTRY_PACKS_MAX) {
      group = {
        keyId: ids.keyId,
        productId: ids.productId,
        batchId: ids.batchId,
        expiry,
        packIds: [],
      };
      open.set(key, group);
      groups.push(group);
    }
    group.packIds.push(ids.packId);
  });
  for (const batch of blind.batches) groups.push({ ...batch, expiry: 0, packIds: [] });
  const [keyId = NO_EPOCH] = blind.containerKeyIds;
  if (groups.length === 0) groups.push({ keyId, productId: NO_ID, batchId: NO_ID, expiry: 0, packIds: [] });
  return groups;
}

/** Positions in the event's pack list, in the order in which the entries carry the packs. */
export function packOrder(event: PackEvent, blind: BlindEvent): readonly number[] {
  const positions = new Map<string, number[]>();
  event.packs.forEach((pack, i) => {
    const ids = blind.packs[i];
    assert(ids, 'one blinded pack for each pack');
    const key = `${ids.keyId}|${ids.productId}|${ids.batchId}|${expiryNumber(pack.expiry)}|${ids.packId}`;
    positions.set(key, [...(positions.get(key) ?? []), i]);
  });
  return groupPacks(event, blind).flatMap((group) =>
    group.packIds.map((packId) => {
      const key = `${group.keyId}|${group.productId}|${group.batchId}|${group.expiry}|${packId}`;
      return positions.get(key)?.shift() ?? -1;
    }),
  );
}

/**
 * Layout, big-endian: version u8, operation u8, market (u8 length, ASCII), keyId u32, organisation, site and device
 * ids, event id (32), undoes u64 (index + 1, 0 = none), receipt time u64, expiry u32, productId, batchId, part u16,
 * parts u16, containers u16 and their ids, packs u16 and their ids.
 */
export function encodeEntry(entry: Entry): Uint8Array {
  const market = utf8ToBytes(entry.market);
  const writer = createByteWriter();
  writer.u8(ENTRY_VERSION);
  writer.u8(OPERATIONS.indexOf(entry.operation));
  writer.u8(market.length);
  writer.raw(market);
  writer.u32(entry.keyId);
  writer.raw(hexToBytes(entry.actor.organisationId + entry.actor.siteId + entry.actor.deviceId));
  writer.raw(hexToBytes(entry.eventId));
  writer.u64(entry.undoesIndex === undefined ? 0 : entry.undoesIndex + 1);
  writer.u64(entry.receiptTimeMs);
  writer.u32(entry.expiry);
  writer.raw(hexToBytes(entry.productId + entry.batchId));
  writer.u16(entry.part);
  writer.u16(entry.parts);
  writer.u16(entry.containerIds.length);
  writer.raw(hexToBytes(entry.containerIds.join('')));
  writer.u16(entry.packIds.length);
  writer.raw(hexToBytes(entry.packIds.join('')));
  const bytes = writer.done();
  assert(bytes.length <= ENTRY_BYTES_MAX, 'an entry fits its bundle');
  return bytes;
}

export function parseEntry(bytes: Uint8Array): Result<Entry, 'malformed'> {
  if (bytes.length > ENTRY_BYTES_MAX) return err('malformed', 'entry too long');
  const reader = createByteReader(bytes);
  const id = (length = 16) => bytesToHex(reader.raw(length));
  const version = reader.u8();
  const operation = OPERATIONS[reader.u8()];
  const market = String.fromCharCode(...reader.raw(reader.u8()));
  const keyId = reader.u32();
  const actor = { organisationId: id(), siteId: id(), deviceId: id() };
  const eventId = id(32);
  const undoes = reader.u64();
  const receiptTimeMs = reader.u64();
  const expiry = reader.u32();
  const productId = id();
  const batchId = id();
  const part = reader.u16();
  const parts = reader.u16();
  const containerIds = readIds(reader, ENTRY_CONTAINERS_MAX);
  const packIds = readIds(reader, ENTRY_PACKS_MAX);
  if (version !== ENTRY_VERSION) return err('malformed', `entry version ${version}`);
  if (!operation || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(market))
    return err('malformed', 'entry operation or market');
  if (part < 1 || part > parts) return err('malformed', 'entry part');
  if (expiry > 99_991_231) return err('malformed', 'entry expiry');
  if (!containerIds || !packIds || !reader.atEnd()) return err('malformed', 'entry length');
  const undoesIndex = undoes === 0 ? undefined : undoes - 1;
  return ok({
    ...{
      market,
      keyId,
      operation,
      actor,
      eventId,
      undoesIndex,
      receiptTimeMs,
      expiry,
      productId,
      batchId,
    },
    ...{ part, parts, containerIds, packIds },
  });
}

// The sender chose the count, so it is bounded before anything is read in its name.
function readIds(reader: ReturnType<typeof createByteReader>, max: number): BlindId[] | undefined {
  const count = reader.u16();
  if (count > max) return undefined;
  const ids: BlindId[] = [];
  for (let i = 0; i < count && !reader.failed(); i++) ids.push(bytesToHex(reader.raw(16)));
  return ids;
}

/** Under which ids a trail finds the entry: its packs and containers; its batch or product where it is about those. */
export function mentionsOf(entry: Entry): readonly BlindId[] {
  const ids = [...entry.packIds, ...entry.containerIds];
  if (entry.operation === 'recall') ids.push(entry.batchId);
  if (entry.operation === 'withdraw') ids.push(entry.productId);
  return ids.filter((id) => id !== NO_ID);
}
