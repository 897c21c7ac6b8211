import { expect, test } from 'vitest';
import { parseBase64, utf8ToBytes } from '../../src/domain/bytes.ts';
import { openCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { parseEntry } from '../../src/domain/ledger/entry.ts';
import { checkSuccessor } from '../../src/domain/ledger/follow.ts';
import { tilePath } from '../../src/domain/ledger/tile.ts';
import { planConsistency, proveConsistency } from '../../src/domain/ledger/tile-proof.ts';
import { openTrust } from '../../src/domain/ledger/trust.ts';
import { openSnapshot } from '../../src/domain/snapshot/open.ts';
import { enrolResponseShape, trailResponseShape } from '../../src/domain/wire.ts';
import { ledgerClientSuite } from '../support/port-suites/ledger-client.ts';
import { createRecorder, NOW_MS, practice, shelfItem } from '../support/practice.ts';

ledgerClientSuite('practice', async () => practice());

const ACTIVE = shelfItem('active').printed;

test('its enrolment is what a server would answer', () => {
  const { enrolment } = practice();
  expect(enrolResponseShape(enrolment, '$')).toMatchObject({ ok: true });
});

test('each practice has keys of its own', () => {
  const [one, other] = [practice().enrolment, practice().enrolment];
  expect(one.trust.ledger).not.toBe(other.trust.ledger);
  expect(one.keys).not.toEqual(other.keys);
});

test('nobody enrols into practice, or from it', async () => {
  const { ledger } = practice();
  const unavailable = { name: 'LedgerError', code: 'refused', refusal: 'unavailable' };
  await expect(ledger.enrol({ code: 'x'.repeat(16), publicKey: '', former: null })).rejects.toMatchObject(
    unavailable,
  );
  await expect(ledger.invite()).rejects.toMatchObject(unavailable);
});

test('its log only grows, through the first full tile and on', async () => {
  const peer = practice();
  const record = createRecorder(peer);
  const trust = openTrust(peer.enrolment.trust);
  if (!trust.ok) throw new Error(trust.detail);
  const checkpoint = async () => {
    const opened = openCheckpoint(
      utf8ToBytes(await peer.ledger.checkpoint('ledger')),
      trust.value.ledger.full,
    );
    if (!opened.ok) throw new Error(opened.error);
    return opened.value;
  };
  let seen = await checkpoint();
  const start = seen.size;
  for (let round = 0; round < 12; round++) {
    const events = [];
    for (let i = 0; i < 10; i++) events.push(await record('inspect', [ACTIVE]));
    await peer.ledger.postEvents(events.map(({ bytes, signature }) => ({ bytes, signature })));
    const next = await checkpoint();
    const tiles = new Map<string, Uint8Array>();
    for (const tile of planConsistency(seen.size, next.size))
      tiles.set(tilePath(tile), await peer.ledger.tile('ledger', tilePath(tile)));
    const proof = proveConsistency(seen.size, next.size, (tile) => tiles.get(tilePath(tile)));
    if (!proof.ok) throw new Error(proof.error);
    expect(checkSuccessor(seen, next, proof.value)).toMatchObject({ ok: true, value: { leaves: 10 } });
    seen = next;
  }
  expect(start).toBeLessThan(256);
  expect(seen.size).toBeGreaterThan(256);
  expect(trailResponseShape(await peer.ledger.trail(ACTIVE), '$')).toMatchObject({ ok: true });
});

test('builds a snapshot anew when the ledger has grown or the data would seem old, and not else', async () => {
  let nowMs = NOW_MS;
  const peer = practice(() => nowMs);
  const opened = async () => {
    const { manifest, proof } = await peer.ledger.latestSnapshot();
    const trust = openTrust(peer.enrolment.trust);
    if (!trust.ok) throw new Error(trust.detail);
    const snapshot = openSnapshot(manifest, proof, trust.value);
    if (!snapshot.ok) throw new Error(snapshot.error);
    return snapshot.value;
  };
  const first = await opened();
  expect(first.manifest).toMatchObject({ market: 'demo', number: 1, publishedMs: NOW_MS });
  expect((await opened()).id).toBe(first.id);
  nowMs += 2 * 3_600_000;
  expect((await opened()).manifest).toMatchObject({ number: 2, publishedMs: nowMs });
  const { bytes, signature } = await createRecorder(peer)('supply', [ACTIVE]);
  await peer.ledger.postEvents([{ bytes, signature }]);
  const grown = await opened();
  expect(grown.ledgerCheckpoint.size).toBe(first.ledgerCheckpoint.size + 1);
  expect(grown.leafIndex).toBe(2);
  // A clock that was set back does not turn the order of snapshots round.
  nowMs -= 86_400_000;
  expect((await opened()).id).toBe(grown.id);
});

test('the market has been going on for days, none of them ahead of us', async () => {
  const { steps } = await practice().ledger.trail(ACTIVE);
  const times = steps.flatMap((step) => {
    const bytes = parseBase64(step.kind === 'open' ? step.entry : '');
    const entry = parseEntry(bytes.ok ? bytes.value : new Uint8Array(0));
    return entry.ok ? [entry.value.receiptTimeMs] : [];
  });
  expect(times.length).toBeGreaterThan(5);
  expect(times[0]).toBeLessThan(NOW_MS - 5 * 86_400_000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(NOW_MS);
});
