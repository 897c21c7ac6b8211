// Enrolment links: `<origin>/#/enrol/<code>/<hash of the keys to trust>`. What follows the # never leaves the browser
// that opens it. The running server notes its address in the data folder, so that its operator can make further
// links beside it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { NEWCOMER_PLACES, type NewcomerRole } from '../domain/demo/places.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { parseJson, record, type Shaped, text } from '../domain/shape.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import { createInvitations, type Invitations } from './http/invitations.ts';
import { readSecret } from './http/secret-file.ts';
import { writePrivateFile } from './private-file.ts';

const addressShape = record({ origin: text(300, /^https?:\/\/[^/\s]+$/), trust: text(32, /^[0-9a-f]{32}$/) });
export type ServerAddress = Shaped<typeof addressShape>;

const addressFile = (dataFolder: string) => join(dataFolder, 'server.json');

export function announceAddress(dataFolder: string, address: ServerAddress): void {
  writePrivateFile(addressFile(dataFolder), JSON.stringify(address));
}

export function withdrawAddress(dataFolder: string): void {
  rmSync(addressFile(dataFolder), { force: true });
}

export function makeInviteLink(
  invitations: Invitations,
  { origin, trust }: ServerAddress,
  role: NewcomerRole,
  products: Scope,
): Result<string, 'busy' | 'products-missing'> {
  // A manufacturer has the keys of its own products, and of no other's.
  if (role === 'manufacturer' && products === null) return err('products-missing');
  const { organisation, site } = NEWCOMER_PLACES[role];
  const invitation = invitations.create(organisation, site, products);
  return invitation.ok ? ok(`${origin}/#/enrol/${invitation.value.code}/${trust}`) : invitation;
}

/** A link made by another process than the server, through the data folder that both may write. */
export function inviteBeside(
  dataFolder: string,
  role: NewcomerRole,
  products: Scope,
  clock: () => number,
): Result<string, 'busy' | 'products-missing' | 'not-running'> {
  const address = parseJson(readSecret(addressFile(dataFolder)) ?? '', addressShape);
  if (!address.ok) return err('not-running', `no server runs on ${dataFolder}`);
  return makeInviteLink(createInvitations(dataFolder, clock), address.value, role, products);
}
