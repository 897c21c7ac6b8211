import { expect, test } from 'vitest';
import { createEventCheck } from '../../../src/server/ledger/event-signature.ts';
import type { DeviceRecord, SignedBytes } from '../../../src/server/ledger/ledger.ts';
import { packs } from '../../support/sample-events.ts';
import { createTestDevice, type SignedEventOf } from '../../support/signed-events.ts';

const pharmacy = createTestDevice('rose', 'main', 'pharmacy');
const other = createTestDevice('lily', 'main', 'pharmacy');

function checkWith(...devices: DeviceRecord[]) {
  const check = createEventCheck({ device: (id) => devices.find(({ device }) => device === id) });
  return async (...events: SignedBytes[]) => (await check(events)).map(({ refusal }) => refusal);
}

const check = checkWith(pharmacy.record, other.record);
const next = () => pharmacy.next('supply', packs(1));
const forged = (event: SignedEventOf) => ({ ...event, signature: new Uint8Array(64) });

test('the last signature of an unbroken run covers the events before it', async () => {
  expect(await check(forged(next()), forged(next()), next())).toEqual([undefined, undefined, undefined]);
});

test('where the last signature fails, each event stands for itself', async () => {
  expect(await check(next(), forged(next()), next(), forged(next()))).toEqual([
    ...[undefined, 'bad-signature', undefined, 'bad-signature'],
  ]);
});

test('a signature covers nothing on the other side of a break in the chain', async () => {
  const first = forged(next());
  next();
  expect(await check(first, next())).toEqual(['bad-signature', undefined]);
  const before = forged(pharmacy.fork('supply', packs(1)));
  expect(await check(before, pharmacy.fork('supply', packs(2)))).toEqual(['bad-signature', undefined]);
  const claims = pharmacy.fork('supply', packs(1), { sequence: before.event.sequence + 1 });
  expect(await check(before, claims)).toEqual(['bad-signature', undefined]);
});

test('a signature covers nothing of another device, even where that names the event before as its own', async () => {
  const victim = forged(next());
  const { sequence } = victim.event;
  const attack = other.fork('supply', packs(1), { sequence: sequence + 1, previous: victim.id });
  expect(await check(victim, attack)).toEqual(['bad-signature', undefined]);
});

test('a P-256 device signs in its own way, and no event passes under the other algorithm', async () => {
  const tablet = createTestDevice('rose', 'main', 'pharmacy', 'ES256');
  const checkBoth = checkWith(pharmacy.record, tablet.record);
  const supply = () => tablet.next('supply', packs(1));
  expect(await checkBoth(forged(supply()), supply(), next())).toEqual([undefined, undefined, undefined]);
  expect(await checkBoth(forged(supply()))).toEqual(['bad-signature']);
  const claims = tablet.fork('supply', packs(1), { alg: 'Ed25519' });
  // Neither by itself nor covered by the signature of an event behind it.
  const follows = tablet.fork('supply', packs(1), {
    ...{ sequence: claims.event.sequence + 1, previous: claims.id },
  });
  expect(await checkBoth(claims, follows)).toEqual(['bad-signature', undefined]);
});

test('what cannot be read or comes from a stranger is refused, and ends the run', async () => {
  const garbage = { bytes: new Uint8Array([1, 2, 3]), signature: new Uint8Array(64) };
  const short = { ...next(), signature: new Uint8Array(63) };
  expect(await check(forged(next()), garbage, next(), short)).toEqual([
    ...['bad-signature', 'malformed', undefined, 'bad-signature'],
  ]);
  expect(await checkWith(other.record)(next(), next())).toEqual(['bad-signature', 'bad-signature']);
});
