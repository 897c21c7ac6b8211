// Alerts over HTTP: a device lists those of its site, reads one and takes a step on it; the system's operator does the
// same by the operator's door.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { alertIdShape } from '../../domain/alerts/alert.ts';
import { alertStepRequestShape } from '../../domain/alerts/alert-wire.ts';
import { alertActionShape } from '../../domain/alerts/workflow.ts';
import { record, type Shape } from '../../domain/shape.ts';
import type { AlertsAsked } from '../ledger/alert-desk.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { decodeBase64 } from './base64.ts';
import type { Doors } from './doors.ts';
import { Refusal } from './refusal.ts';
import { SCHEMAS } from './schemas.ts';

/** `config`: limits by device. */
export function addAlerts(app: FastifyInstance, { alerts }: Ledger, doors: Doors, config: object): void {
  app.get('/api/alerts', { config }, async (request, reply) => {
    const answer = alerts.list(doors.requireDevice(request), askedFor(request));
    const etag = `"${answer.tag}"`;
    reply.header('etag', etag);
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : answer;
  });
  app.get('/api/alerts/:id', { config }, async (request) =>
    found(alerts.read(doors.requireDevice(request), idAskedFor(request))),
  );
  app.post('/api/alerts/steps', { schema: SCHEMAS.alertStep, config }, async (request) => {
    const device = doors.requireDevice(request);
    const { bytes, signature } = parse(alertStepRequestShape, request.body);
    const signed = { bytes: decodeBase64(bytes), signature: decodeBase64(signature) };
    const taken = await alerts.step(device, signed);
    if (!taken.ok) throw new Refusal(taken.error === 'not-found' ? 'not-found' : 'malformed');
    return taken.value;
  });
}

/** Anybody who guesses tokens of 192 bits gets nowhere; see http/admin.ts. */
export function addOperatorAlerts(
  app: FastifyInstance,
  { alerts }: Pick<Ledger, 'alerts'>,
  options: { readonly config: object; readonly onRequest: (request: FastifyRequest) => Promise<void> },
): void {
  app.get('/api/admin/alerts', options, async (request) => alerts.list(undefined, askedFor(request)));
  app.get('/api/admin/alerts/:id', options, async (request) =>
    found(alerts.read(undefined, idAskedFor(request))),
  );
  app.post('/api/admin/alerts', { ...options, schema: SCHEMAS.operatorStep }, async (request) => {
    const { alert, action } = parse(operatorStepShape, request.body);
    const taken = alerts.operatorStep(alert, action, randomBytes(16).toString('hex'));
    if (!taken.ok) throw new Refusal('not-found');
    return taken.value;
  });
}

const operatorStepShape = record({ alert: alertIdShape, action: alertActionShape });

function askedFor({ query }: FastifyRequest): AlertsAsked {
  const { closed = '0', before = `${Number.MAX_SAFE_INTEGER}` } = query as Record<string, unknown>;
  const isPlain = typeof before === 'string' && /^\d{1,16}$/.test(before);
  if ((closed !== '0' && closed !== '1') || !isPlain) throw new Refusal('malformed');
  return { closed: closed === '1', before: Math.min(Number(before), Number.MAX_SAFE_INTEGER) };
}

function idAskedFor({ params }: FastifyRequest): string {
  return parse(alertIdShape, Reflect.get(params as object, 'id'));
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Refusal('not-found');
  return value;
}

function parse<T>(shape: Shape<T>, body: unknown): T {
  const parsed = shape(body, '$');
  if (!parsed.ok) throw new Refusal('malformed');
  return parsed.value;
}
