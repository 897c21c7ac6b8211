// What every LedgerClient gives while an honest ledger stands behind it: answers whose proofs hold.
import { describe, expect, test } from 'vitest';
import type { LogName } from '../../../src/app/ports.ts';
import type { BlindPack } from '../../../src/domain/blinding.ts';
import { concatBytes, encodeBase64, parseBase64, utf8ToBytes } from '../../../src/domain/bytes.ts';
import { openCheckpoint, type VerifiedCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { encodeEntry, entriesOf, parseEntry } from '../../../src/domain/ledger/entry.ts';
import { checkInclusion, leafHash } from '../../../src/domain/ledger/merkle.ts';
import { openTightenings, tightens } from '../../../src/domain/ledger/tightening.ts';
import { tilePath } from '../../../src/domain/ledger/tile.ts';
import {
  planInclusion,
  planRoot,
  proveInclusion,
  rootFromTiles,
} from '../../../src/domain/ledger/tile-proof.ts';
import { openTrust } from '../../../src/domain/ledger/trust.ts';
import { expiryNumber, type Pack } from '../../../src/domain/pack.ts';
import type { PlacedReceipt, Receipt } from '../../../src/domain/receipt.ts';
import { bytesIn, planRuns } from '../../../src/domain/snapshot/bundle.ts';
import { type Finding, lookUp } from '../../../src/domain/snapshot/lookup.ts';
import { pagesForProduct } from '../../../src/domain/snapshot/manifest.ts';
import { openSnapshot } from '../../../src/domain/snapshot/open.ts';
import { openPage } from '../../../src/domain/snapshot/page.ts';
import type { SignedEvent } from '../../../src/domain/wire.ts';
import { createRecorder, type LedgerUnderTest, type Recorded, shelfItem } from '../practice.ts';

function expectOk<T>(result: { ok: true; value: T } | { ok: false; error: string; detail: string }): T {
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}

function bytesOf(base64: string): Uint8Array {
  return expectOk(parseBase64(base64));
}

function signed({ bytes, signature }: Recorded): SignedEvent {
  return { bytes, signature };
}

async function checkpointOf(
  { ledger, enrolment }: LedgerUnderTest,
  log: LogName,
): Promise<VerifiedCheckpoint> {
  const { full } = expectOk(openTrust(enrolment.trust))[log];
  return expectOk(openCheckpoint(utf8ToBytes(await ledger.checkpoint(log)), full));
}

async function tilesOf({ ledger }: LedgerUnderTest, log: LogName, plan: ReturnType<typeof planRoot>) {
  const tiles = new Map<string, Uint8Array>();
  for (const tile of plan) tiles.set(tilePath(tile), await ledger.tile(log, tilePath(tile)));
  return (tile: Parameters<typeof tilePath>[0]) => tiles.get(tilePath(tile));
}

async function blinded({ blinder }: LedgerUnderTest, keyId: number, pack: Pack): Promise<BlindPack> {
  const blind = await blinder.blindPack(keyId, pack);
  if (!blind) throw new Error('outside the scope');
  return blind;
}

/** Whether the log holds exactly what this event becomes. */
async function expectInLog(peer: LedgerUnderTest, { event, id }: Recorded, receipt: PlacedReceipt) {
  const { size, root } = await checkpointOf(peer, 'ledger');
  const packs = await Promise.all(event.packs.map((pack, i) => blinded(peer, receipt.keyIds[i] ?? 0, pack)));
  const none = { containerKeyIds: [], containerIds: [], batches: [] };
  const blind = { actor: peer.enrolment.actor, packs, ...none };
  const { receiptTimeMs, undoesIndex } = receipt;
  const entries = entriesOf(event, id, blind, { receiptTimeMs, undoesIndex: undoesIndex ?? undefined });
  expect(entries).toHaveLength(receipt.parts);
  for (const [i, entry] of entries.entries()) {
    const leafIndex = receipt.index + i;
    const read = await tilesOf(peer, 'ledger', planInclusion(leafIndex, size));
    const proof = expectOk(proveInclusion(leafIndex, size, read));
    const claim = { leafIndex, treeSize: size, leafHash: leafHash(encodeEntry(entry)), root, proof };
    expect(checkInclusion(claim).ok).toBe(true);
  }
}

function placed(receipt: Receipt | undefined): PlacedReceipt {
  if (!receipt || !('index' in receipt)) throw new Error(`not placed: ${receipt?.kind}`);
  return receipt;
}

async function readAll(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  for await (const part of parts) read.push(part);
  return concatBytes(...read);
}

/** Looks the pack up in the newest snapshot, every byte of it verified. */
async function lookUpIn(peer: LedgerUnderTest, pack: Pack): Promise<Finding> {
  const { ledger, enrolment, blinder } = peer;
  const { manifest, proof } = await ledger.latestSnapshot();
  const snapshot = expectOk(openSnapshot(manifest, proof, expectOk(openTrust(enrolment.trust))));
  const blind = await blinded(peer, blinder.keyIds[0] ?? 0, pack);
  const wanted = pagesForProduct(snapshot.manifest, blind.productId);
  const runs = planRuns(snapshot.manifest.layers, new Set(wanted.map(({ sha256 }) => sha256)));
  const bytes = new Map<string, Uint8Array>();
  for (const run of runs) {
    const read = await readAll(await ledger.bundle(run.bundle, run.from, bytesIn(run.pages)));
    let at = 0;
    for (const ref of run.pages) {
      bytes.set(ref.sha256, read.subarray(at, at + ref.bytes));
      at += ref.bytes;
    }
  }
  const pages = wanted.map((ref) => expectOk(openPage(bytes.get(ref.sha256) ?? new Uint8Array(0), ref)));
  return lookUp(pages, snapshot.manifest.salt, blind, expiryNumber(pack.expiry));
}

const ACTIVE = shelfItem('active').printed;

/** `open` gives a ledger that holds the shelf, and a device that has recorded nothing yet. */
export function ledgerClientSuite(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name} is a LedgerClient`, () => {
    test('its tiles give the roots that its checkpoints sign', async () => {
      const peer = await open();
      await peer.ledger.latestSnapshot();
      for (const log of ['ledger', 'snapshot'] as const) {
        const { size, root } = await checkpointOf(peer, log);
        expect(size).toBeGreaterThan(0);
        expect(expectOk(rootFromTiles(size, await tilesOf(peer, log, planRoot(size))))).toEqual(root);
      }
    });

    test('refuses tiles and pages that do not exist', async () => {
      const { ledger } = await open();
      const notFound = { name: 'LedgerError', code: 'refused', refusal: 'not-found' };
      await expect(ledger.tile('ledger', 'tile/3/000')).rejects.toMatchObject(notFound);
      await expect(ledger.tile('ledger', 'tile/0/x123/456.p/7')).rejects.toMatchObject(notFound);
      await expect(ledger.bundle('ab'.repeat(32), 0, 100)).rejects.toMatchObject(notFound);
    });

    test('tells of a pack out of an event, which says more of itself than the question may', async () => {
      const { ledger } = await open();
      const named = { ...shelfItem('active').printed, entryMode: 'scanned', seal: 'intact' } as const;
      expect((await ledger.verify(named)).finding).toMatchObject({ kind: 'hit', state: 'active' });
      expect((await ledger.trail(named)).steps.length).toBeGreaterThan(0);
    });

    test('says of each pack what its snapshot says', async () => {
      const peer = await open();
      const live = async (id: string) => (await peer.ledger.verify(shelfItem(id).printed)).finding;
      const states = ['active', 'active-ifa', 'active-month', 'supplied', 'destroyed', 'exported', 'sample'];
      for (const id of [...states, 'free-sample', 'locked', 'stolen', 'recalled', 'withdrawn']) {
        const state = /^active|recalled|withdrawn/.test(id) ? 'active' : id;
        const flags = { recalled: id === 'recalled', withdrawn: id === 'withdrawn' };
        expect(await live(id)).toMatchObject({ kind: 'hit', state, batch: flags });
        expect(await lookUpIn(peer, shelfItem(id).printed)).toMatchObject({
          kind: 'hit',
          state,
          batch: flags,
        });
      }
      for (const [id, finding] of [
        ['batch-mismatch', { kind: 'mismatch', field: 'batch' }],
        ['expiry-mismatch', { kind: 'mismatch', field: 'expiry' }],
        ['never-issued', { kind: 'miss' }],
      ] as const) {
        expect(await live(id)).toMatchObject(finding);
        expect(await lookUpIn(peer, shelfItem(id).printed)).toMatchObject(finding);
      }
      expect(await live('expired')).toMatchObject({ kind: 'hit', state: 'active' });
      expect(await lookUpIn(peer, shelfItem('expired').printed)).toMatchObject({ kind: 'state-not-held' });
    });

    test('takes a supply and its undo, each proven to be in the log', async () => {
      const peer = await open();
      const record = createRecorder(peer);
      const supply = await record('supply', [ACTIVE, shelfItem('active-ifa').printed]);
      const before = await checkpointOf(peer, 'ledger');
      const [accepted] = await peer.ledger.postEvents([signed(supply)]);
      expect(accepted).toMatchObject({ kind: 'accepted', id: supply.id, index: before.size, parts: 2 });
      await expectInLog(peer, supply, placed(accepted));
      expect(await lookUpIn(peer, ACTIVE)).toMatchObject({ kind: 'hit', state: 'supplied' });

      const undo = await record('undo', [ACTIVE], { undoes: supply.id });
      const [undone] = await peer.ledger.postEvents([signed(undo)]);
      expect(undone).toMatchObject({ kind: 'accepted', undoesIndex: before.size });
      await expectInLog(peer, undo, placed(undone));
      expect((await peer.ledger.verify(ACTIVE)).finding).toMatchObject({ kind: 'hit', state: 'active' });
      expect(await lookUpIn(peer, shelfItem('active-ifa').printed)).toMatchObject({ state: 'supplied' });
    });

    test('answers an event that it holds with its first place', async () => {
      const peer = await open();
      const supply = await createRecorder(peer)('supply', [ACTIVE]);
      const [first] = await peer.ledger.postEvents([signed(supply)]);
      const { kind: _, ...place } = placed(first);
      const again = await peer.ledger.postEvents([signed(supply), signed(supply)]);
      expect(again).toEqual(Array(2).fill({ ...place, kind: 'duplicate', conflicts: [] }));
    });

    test('names the winner of a conflict only where it is our own site', async () => {
      const peer = await open();
      const record = createRecorder(peer);
      const supply = await record('supply', [ACTIVE]);
      const lost = await record('destroy', [shelfItem('supplied').printed, ACTIVE]);
      const receipts = await peer.ledger.postEvents([signed(supply), signed(lost)]);
      const winner = placed(receipts[0]);
      expect(receipts[1]).toMatchObject({
        kind: 'conflict',
        conflicts: [
          { pack: 0, why: 'not-active', state: 'supplied', winner: { where: 'another-location' } },
          {
            ...{ pack: 1, why: 'not-active', state: 'supplied' },
            winner: { where: 'this-site', index: winner.index, operation: 'supply', user: 'user-1' },
          },
        ],
      });
      await expectInLog(peer, lost, placed(receipts[1]));
      const undo = await record('undo', [ACTIVE], { undoes: supply.id });
      expect(await peer.ledger.postEvents([signed(undo)])).toMatchObject([{ kind: 'accepted' }]);
      expect((await peer.ledger.verify(ACTIVE)).finding).toMatchObject({ state: 'active' });
    });

    test('asks for events that are missing, and takes them in order then', async () => {
      const peer = await open();
      const record = createRecorder(peer);
      const [first, second] = [await record('supply', [ACTIVE]), await record('inspect', [ACTIVE])];
      expect(await peer.ledger.postEvents([signed(second)])).toEqual([
        { kind: 'gap', id: second.id, expected: 1 },
      ]);
      const receipts = await peer.ledger.postEvents([signed(first), signed(second)]);
      expect(receipts.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    });

    test('rejects what may not be, without blocking the rest', async () => {
      const peer = await open();
      const record = createRecorder(peer);
      const forged = await record('inspect', [ACTIVE]);
      const fresh = createRecorder(peer);
      const events = [
        await fresh('recall', [], { batches: [{ productCode: ACTIVE.productCode, batch: ACTIVE.batch }] }),
        await fresh('inspect', [ACTIVE], { site: 'elsewhere' }),
        await fresh('inspect', [ACTIVE], { market: 'other' }),
        await fresh('undo', [ACTIVE], { undoes: 'ab'.repeat(32) }),
        await fresh('inspect', [ACTIVE], { device: 'ab'.repeat(16) }),
      ];
      const signature = encodeBase64(new Uint8Array(64));
      const posted = [{ ...signed(forged), signature }, ...events.map(signed), { bytes: 'e30=', signature }];
      const receipts = await peer.ledger.postEvents(posted);
      expect(
        receipts.map((receipt) => (receipt.kind === 'rejected' ? receipt.reason : receipt.kind)),
      ).toEqual([
        ...['bad-signature', 'operation-not-allowed', 'not-your-site', 'wrong-market'],
        ...['unknown-undo-target', 'bad-signature', 'malformed'],
      ]);
      // The rejected ones of our own device keep their places in its chain.
      const next = await fresh('inspect', [ACTIVE], { sequence: 5, previous: events[3]?.id ?? '' });
      const cloned = await createRecorder(peer)('inspect', [ACTIVE]);
      expect(await peer.ledger.postEvents([signed(next), signed(cloned)])).toMatchObject([
        { kind: 'accepted' },
        { kind: 'rejected', reason: 'broken-chain' },
      ]);
    });

    test('shows a journey whose every step is proven, as far as we may know', async () => {
      const peer = await open();
      const record = createRecorder(peer);
      const supply = await record('supply', [ACTIVE]);
      await peer.ledger.postEvents([signed(supply)]);
      const trail = await peer.ledger.trail(ACTIVE);
      const trust = expectOk(openTrust(peer.enrolment.trust)).ledger.full;
      const { size, root } = expectOk(openCheckpoint(utf8ToBytes(trail.checkpoint), trust));
      const operations = trail.steps.map((step) => {
        const leaf = step.kind === 'open' ? leafHash(bytesOf(step.entry)) : bytesOf(step.leaf);
        const proof = step.proof.map(bytesOf);
        const claim = { leafIndex: step.index, treeSize: size, leafHash: leaf, root, proof };
        expect(checkInclusion(claim).ok).toBe(true);
        return step.kind === 'open' ? expectOk(parseEntry(bytesOf(step.entry))).operation : step.operation;
      });
      expect(operations).toEqual([
        ...['commission', 'pack', 'ship', 'receive', 'pack', 'ship', 'receive', 'supply'],
      ]);
      expect(trail.steps[0]).toMatchObject({ kind: 'open', where: { role: 'manufacturer' }, event: null });
      expect(trail.steps[2]).toMatchObject({ kind: 'open', container: expect.stringMatching(/^\d{18}$/) });
      expect(trail.steps.at(-1)).toMatchObject({ kind: 'open', event: supply.bytes });
      const others = (await peer.ledger.trail(shelfItem('supplied').printed)).steps.at(-1);
      expect(others).toMatchObject({ kind: 'withheld', operation: 'supply' });
      expect((await peer.ledger.trail(shelfItem('never-issued').printed)).steps).toEqual([]);
    });

    test('proves the recalls, withdrawals and locks, old and new, and repeats nothing', async () => {
      const peer = await open();
      const told = async (from: number) => {
        const answer = await peer.ledger.tightenings(from, undefined);
        if (!answer) throw new Error('no answer held, and none given');
        const trust = expectOk(openTrust(peer.enrolment.trust)).ledger.full;
        const checkpoint = expectOk(openCheckpoint(utf8ToBytes(answer.checkpoint), trust));
        return { answer, opened: expectOk(openTightenings(answer, from, checkpoint)) };
      };
      const { opened } = await told(0);
      const named = (id: string, operation: string) => {
        const { printed } = shelfItem(id);
        return blinded(peer, 1, printed)
          .then((blind) => opened.filter((each) => tightens(each, blind, expiryNumber(printed.expiry))))
          .then((found) => found.some((each) => each.operation === operation));
      };
      expect(await named('recalled', 'recall')).toBe(true);
      expect(await named('withdrawn', 'withdraw')).toBe(true);
      expect(await named('locked', 'lock')).toBe(true);
      expect(await named('active', 'lock')).toBe(false);
      const from = (opened.at(-1)?.index ?? 0) + 1;
      const none = await told(from);
      expect(none.opened).toEqual([]);
      expect(await peer.ledger.tightenings(from, none.answer.tag)).toBeUndefined();
      await peer.ledger.postEvents([signed(await createRecorder(peer)('lock', [ACTIVE]))]);
      const news = await peer.ledger.tightenings(from, none.answer.tag);
      expect(news?.entries).toHaveLength(1);
    });

    test('gives the keys of its epochs, the whole or by product', async () => {
      const peer = await open();
      const { keyIds, keys } = await peer.ledger.keys({ keyIds: [1], products: null });
      expect([keyIds, keys]).toEqual([[1], peer.enrolment.keys]);
      const { productCode } = ACTIVE;
      const some = await peer.ledger.keys({ keyIds: [1], products: [productCode] });
      expect(some.keys).toMatchObject([{ kind: 'products', keyId: 1, products: [{ productCode }] }]);
      expect((await peer.ledger.keys({ keyIds: [], products: [] })).keys).toEqual([]);
    });

    test('names the products of the shelf', async () => {
      const { products } = await (await open()).ledger.catalogue();
      const item = shelfItem('active');
      expect(products).toContainEqual({ productCode: item.printed.productCode, name: item.productName });
    });
  });
}
