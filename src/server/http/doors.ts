// Who is asking: the session token behind a request, and the auditor's token for entry bundles.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { DeviceRecord, Ledger } from '../ledger/ledger.ts';
import { Refusal } from './refusal.ts';
import type { Sessions } from './sessions.ts';

export type Doors = {
  /** The enrolled device that asks; throws Refusal. */
  requireDevice(request: FastifyRequest): DeviceRecord;
  /** Whether this request may read entry bundles: with one leaked key they are an exact list of serials for ever. */
  mayReadEntries(request: FastifyRequest): boolean;
  /** Whoever may read the server's data folder; throws Refusal for others. */
  requireAdmin(request: FastifyRequest): void;
  /** Enrolled devices, and auditors, who rebuild what devices are given; throws Refusal for others. */
  requireSnapshotReader(request: FastifyRequest): void;
};

export type Tokens = { readonly reader: string; readonly admin: string };

export function createDoors(ledger: Ledger, sessions: Sessions, tokens: Tokens): Doors {
  function requireDevice(request: FastifyRequest): DeviceRecord {
    const session = sessions.check(bearer(request) ?? '');
    if (!session.ok) throw new Refusal('session-expired');
    const device = ledger.device(session.value);
    if (!device || device.revoked) throw new Refusal('not-enrolled');
    return device;
  }

  function mayReadEntries(request: FastifyRequest): boolean {
    const token = bearer(request);
    if (token === undefined) return false;
    if (isSameSecret(token, tokens.reader)) return true;
    const session = sessions.check(token);
    const device = session.ok ? ledger.device(session.value) : undefined;
    return device !== undefined && !device.revoked && ENTRY_READERS.has(device.role);
  }

  function requireSnapshotReader(request: FastifyRequest): void {
    if (!mayReadEntries(request)) requireDevice(request);
  }

  function requireAdmin(request: FastifyRequest): void {
    const token = bearer(request);
    if (token === undefined || !isSameSecret(token, tokens.admin)) throw new Refusal('not-found');
  }

  return { requireDevice, mayReadEntries, requireSnapshotReader, requireAdmin };
}

const ENTRY_READERS: ReadonlySet<DeviceRecord['role']> = new Set(['authority', 'inspector']);

function bearer(request: FastifyRequest): string | undefined {
  return /^Bearer ([A-Za-z0-9._-]{1,300})$/.exec(request.headers.authorization ?? '')?.[1];
}

/** Compares hashes, so that neither content nor length shows in the time. */
function isSameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
