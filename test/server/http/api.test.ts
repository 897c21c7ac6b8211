import { sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeBase64 } from '../../../src/domain/bytes.ts';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { BATCH_BYTES_MAX } from '../../../src/domain/limits.ts';
import type { Pack } from '../../../src/domain/pack.ts';
import {
  catalogueShape,
  challengeResponseShape,
  enrolResponseShape,
  errorResponseShape,
  eventsResponseShape,
  invitationResponseShape,
  sessionMessage,
  sessionResponseShape,
  tighteningsResponseShape,
  trailResponseShape,
  verifyResponseShape,
} from '../../../src/domain/wire.ts';
import { enrolPhone, newKey, openWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  world.time.skewMs = 0;
  await world.renewApp();
});
afterAll(() => world.close());

function shelfPack(id: string): Pack {
  const item = SHELF.find((candidate) => candidate.id === id);
  if (!item) throw new Error(`no ${id} on the shelf`);
  return item.printed;
}

/** The refusal's code; fails where the answer says anything more. */
function refusal(response: { statusCode: number; json(): unknown }): string {
  const parsed = errorResponseShape(response.json(), '$');
  if (!parsed.ok) throw new Error(parsed.detail);
  return `${response.statusCode} ${parsed.value.error}`;
}

describe('enrolment', () => {
  test('a code enrols one device, and works once', async () => {
    const code = world.code();
    const { publicKey, device } = newKey();
    const first = await world.post('/api/enrol', { code, publicKey });
    const parsed = enrolResponseShape(first.json(), '$');
    expect(parsed.ok && parsed.value).toMatchObject({ device, site: 'demo-pharmacy', role: 'pharmacy' });
    expect(parsed.ok && parsed.value.keys.length).toBeGreaterThan(0);
    expect(refusal(await world.post('/api/enrol', { code, publicKey }))).toBe('403 code-not-valid');
  });

  test('a used, a late and an invented code look the same', async () => {
    const late = world.code();
    world.time.skewMs = 16 * 60_000;
    const { publicKey } = newKey();
    expect(refusal(await world.post('/api/enrol', { code: late, publicKey }))).toBe('403 code-not-valid');
    const invented = { code: 'A'.repeat(32), publicKey };
    expect(refusal(await world.post('/api/enrol', invented))).toBe('403 code-not-valid');
  });

  test('two requests with one code: one device', async () => {
    const code = world.code();
    const answers = await Promise.all(
      [newKey(), newKey(), newKey()].map(({ publicKey }) => world.post('/api/enrol', { code, publicKey })),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 403, 403]);
  });

  test('a device without Ed25519 enrols with P-256, opens a session and records', async () => {
    const phone = await enrolPhone(world, 'pharmacy', 'ES256');
    expect(await phone.openSession()).toMatch(/./);
    const packs = [{ ...shelfPack('active'), entryMode: 'scanned', seal: 'intact' }] as const;
    const answer = await world.post('/api/events', { events: [phone.sign({ packs })] });
    expect(answer.json().receipts).toMatchObject([{ kind: 'accepted' }]);
    const offCurve = encodeBase64(new Uint8Array(65).fill(4));
    const enrol = await world.post('/api/enrol', { code: world.code(), publicKey: offCurve });
    expect(refusal(enrol)).toBe('400 malformed');
  });

  test('a key that belongs to one site is not enrolled at another', async () => {
    const { publicKey } = newKey();
    await world.post('/api/enrol', { code: world.code('pharmacy'), publicKey });
    const moved = await world.post('/api/enrol', { code: world.code('inspector'), publicKey });
    expect(refusal(moved)).toBe('403 code-not-valid');
  });

  test('a request that is malformed does not use the code up', async () => {
    const code = world.code();
    for (const publicKey of ['', 'AAAA', '*'.repeat(44), newKey().publicKey.slice(0, -1)])
      expect(refusal(await world.post('/api/enrol', { code, publicKey }))).toBe('400 malformed');
    const stray = { code, publicKey: newKey().publicKey, role: 'authority' };
    expect(refusal(await world.post('/api/enrol', stray))).toBe('400 malformed');
    const good = await world.post('/api/enrol', { code, publicKey: newKey().publicKey });
    expect(good.statusCode).toBe(200);
  });

  test('guessing is slowed down', async () => {
    const { publicKey } = newKey();
    const guess = () => world.post('/api/enrol', { code: 'B'.repeat(32), publicKey });
    for (let i = 0; i < 10; i++) expect(refusal(await guess())).toBe('403 code-not-valid');
    const slowed = await guess();
    expect(refusal(slowed)).toBe('429 too-many-requests');
    expect(slowed.headers['retry-after']).toBeDefined();
  });

  test('guessing from many addresses is slowed down too', async () => {
    const { publicKey } = newKey();
    const guess = (n: number) =>
      world.app.inject({
        ...{ method: 'POST', url: '/api/enrol', payload: { code: 'C'.repeat(32), publicKey } },
        headers: { 'x-forwarded-for': `203.0.113.${n}` },
      });
    for (let n = 0; n < 120; n++) expect(refusal(await guess(n))).toBe('403 code-not-valid');
    expect(refusal(await guess(121))).toBe('429 too-many-requests');
  });

  test('an enrolled device invites another of its site', async () => {
    const phone = await enrolPhone(world, 'wholesaler');
    expect(refusal(await world.post('/api/invitations', {}))).toBe('401 session-expired');
    const answer = await world.post('/api/invitations', {}, await phone.openSession());
    const invitation = invitationResponseShape(answer.json(), '$');
    const code = invitation.ok ? invitation.value.code : '';
    const enrolled = await world.post('/api/enrol', { code, publicKey: newKey().publicKey });
    expect(enrolled.json()).toMatchObject({ site: 'demo-warehouse', role: 'wholesaler' });
  });
});

test('what is held of a former device is told at its own site of its own organisation alone', async () => {
  const { publicKey, device } = newKey();
  const place = { organisation: 'Others', site: 'demo-pharmacy' };
  const names = { organisationName: 'Others', siteName: 'A shop' };
  world.ledger.addSite({ ...place, ...names, role: 'pharmacy' });
  const record = { device, publicKey: Buffer.from(publicKey, 'base64'), ...place, role: 'pharmacy' as const };
  world.ledger.addDevice({ ...record, products: null, revoked: false, enrolledMs: 0 });
  const enrolAfter = async (former: string) => {
    const body = { code: world.code(), publicKey: newKey().publicKey, former };
    return (await world.post('/api/enrol', body)).json().former;
  };
  expect(await enrolAfter(device)).toBeNull();
  const own = await enrolPhone(world);
  expect(await enrolAfter(own.enrolment.device)).toEqual({ device: own.enrolment.device, sequence: 0 });
});

describe('sessions', () => {
  test('a device proves its key and is told its next sequence', async () => {
    const phone = await enrolPhone(world);
    const { device } = phone.enrolment;
    const asked = challengeResponseShape((await world.post('/api/challenge', { device })).json(), '$');
    const challenge = asked.ok ? asked.value.challenge : '';
    const signature = sign(null, Buffer.from(sessionMessage(device, challenge)), phone.privateKey);
    const body = { device, challenge, signature: signature.toString('base64') };
    const opened = sessionResponseShape((await world.post('/api/session', body)).json(), '$');
    expect(opened.ok && opened.value.nextSequence).toBe(1);
    world.time.skewMs = 3 * 60_000;
    expect(refusal(await world.post('/api/session', body))).toBe('401 not-enrolled');
  });

  test('a wrong key, another device and an unknown one look the same', async () => {
    const [phone, other] = [await enrolPhone(world), await enrolPhone(world)];
    const open = async (device: string, key: typeof phone.privateKey, asking = device) => {
      const { challenge } = (await world.post('/api/challenge', { device: asking })).json();
      const signature = sign(null, Buffer.from(sessionMessage(device, challenge)), key).toString('base64');
      return refusal(await world.post('/api/session', { device, challenge, signature }));
    };
    const { device } = phone.enrolment;
    expect(await open(device, other.privateKey)).toBe('401 not-enrolled');
    expect(await open(device, phone.privateKey, other.enrolment.device)).toBe('401 not-enrolled');
    const stranger = newKey();
    expect(await open(stranger.device, stranger.privateKey)).toBe('401 not-enrolled');
  });

  test('a token ends, cannot be forged, and dies with its device', async () => {
    const phone = await enrolPhone(world);
    const token = await phone.openSession();
    expect((await world.get('/api/catalogue', token)).statusCode).toBe(200);
    expect(refusal(await world.get('/api/catalogue'))).toBe('401 session-expired');
    for (let at = 0; at < token.length; at += 7) {
      const forged = token.slice(0, at) + (token[at] === 'a' ? 'b' : 'a') + token.slice(at + 1);
      expect(refusal(await world.get('/api/catalogue', forged))).toBe('401 session-expired');
    }
    const { challenge } = (await world.post('/api/challenge', { device: phone.enrolment.device })).json();
    expect(refusal(await world.get('/api/catalogue', challenge))).toBe('401 session-expired');
    const record = world.ledger.device(phone.enrolment.device);
    if (record) world.ledger.addDevice({ ...record, revoked: true });
    expect(refusal(await world.get('/api/catalogue', token))).toBe('401 not-enrolled');
    expect(await phone.openSession()).toBeUndefined();
  });

  test('a token lasts twelve hours', async () => {
    const token = await (await enrolPhone(world)).openSession();
    world.time.skewMs = 12 * 3_600_000 - 10_000;
    expect((await world.get('/api/catalogue', token)).statusCode).toBe(200);
    world.time.skewMs = 12 * 3_600_000 + 1_000;
    expect(refusal(await world.get('/api/catalogue', token))).toBe('401 session-expired');
  });
});

describe('events, verification, trails', () => {
  const supplied = (pack: Pack) => ({
    packs: [{ ...pack, entryMode: 'scanned', seal: 'intact' } as const],
  });

  test('a supply is taken without a session, once; the second device gets a conflict', async () => {
    const [phone, other] = [await enrolPhone(world), await enrolPhone(world, 'wholesaler')];
    const event = phone.sign(supplied(shelfPack('active')));
    const first = eventsResponseShape((await world.post('/api/events', { events: [event] })).json(), '$');
    expect(first.ok && first.value.receipts[0]?.kind).toBe('accepted');
    const again = await world.post('/api/events', { events: [event] });
    expect(again.json().receipts[0].kind).toBe('duplicate');
    const late = other.sign(supplied(shelfPack('active')));
    const answer = eventsResponseShape((await world.post('/api/events', { events: [late] })).json(), '$');
    expect(answer.ok && answer.value.receipts[0]).toMatchObject({
      kind: 'conflict',
      conflicts: [{ why: 'not-active', winner: { where: 'another-location' } }],
    });
  });

  test('one bad event does not block the others', async () => {
    const phone = await enrolPhone(world);
    const good = phone.sign(supplied(shelfPack('active-ifa')));
    const forged = { bytes: good.bytes, signature: Buffer.alloc(64, 1).toString('base64') };
    const noise = { bytes: Buffer.from('{}').toString('base64'), signature: good.signature };
    const { receipts } = (await world.post('/api/events', { events: [noise, forged, good] })).json();
    expect(receipts.map((receipt: { kind: string }) => receipt.kind)).toEqual([
      'rejected',
      'rejected',
      'accepted',
    ]);
  });

  test('an address that sends wrong signatures is not listened to for a minute; others are', async () => {
    const phone = await enrolPhone(world);
    const good = phone.sign(supplied(shelfPack('active')));
    const forged = { bytes: good.bytes, signature: Buffer.alloc(64, 1).toString('base64') };
    const send = (address: string, ...events: object[]) =>
      world.app.inject({
        ...{ method: 'POST', url: '/api/events', payload: { events } },
        headers: { 'x-forwarded-for': address },
      });
    const { receipts } = (await send('203.0.113.1', ...Array.from({ length: 20 }, () => forged))).json();
    expect(receipts).toHaveLength(20);
    expect(refusal(await send('203.0.113.1', good))).toBe('429 too-many-requests');
    expect((await send('203.0.113.2', forged)).json().receipts[0].reason).toBe('bad-signature');
    world.time.skewMs = 61_000;
    expect((await send('203.0.113.1', good)).statusCode).toBe(200);
  });

  test.each(SHELF.filter(({ carrier }) => carrier !== 'gs1-separator-lost'))(
    'verify: $title',
    async ({ printed, issued, decommission, id }) => {
      const token = await (await enrolPhone(world, 'inspector')).openSession();
      const answer = verifyResponseShape(
        (await world.post('/api/verify', { pack: printed }, token)).json(),
        '$',
      );
      const finding = answer.ok ? answer.value.finding : undefined;
      if (id.endsWith('-mismatch')) expect(finding?.kind).toBe('mismatch');
      else if (!issued) expect(finding?.kind).toBe('miss');
      else if (id.startsWith('active')) expect(finding?.kind).toBe('hit');
      else if (decommission) expect(finding).toMatchObject({ kind: 'hit' });
      else expect(['hit', 'state-not-held']).toContain(finding?.kind);
    },
  );

  test('a trail is told to those with a session', async () => {
    const pack = shelfPack('exported');
    expect(refusal(await world.post('/api/trail', { pack }))).toBe('401 session-expired');
    const token = await (await enrolPhone(world, 'inspector')).openSession();
    const trail = trailResponseShape((await world.post('/api/trail', { pack }, token)).json(), '$');
    expect(trail.ok && trail.value.steps.length).toBeGreaterThanOrEqual(4);
  });

  test('recalls, withdrawals and locks are told at once to those with a session, and not twice', async () => {
    expect(refusal(await world.get('/api/tightenings?from=0'))).toBe('401 session-expired');
    const phone = await enrolPhone(world);
    const token = await phone.openSession();
    for (const query of [
      '',
      '?from=',
      '?from=-1',
      '?from=1.5',
      '?from=x',
      '?from=1&from=2',
      `?from=${'9'.repeat(16)}`,
    ])
      expect(refusal(await world.get(`/api/tightenings${query}`, token))).toBe('400 malformed');
    const ask = async (from: number, headers = {}) => {
      const response = await world.get(`/api/tightenings?from=${from}`, token, headers);
      const parsed = response.statusCode === 200 ? tighteningsResponseShape(response.json(), '$') : undefined;
      if (parsed && !parsed.ok) throw new Error(parsed.detail);
      return { response, answer: parsed?.value };
    };
    const known = (await ask(0)).answer?.entries ?? [];
    expect(known.length).toBeGreaterThan(0);
    const from = (known.at(-1)?.index ?? 0) + 1;
    const none = await ask(from);
    expect(none.answer).toMatchObject({ entries: [], next: null });
    expect(none.response.headers).toMatchObject({
      etag: `"${none.answer?.tag}"`,
      'cache-control': 'no-store',
    });
    const held = { 'if-none-match': none.response.headers.etag };
    const again = await ask(from, held);
    expect([again.response.statusCode, again.response.body]).toEqual([304, '']);
    const { packs } = supplied(shelfPack('active-month'));
    await world.post('/api/events', { events: [phone.sign({ operation: 'lock', packs })] });
    await world.ledger.publishNow();
    const news = await ask(from, held);
    expect(news.answer?.entries).toHaveLength(1);
    expect((await ask(from + 1_000_000)).answer?.entries).toEqual([]);
  });

  test('the catalogue names the products', async () => {
    const token = await (await enrolPhone(world)).openSession();
    const catalogue = catalogueShape((await world.get('/api/catalogue', token)).json(), '$');
    expect(catalogue.ok && catalogue.value.products.length).toBe(40);
  });
});

describe('the door', () => {
  test('health says that the process answers, and nothing else', async () => {
    expect((await world.get('/api/health')).json()).toEqual({ status: 'ok' });
  });

  test.each(['/api', '/api/nothing', '/log/nothing', '/.env', '/data/keys/reader.token', '/api/enrol'])(
    'GET %s is not found',
    async (path) => {
      expect(refusal(await world.get(path))).toBe('404 not-found');
    },
  );

  test('bodies that are too large, no JSON, or no JSON type', async () => {
    const long = { code: 'a'.repeat(20_000), publicKey: '' };
    expect(refusal(await world.post('/api/enrol', long))).toBe('413 too-large');
    const batch = `{"events":"${'a'.repeat(BATCH_BYTES_MAX)}"}`;
    expect(refusal(await world.post('/api/events', batch))).toBe('413 too-large');
    expect(refusal(await world.post('/api/events', '{"events":['))).toBe('400 malformed');
    expect(refusal(await world.post('/api/events', '{"__proto__":{"events":[]}}'))).toBe('400 malformed');
    const asText = { method: 'POST', url: '/api/events', payload: '{"events":[]}' } as const;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect(refusal(await world.app.inject({ ...asText, headers: { 'content-type': type } }))).toBe(
        '400 malformed',
      );
  });

  test('each field missing, of another type or too long is refused', async () => {
    const token = await (await enrolPhone(world)).openSession();
    const pack: Record<string, unknown> = { ...shelfPack('active') };
    for (const field of Object.keys(pack))
      for (const value of [undefined, 1, null, '', 'x'.repeat(300), { a: 1 }]) {
        const answer = await world.post('/api/verify', { pack: { ...pack, [field]: value } }, token);
        expect(refusal(answer)).toBe('400 malformed');
      }
  });

  test('the log holds no serials, codes, tokens or addresses', async () => {
    world.logLines.length = 0;
    const code = world.code();
    const { publicKey } = newKey();
    await world.post('/api/enrol', { code, publicKey });
    const phone = await enrolPhone(world);
    const token = await phone.openSession();
    const pack = shelfPack('stolen');
    await world.post('/api/verify', { pack }, token);
    await world.post('/api/verify', `{"pack": SHELF0010T`, token);
    await world.get(`/api/verify/SHELF0010T?serial=SHELF0010T`, token);
    await world.post('/api/events', {
      events: [phone.sign({ packs: [{ ...pack, entryMode: 'scanned', seal: 'intact' }] })],
    });
    const lines = world.logLines.join('');
    expect(lines).toContain('"route":"/api/verify"');
    for (const secret of [code, token, pack.serial, pack.batch, pack.productCode, publicKey, '127.0.0.1'])
      expect(lines).not.toContain(secret);
    for (const line of world.logLines) expect(() => JSON.parse(line)).not.toThrow();
  });
});
