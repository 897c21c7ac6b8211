// Enrolment links: `<origin>/#/enrol/<code>/<hash of the keys to trust>`. What follows the # never leaves the browser
// that opens it. The running server notes its address in the data folder, so that its operator can make further
// links beside it.
import { rmSync } from 'node:fs';
import { NEWCOMER_PLACES, type NewcomerRole } from '../domain/demo/places.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import { addressFile, openAdmin, type ServerAddress } from './admin-client.ts';
import { createInvitations, type Invitations } from './http/invitations.ts';
import { writePrivateFile } from './private-file.ts';

export function announceAddress(dataFolder: string, address: ServerAddress): void {
  writePrivateFile(addressFile(dataFolder), JSON.stringify(address));
}

export function withdrawAddress(dataFolder: string): void {
  rmSync(addressFile(dataFolder), { force: true });
}

export function makeInviteLink(
  invitations: Invitations,
  { origin, trust }: Pick<ServerAddress, 'origin' | 'trust'>,
  role: NewcomerRole,
  products: Scope,
  replaces?: string,
): Result<string, 'busy' | 'products-missing'> {
  // A manufacturer has the keys of its own products, and of no other's.
  if (role === 'manufacturer' && products === null) return err('products-missing');
  const { organisation, site } = NEWCOMER_PLACES[role];
  const invitation = invitations.create(organisation, site, products, replaces);
  return invitation.ok ? ok(`${origin}/#/enrol/${invitation.value.code}/${trust}`) : invitation;
}

/**
 * A link made by another process than the server, through the data folder that both may write. The address may be one
 * that a killed server left behind, so the server itself is asked first.
 */
export async function inviteBeside(
  dataFolder: string,
  role: NewcomerRole,
  products: Scope,
  clock: () => number,
  replaces?: string,
): Promise<Result<string, 'busy' | 'products-missing' | 'not-running'>> {
  const admin = await openAdmin(dataFolder);
  if (!admin.ok) return admin;
  const { address } = admin.value;
  return makeInviteLink(createInvitations(dataFolder, clock), address, role, products, replaces);
}
