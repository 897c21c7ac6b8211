import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertId } from '../../../src/domain/alerts/alert.ts';
import {
  alertResponseShape,
  alertStepResponseShape,
  alertsResponseShape,
} from '../../../src/domain/alerts/alert-wire.ts';
import { type AlertAction, encodeAlertStep } from '../../../src/domain/alerts/workflow.ts';
import { encodeBase64 } from '../../../src/domain/bytes.ts';
import type { Shape } from '../../../src/domain/shape.ts';
import { signAs } from '../../support/device-keys.ts';
import { PACK } from '../../support/sample-events.ts';
import { must } from '../ledger/log-reader.ts';
import { ADMIN_TOKEN, enrolPhone, openWorld, type Phone, type World } from '../support/world.ts';

let world: World;
let phone: Phone;
let token: string;
let stranger: string;
let id: string;

beforeAll(async () => {
  world = await openWorld();
  phone = await enrolPhone(world);
  token = await phone.openSession();
  stranger = await (await enrolPhone(world, 'wholesaler')).openSession();
  const unknown = { ...PACK, entryMode: 'scanned', seal: 'intact' } as const;
  const sent = await world.post('/api/events', { events: [phone.sign({ packs: [unknown] })] });
  id = alertId('demo', sent.json().receipts[0].id, 0, 'A2');
});
afterAll(() => world.close());

const parsed = <T>(shape: Shape<T>, answer: { json(): unknown }): T => must(shape(answer.json(), '$'));

function signed(action: AlertAction, after: number) {
  const { device } = phone.enrolment;
  const step = { alert: id, device, user: 'tester', claimedTimeMs: 1, after, action };
  const nonce = randomBytes(16).toString('hex');
  const bytes = encodeAlertStep({ type: 'packtrail/v1/alert-step', ...step, nonce });
  return { bytes: encodeBase64(bytes), signature: encodeBase64(signAs('Ed25519', phone.privateKey, bytes)) };
}

test('a site lists its alerts, and is told when nothing has changed', async () => {
  const answer = await world.get('/api/alerts', token);
  const { alerts, tag } = parsed(alertsResponseShape, answer);
  expect(alerts).toMatchObject([{ id, kind: 'A2', standing: 'attempt', state: 'new' }]);
  expect(answer.headers.etag).toBe(`"${tag}"`);
  const again = await world.get('/api/alerts', token, { 'if-none-match': `"${tag}"` });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  expect(parsed(alertsResponseShape, await world.get('/api/alerts?closed=1', token)).alerts).toEqual([]);
  expect(parsed(alertsResponseShape, await world.get('/api/alerts', stranger)).alerts).toEqual([]);
});

test('one alert, for those whom it concerns; a step on it, signed', async () => {
  expect(parsed(alertResponseShape, await world.get(`/api/alerts/${id}`, token))).toMatchObject({
    acts: [{ party: 'attempt', act: { where: 'this-site' } }],
  });
  expect((await world.get(`/api/alerts/${id}`, stranger)).statusCode).toBe(404);
  const found: AlertAction = { kind: 'finding', finding: 'root-cause', note: 'typed wrongly' };
  const step = signed(found, 0);
  expect((await world.post('/api/alerts/steps', step, stranger)).statusCode).toBe(400);
  const taken = parsed(alertStepResponseShape, await world.post('/api/alerts/steps', step, token));
  expect(taken).toMatchObject({
    refused: null,
    alert: { steps: [{ user: 'tester', finding: 'root-cause' }] },
  });
  const late = parsed(alertStepResponseShape, await world.post('/api/alerts/steps', signed(found, 0), token));
  expect(late.refused).toBe('stale');
});

test('the operator comes in by the operator’s door alone', async () => {
  const action = { kind: 'close', reason: 'falsification', note: 'withdrawn from sale' };
  expect((await world.post('/api/admin/alerts', { alert: id, action }, token)).statusCode).toBe(404);
  expect(parsed(alertsResponseShape, await world.get('/api/admin/alerts', ADMIN_TOKEN)).alerts).toHaveLength(
    1,
  );
  const closed = await world.post('/api/admin/alerts', { alert: id, action }, ADMIN_TOKEN);
  expect(parsed(alertStepResponseShape, closed).alert.alert).toMatchObject({
    state: 'closed',
    standing: 'operator',
  });
  expect(parsed(alertsResponseShape, await world.get('/api/alerts?closed=1', token)).alerts).toHaveLength(1);
});

test.each(['/api/alerts', '/api/alerts/DEMO-00000-00000-00000', '/api/admin/alerts'])(
  'without a session, %s says nothing',
  async (path) => expect([401, 404]).toContain((await world.get(path)).statusCode),
);

test.each(['?closed=2', '?before=-1', '?before=x', '?closed=1&closed=0'])('%s is refused', async (query) => {
  expect((await world.get(`/api/alerts${query}`, token)).statusCode).toBe(400);
});
