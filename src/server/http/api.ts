// The API's endpoints. Each reads its body by schema and shape, asks the ledger, and answers in a shape of wire.ts.
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type EpochKeys, epochKeysOf } from '../../domain/epoch-keys.ts';
import { deviceId } from '../../domain/event.ts';
import { BATCH_BYTES_MAX, KEYS_REQUEST_BYTES_MAX } from '../../domain/limits.ts';
import type { Shape } from '../../domain/shape.ts';
import { overlapOf } from '../../domain/snapshot/scope.ts';
import {
  challengeRequestShape,
  type EnrolResponse,
  enrolRequestShape,
  eventsRequestShape,
  type KeysRequest,
  keysRequestShape,
  sessionRequestShape,
  trailRequestShape,
  verifyRequestShape,
} from '../../domain/wire.ts';
import { importDeviceKey } from '../device-signature.ts';
import type { DeviceRecord, Ledger } from '../ledger/ledger.ts';
import { nodeMac } from '../ledger/server-blinder.ts';
import { addAlerts } from './alerts.ts';
import { decodeBase64 } from './base64.ts';
import type { Doors } from './doors.ts';
import { addHandIn, signedBytes } from './hand-in.ts';
import type { Invitation, Invitations } from './invitations.ts';
import { Refusal } from './refusal.ts';
import { SCHEMAS } from './schemas.ts';
import type { Sessions } from './sessions.ts';
import { createSignatureFailures, type SignatureFailures } from './signature-failures.ts';

export type ApiParts = {
  readonly ledger: Ledger;
  readonly market: string;
  readonly clock: () => number;
  readonly invitations: Invitations;
  readonly sessions: Sessions;
  readonly doors: Doors;
};

const MINUTE_MS = 60_000;
/** Requests a minute: by address where anyone may ask, by device behind a session. */
const LIMITS = {
  enrol: 10,
  enrolOfAll: 120,
  stranger: 60,
  events: 120,
  device: 600,
  keys: 10,
  invitations: 10,
};

const byAddress = (max: number) => ({ rateLimit: { max, timeWindow: MINUTE_MS } });

export function addApi(app: FastifyInstance, parts: ApiParts): void {
  addEnrolment(app, parts);
  addSessions(app, parts);
  // By address, whichever way the events come.
  const failures = createSignatureFailures(parts.clock);
  addEvents(app, parts.ledger, failures);
  addHandIn(app, parts.ledger, failures);
  addReading(app, parts);
  addKeys(app, parts);
  addAlerts(app, parts.ledger, parts.doors, byDevice(parts.doors, LIMITS.device));
}

function addEnrolment(app: FastifyInstance, parts: ApiParts): void {
  const { ledger, invitations, doors } = parts;
  const ofAll = app.createRateLimit({
    ...{ max: LIMITS.enrolOfAll, timeWindow: MINUTE_MS, keyGenerator: () => 'all' },
  });
  app.post('/api/enrol', { schema: SCHEMAS.enrol, config: byAddress(LIMITS.enrol) }, async (request) => {
    const share = await ofAll(request);
    if (!share.isAllowed && share.isExceeded) throw new Refusal('too-many-requests');
    const { code, publicKey, former } = parse(enrolRequestShape, request.body);
    const key = decodeBase64(publicKey);
    if (!importDeviceKey(key)) throw new Refusal('malformed');
    const invitation = invitations.redeem(code);
    if (!invitation.ok) throw new Refusal('code-not-valid');
    const { replaces } = invitation.value;
    const enrolled = await enrol(parts, key, invitation.value);
    return { ...enrolled, former: heldOf(ledger, replaces ?? former, invitation.value) };
  });
  const config = byDevice(doors, LIMITS.invitations);
  app.post('/api/invitations', { config }, async (request) => {
    const { organisation, site, products } = doors.requireDevice(request);
    if (!ledger.site(organisation, site)) throw new Refusal('unavailable');
    const invitation = invitations.create(organisation, site, products && [...products]);
    if (!invitation.ok) throw new Refusal('too-many-requests');
    return invitation.value;
  });
}

/** What the ledger holds of the device that the new one follows, if it was one of the same site. */
function heldOf(
  ledger: Ledger,
  former: string | null,
  { organisation, site }: Pick<Invitation, 'organisation' | 'site'>,
): EnrolResponse['former'] {
  const known = former === null ? undefined : ledger.device(former);
  return known?.organisation === organisation && known.site === site
    ? { device: known.device, sequence: ledger.nextSequence(known.device) - 1 }
    : null;
}

async function enrol(
  { ledger, market, clock }: ApiParts,
  publicKey: Uint8Array,
  { organisation, site, products: named }: Invitation,
): Promise<Omit<EnrolResponse, 'former'>> {
  const place = ledger.site(organisation, site);
  const device = deviceId(publicKey);
  const known = ledger.device(device);
  // A key belongs to one site for good: nobody enrols another's public key to move it.
  const isElsewhere = known && (known.revoked || known.site !== site || known.organisation !== organisation);
  if (!place || isElsewhere) throw new Refusal('code-not-valid');
  const { role, siteName } = place;
  const products = named && new Set(named);
  const enrolledMs = known?.enrolledMs ?? clock();
  ledger.addDevice({ device, publicKey, organisation, site, role, products, revoked: false, enrolledMs });
  const keyIds = ledger.masters.map(({ keyId }) => keyId);
  return {
    ...{ device, market, organisation, site, siteName, role },
    trust: ledger.trust,
    actor: ledger.actorIds(organisation, site, device),
    products: named,
    keys: await keysFor(ledger, { keyIds, products: named }),
  };
}

function addKeys(app: FastifyInstance, { ledger, doors }: ApiParts): void {
  const options = { schema: SCHEMAS.keys, bodyLimit: KEYS_REQUEST_BYTES_MAX };
  const ofKeys = app.createRateLimit(byDevice(doors, LIMITS.keys).rateLimit);
  app.post('/api/keys', { ...options, config: byDevice(doors, LIMITS.device) }, async (request) => {
    const { products: entitled } = doors.requireDevice(request);
    const { keyIds, products } = parse(keysRequestShape, request.body);
    // Whether there is a new epoch costs nothing, and devices ask that often.
    const share = keyIds.length > 0 ? await ofKeys(request) : undefined;
    if (share && !share.isAllowed && share.isExceeded) throw new Refusal('too-many-requests');
    const granted = { keyIds, products: overlapOf(products, entitled && [...entitled]) };
    return { keyIds: ledger.masters.map(({ keyId }) => keyId), keys: await keysFor(ledger, granted) };
  });
}

/** An epoch a turn: five thousand products take some 50 ms in each, and everyone else waits meanwhile. */
async function keysFor(
  { masters }: Ledger,
  { keyIds, products }: KeysRequest,
): Promise<readonly EpochKeys[]> {
  const keys: EpochKeys[] = [];
  for (const epoch of masters.filter(({ keyId }) => keyIds.includes(keyId))) {
    keys.push(epochKeysOf(epoch, products, nodeMac));
    await setImmediate();
  }
  return keys;
}

function addSessions(app: FastifyInstance, { ledger, sessions }: ApiParts): void {
  const config = byAddress(LIMITS.stranger);
  app.post('/api/challenge', { schema: SCHEMAS.challenge, config }, async (request) => {
    // The answer is the same for a device that nobody enrolled.
    const { device } = parse(challengeRequestShape, request.body);
    return { challenge: sessions.challenge(device) };
  });
  app.post('/api/session', { schema: SCHEMAS.session, config }, async (request) => {
    const { device, challenge, signature } = parse(sessionRequestShape, request.body);
    const known = ledger.device(device);
    if (!known || known.revoked) throw new Refusal('not-enrolled');
    if (!(await sessions.checkAnswer(device, challenge, known.publicKey, decodeBase64(signature))))
      throw new Refusal('not-enrolled');
    return { ...sessions.open(device), nextSequence: ledger.nextSequence(device) };
  });
}

function addEvents(app: FastifyInstance, ledger: Ledger, failures: SignatureFailures): void {
  const options = {
    ...{ schema: SCHEMAS.events, config: byAddress(LIMITS.events), bodyLimit: BATCH_BYTES_MAX },
  };
  app.post('/api/events', options, async (request) => {
    const { events, afterLoss } = parse(eventsRequestShape, request.body);
    const lost = new Set(afterLoss);
    const signed = events.map((event) => signedBytes(event, lost));
    const receipts = await failures.count(request.ip, (tellForged) =>
      ledger.acceptEvents(signed, tellForged),
    );
    return { receipts };
  });
}

function addReading(app: FastifyInstance, { ledger, doors }: ApiParts): void {
  // A busy warehouse verifies some packs a second; one who guesses serials through a stolen phone gets no faster.
  const config = byDevice(doors, LIMITS.device);
  app.post('/api/verify', { schema: SCHEMAS.pack, config }, async (request) => {
    doors.requireDevice(request);
    return ledger.verify(parse(verifyRequestShape, request.body).pack);
  });
  app.post('/api/trail', { schema: SCHEMAS.pack, config }, async (request) => {
    const reader: DeviceRecord = doors.requireDevice(request);
    const trail = ledger.trail(parse(trailRequestShape, request.body).pack, reader);
    if (!trail.ok) throw new Refusal('unavailable');
    return trail.value;
  });
  app.get('/api/tightenings', { config }, async (request, reply) => {
    doors.requireDevice(request);
    const answer = ledger.tightenings(indexAskedFor(request));
    if (!answer.ok) throw new Refusal('unavailable');
    const etag = `"${answer.value.tag}"`;
    reply.header('etag', etag);
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : answer.value;
  });
  app.get('/api/catalogue', { config }, async (request) => {
    doors.requireDevice(request);
    return ledger.catalogue();
  });
}

function indexAskedFor({ query }: FastifyRequest): number {
  const from: unknown = Reflect.get(query as object, 'from');
  if (typeof from !== 'string' || !/^\d{1,15}$/.test(from)) throw new Refusal('malformed');
  return Number(from);
}

/** Counts by device: many phones stand behind one address. */
function byDevice(doors: Doors, max: number) {
  const keyGenerator = (request: FastifyRequest) => doors.requireDevice(request).device;
  return { rateLimit: { max, timeWindow: MINUTE_MS, keyGenerator } };
}

function parse<T>(shape: Shape<T>, body: unknown): T {
  const parsed = shape(body, '$');
  if (!parsed.ok) throw new Refusal('malformed');
  return parsed.value;
}
