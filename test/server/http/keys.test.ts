import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO_PRODUCTS } from '../../../src/domain/demo/products.ts';
import { epochKeysOf } from '../../../src/domain/epoch-keys.ts';
import type { Scope } from '../../../src/domain/snapshot/scope.ts';
import { keysResponseShape } from '../../../src/domain/wire.ts';
import { enrolPhone, openWorld, type Phone, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const [A = '', B = ''] = DEMO_PRODUCTS.map(({ productCode }) => productCode);

const granted = (products: Scope) => world.ledger.masters.map((epoch) => epochKeysOf(epoch, products));

async function ask(phone: Phone, body: object) {
  return world.post('/api/keys', body, await phone.openSession());
}

test('a device that handles everything gets the masters, or the subkeys that it asks for', async () => {
  const phone = await enrolPhone(world);
  expect(phone.enrolment).toMatchObject({ products: null, keys: granted(null) });
  const all = (await ask(phone, { keyIds: [1], products: null })).json();
  expect(keysResponseShape(all, '$')).toMatchObject({ value: { keyIds: [1], keys: granted(null) } });
  const some = (await ask(phone, { keyIds: [1], products: [A, A] })).json();
  expect(some.keys).toEqual(granted([A]));
  expect((await ask(phone, { keyIds: [], products: [] })).json()).toEqual({ keyIds: [1], keys: [] });
  expect((await ask(phone, { keyIds: [7], products: null })).json()).toEqual({ keyIds: [1], keys: [] });
});

test('a device that is entitled to some products never gets the key of another', async () => {
  const phone = await enrolPhone(world, 'pharmacy', 'Ed25519', [A]);
  expect(phone.enrolment).toMatchObject({ products: [A], keys: granted([A]) });
  for (const products of [null, [A, B]]) {
    const answer = await ask(phone, { keyIds: [1], products });
    expect(answer.json().keys).toEqual(granted([A]));
    expect(answer.body).not.toContain((granted(null)[0] as { master: string }).master);
  }
  expect((await ask(phone, { keyIds: [1], products: [B] })).json().keys).toEqual(granted([]));
});

test('a device hands on no more than it has, and acts on nothing else', async () => {
  const phone = await enrolPhone(world, 'pharmacy', 'Ed25519', [A]);
  const { code } = (await world.post('/api/invitations', {}, await phone.openSession())).json();
  const next = await world.post('/api/enrol', { code, publicKey: Buffer.alloc(32, 3).toString('base64') });
  expect(next.json()).toMatchObject({ products: [A], keys: granted([A]) });
  const pack = {
    serial: 'X',
    batch: 'X',
    expiry: '2031-12-31',
    entryMode: 'scanned',
    seal: 'intact',
  } as const;
  const events = [B, A].map((productCode) =>
    phone.sign({ operation: 'inspect', packs: [{ ...pack, productCode }] }),
  );
  expect((await world.post('/api/events', { events })).json().receipts).toMatchObject([
    { kind: 'rejected', reason: 'product-not-allowed' },
    { kind: 'conflict', conflicts: [{ why: 'unknown-batch' }] },
  ]);
});

test('a device asks for keys some times a minute, since each answer is work', async () => {
  const phone = await enrolPhone(world);
  const token = await phone.openSession();
  const askAgain = () => world.post('/api/keys', { keyIds: [1], products: [A] }, token);
  for (let i = 0; i < 10; i++) expect((await askAgain()).statusCode).toBe(200);
  expect((await askAgain()).statusCode).toBe(429);
  // Whether there is a new epoch is asked at every sync.
  expect((await world.post('/api/keys', { keyIds: [], products: [A] }, token)).statusCode).toBe(200);
});

test('strangers and malformed wishes get nothing', async () => {
  expect((await world.post('/api/keys', { keyIds: [1], products: null })).statusCode).toBe(401);
  const phone = await enrolPhone(world);
  for (const body of [
    {},
    { keyIds: [1] },
    { keyIds: 1, products: null },
    { keyIds: [-1], products: null },
    { keyIds: [1], products: ['everything'] },
    { keyIds: Array(17).fill(1), products: null },
  ])
    expect((await ask(phone, body)).statusCode).toBe(400);
});
