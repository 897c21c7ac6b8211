// The operator's door: devices and the events that wait for a decision. Whoever may read the server's data folder has
// the token; the commands `packtrail devices` and `packtrail invite` come in here, since the running server alone writes.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parsePosition, positionText } from '../../domain/position.ts';
import type { Shape } from '../../domain/shape.ts';
import {
  DEVICES_MAX,
  type Decision,
  type Devices,
  decisionRequestShape,
  HELD_MAX,
  type Held,
  revokedRequestShape,
  SITES_MAX,
  type Sites,
  siteRequestShape,
} from '../admin-wire.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { HeldEvent } from '../ledger/review.ts';
import { addOperatorAlerts } from './alerts.ts';
import type { Doors } from './doors.ts';
import { Refusal } from './refusal.ts';
import { SCHEMAS } from './schemas.ts';

const MINUTE_MS = 60_000;
/** A decision on each of a thousand events, and somebody who guesses tokens of 192 bits gets nowhere. */
const REQUESTS_MAX = 3_000;

export function addAdmin(
  app: FastifyInstance,
  { review, alerts }: Pick<Ledger, 'review' | 'alerts'>,
  doors: Doors,
): void {
  const config = { rateLimit: { max: REQUESTS_MAX, timeWindow: MINUTE_MS } };
  // Before a body is read.
  const onRequest = async (request: FastifyRequest) => doors.requireAdmin(request);

  app.get('/api/admin/devices', { config, onRequest }, async (request): Promise<{ devices: Devices }> => {
    const devices = review.devices(deviceAskedFor(request, 'after') ?? '', DEVICES_MAX);
    return { devices: devices.map(({ products: _, ...summary }) => summary) };
  });

  addOperatorAlerts(app, { alerts }, { config, onRequest });

  app.get('/api/admin/held', { config, onRequest }, async (request): Promise<{ held: Held }> => {
    return { held: review.held(deviceAskedFor(request, 'device'), HELD_MAX).map(lineOf) };
  });

  app.get('/api/admin/sites', { config, onRequest }, async (): Promise<{ sites: Sites }> => {
    const sites = review.sites(SITES_MAX).map(({ organisation, site, role, siteName, position }) => ({
      ...{ organisation, site, role, siteName, position: position ? positionText(position) : null },
    }));
    return { sites };
  });

  app.post(
    '/api/admin/sites',
    { config, onRequest, schema: SCHEMAS.site },
    async (request): Promise<object> => {
      const { organisation, site, position } = parse(siteRequestShape, request.body);
      const place = position === null ? undefined : parsePosition(position);
      if (place && !place.ok) throw new Refusal('malformed');
      if (!review.setPosition(organisation, site, place?.value)) throw new Refusal('not-found');
      return {};
    },
  );

  app.post(
    '/api/admin/devices',
    { config, onRequest, schema: SCHEMAS.revoked },
    async (request): Promise<object> => {
      const { device, revoked } = parse(revokedRequestShape, request.body);
      if (!review.setRevoked(device, revoked)) throw new Refusal('not-found');
      return {};
    },
  );

  app.post(
    '/api/admin/held',
    { config, onRequest, schema: SCHEMAS.decision },
    async (request): Promise<Decision> => {
      const { id, decision } = parse(decisionRequestShape, request.body);
      const decided = decision === 'release' ? review.release(id) : review.refuse(id);
      if (decided.ok) return { index: decided.value?.index ?? null, refused: null };
      return { index: null, refused: decided.error };
    },
  );
}

function lineOf({ id, receivedMs, why, event }: HeldEvent): Held[number] {
  const { device, organisation, site, sequence, operation, claimedTimeMs, packs } = event;
  return {
    ...{ id, device, organisation, site, sequence, operation, packs: packs.length },
    ...{ claimedTimeMs, receivedMs, why },
  };
}

function deviceAskedFor({ query }: FastifyRequest, name: string): string | undefined {
  const device: unknown = Reflect.get(query as object, name);
  if (device === undefined) return undefined;
  if (typeof device !== 'string' || !/^[0-9a-f]{32}$/.test(device)) throw new Refusal('malformed');
  return device;
}

function parse<T>(shape: Shape<T>, body: unknown): T {
  const parsed = shape(body, '$');
  if (!parsed.ok) throw new Refusal('malformed');
  return parsed.value;
}
