// `packtrail devices`: what the operator decides about devices and about events that wait for a decision, on the
// running server.
import { parsePosition } from '../domain/position.ts';
import { ok, type Result } from '../domain/result.ts';
import type { AdminClient, AdminFailure } from './admin-client.ts';
import {
  DEVICES_MAX,
  decisionResponseShape,
  devicesShape,
  type Held,
  heldShape,
  sitesShape,
} from './admin-wire.ts';
import { type CommandIo, readCommandLine, runOnServer } from './command.ts';

const HELP = `packtrail devices - who may record events, and events that wait for a decision, on the running server

  packtrail devices                       list the devices: site, role, events, how many wait for a decision
  packtrail devices held [<device>]       list the events that wait: a copied or restored device, a revoked one
  packtrail devices revoke <device>       a device is lost: what it sends from now on is kept, and does not count
  packtrail devices reinstate <device>    it has been found
  packtrail devices release <event>...    these count from now on; all of a device with --device
  packtrail devices refuse <event>...     these never count, and stay as evidence
  packtrail devices sites                 list the sites, and where each is
  packtrail devices place <organisation>/<site> <latitude>,<longitude>
                                          where a site is, in degrees (-- before a southern one): one serial at two
                                          sites within hours is then an alert only if no pack could have come over
    --device <device>  every event of this device that waits
    --data <folder>    the server's (./data)
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  data: { type: 'string', default: './data' },
  device: { type: 'string' },
} as const;

/** Resolves to the exit status: 1 where something was not done, 2 for a wrong command line. */
export async function runDevices(args: readonly string[], io: CommandIo): Promise<number> {
  const read = readCommandLine(args, OPTIONS);
  if (!read || read.values.help) {
    (read ? io.print : io.warn)(HELP);
    return read ? 0 : 2;
  }
  const [command = 'list', ...names] = read.positionals;
  const run = COMMANDS[command];
  if (!run) {
    io.warn(`There is no "devices ${command}". See packtrail devices --help`);
    return 2;
  }
  return runOnServer(read.values.data, io, 'device, event or site', (admin) =>
    run(admin, names, read.values.device, io),
  );
}

type Command = (
  admin: AdminClient,
  names: readonly string[],
  device: string | undefined,
  io: CommandIo,
) => Promise<Result<number, AdminFailure>>;

const COMMANDS: Readonly<Record<string, Command>> = {
  list: async (admin, _, __, io) => list(admin, io),
  held: async (admin, [device], __, io) => {
    const held = await heldOf(admin, device);
    if (!held.ok) return held;
    for (const each of held.value) io.print(heldLine(each));
    if (held.value.length === 0) io.print('No event waits for a decision.');
    return ok(0);
  },
  sites: (admin, _, __, io) => sites(admin, io),
  place: (admin, [site = '', position = ''], __, io) => placeSite(admin, site, position, io),
  revoke: (admin, names) => setRevoked(admin, names, true),
  reinstate: (admin, names) => setRevoked(admin, names, false),
  release: (admin, names, device, io) => decide(admin, 'release', names, device, io),
  refuse: (admin, names, device, io) => decide(admin, 'refuse', names, device, io),
};

async function list(admin: AdminClient, io: CommandIo): Promise<Result<number, AdminFailure>> {
  for (let after = '0'.repeat(32); ; ) {
    const page = await admin.get(`/api/admin/devices?after=${after}`, devicesShape);
    if (!page.ok) return page;
    for (const { device, organisation, site, role, events, held, revoked } of page.value.devices)
      io.print(
        `${device}  ${organisation}/${site}  ${role}  ${events} events` +
          `${held > 0 ? `  ${held} held` : ''}${revoked ? '  REVOKED' : ''}`,
      );
    const last = page.value.devices.at(-1);
    if (!last || page.value.devices.length < DEVICES_MAX) return ok(0);
    after = last.device;
  }
}

async function sites(admin: AdminClient, io: CommandIo): Promise<Result<number, AdminFailure>> {
  const answer = await admin.get('/api/admin/sites', sitesShape);
  if (!answer.ok) return answer;
  for (const { organisation, site, role, siteName, position } of answer.value.sites)
    io.print(`${organisation}/${site}  ${role}  ${position ?? 'place not known'}  ${siteName}`);
  return ok(0);
}

async function placeSite(
  admin: AdminClient,
  name: string,
  position: string,
  io: CommandIo,
): Promise<Result<number, AdminFailure>> {
  const [organisation = '', site = ''] = name.split('/');
  const place = parsePosition(position);
  if (site === '' || !place.ok) {
    io.warn('Name a site and its place, such as: packtrail devices place linden/linden 52.52,13.405');
    return ok(2);
  }
  const done = await admin.post('/api/admin/sites', { organisation, site, position }, () => ok(undefined));
  return done.ok ? ok(0) : done;
}

async function heldOf(admin: AdminClient, device: string | undefined): Promise<Result<Held, AdminFailure>> {
  const query = device === undefined ? '' : `?device=${encodeURIComponent(device)}`;
  const answer = await admin.get(`/api/admin/held${query}`, heldShape);
  return answer.ok ? ok(answer.value.held) : answer;
}

function heldLine({
  id,
  device,
  sequence,
  operation,
  packs,
  claimedTimeMs,
  receivedMs,
  why,
}: Held[number]): string {
  const at = (ms: number) => new Date(ms).toISOString();
  const what = `${operation} of ${packs} pack${packs === 1 ? '' : 's'}`;
  return `${id}  device ${device} No. ${sequence}  ${what}  claimed ${at(claimedTimeMs)}  received ${at(receivedMs)}  ${why}`;
}

async function setRevoked(
  admin: AdminClient,
  names: readonly string[],
  revoked: boolean,
): Promise<Result<number, AdminFailure>> {
  for (const device of names) {
    const done = await admin.post('/api/admin/devices', { device, revoked }, () => ok(undefined));
    if (!done.ok) return done;
  }
  return ok(names.length > 0 ? 0 : 2);
}

async function decide(
  admin: AdminClient,
  decision: 'release' | 'refuse',
  names: readonly string[],
  device: string | undefined,
  io: CommandIo,
): Promise<Result<number, AdminFailure>> {
  const held = device === undefined ? undefined : await heldOf(admin, device);
  if (held && !held.ok) return held;
  // In the order in which they came, so that an undo comes after what it undoes.
  const ids = [...names, ...(held?.value.map(({ id }) => id) ?? [])];
  let status = ids.length > 0 ? 0 : 2;
  for (const id of ids) {
    const decided = await admin.post('/api/admin/held', { id, decision }, decisionResponseShape);
    if (!decided.ok) return decided;
    const { index, refused } = decided.value;
    if (refused !== null) status = 1;
    const done = index === null ? 'refused' : `released, at place ${index} of the ledger`;
    io.print(`${id}  ${refused === null ? done : `not done: ${refused}`}`);
  }
  return ok(status);
}
