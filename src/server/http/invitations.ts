// One-time codes that let a device join a site. Only a code's hash is kept, as the name of a file, and using a code
// is removing that file, which the file system lets happen once. So codes survive a restart, and another process of
// the operator (`packtrail invite`) can make one without any way in over the network.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../domain/result.ts';
import {
  hex,
  integer,
  nullable,
  optional,
  parseJson,
  record,
  type Shaped,
  text,
} from '../../domain/shape.ts';
import { type Scope, scopeShape } from '../../domain/snapshot/scope.ts';
import { writePrivateFile } from '../private-file.ts';
import { randomCode } from './secret-file.ts';

const invitationShape = record({
  organisation: text(64),
  site: text(64),
  /** What the device may act on and have keys of. */
  products: scopeShape,
  expiresMs: integer(0),
  /** The device that the new one follows. */
  replaces: optional(nullable(hex(16)), null),
});
export type Invitation = Shaped<typeof invitationShape>;

export type Invitations = {
  /** `busy`: too many codes wait to be used. */
  create(
    organisation: string,
    site: string,
    products: Scope,
    replaces?: string,
  ): Result<{ code: string; expiresMs: number }, 'busy'>;
  /** Each code answers once. What was wrong with the others is nobody's business. */
  redeem(code: string): Result<Invitation, 'not-valid'>;
};

const LIFE_MS = 15 * 60_000;
/** A site enrols a handful of devices in 15 minutes; more waiting codes than this are somebody's mistake. */
const WAITING_MAX = 1_000;

export function createInvitations(dataFolder: string, clock: () => number): Invitations {
  const folder = join(dataFolder, 'invitations');
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  return {
    create(organisation, site, products, replaces) {
      if (sweep(folder, clock()) >= WAITING_MAX) return err('busy');
      const code = randomCode();
      const expiresMs = clock() + LIFE_MS;
      const invitation: Invitation = { organisation, site, products, expiresMs, replaces: replaces ?? null };
      writePrivateFile(join(folder, hashOf(code)), JSON.stringify(invitation));
      return ok({ code, expiresMs });
    },
    redeem(code) {
      // Looking up the hash of a code of 192 bits leaves nothing to learn from the time that it takes.
      const path = join(folder, hashOf(code));
      const invitation = read(path);
      if (!invitation.ok) return invitation;
      try {
        rmSync(path);
      } catch {
        return err('not-valid', 'another request was faster');
      }
      return invitation.value.expiresMs > clock() ? invitation : err('not-valid', 'too late');
    },
  };
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}

function read(path: string): Result<Invitation, 'not-valid'> {
  try {
    const invitation = parseJson(readFileSync(path, 'utf8'), invitationShape);
    return invitation.ok ? invitation : err('not-valid', invitation.detail);
  } catch {
    return err('not-valid', 'no such code');
  }
}

/** Removes what can no longer be used; returns how many codes wait. */
function sweep(folder: string, nowMs: number): number {
  const names = readdirSync(folder);
  let waiting = 0;
  for (const name of names) {
    const invitation = read(join(folder, name));
    if (invitation.ok && invitation.value.expiresMs > nowMs) waiting++;
    else rmSync(join(folder, name), { force: true });
  }
  return waiting;
}
