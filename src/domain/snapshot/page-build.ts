// From the parts that share a page to its bytes. Nothing leaves here before it has been read back as a device would
// read it, and has answered for every pack that went in.
import { createByteReader, createByteWriter } from '../bytes.ts';
import { assert } from '../result.ts';
import { keyOf } from './batch-record.ts';
import { type Changes, queryChanges } from './changes.ts';
import type { PagePart } from './cut.ts';
import type { PageRef } from './manifest.ts';
import { type Members, queryMembers, readMembers, writeMembers } from './members.ts';
import { batchPrefix, HASH_WORDS, hashPacks, type PackSet } from './pack-key.ts';
import { openPage, sealPage } from './page.ts';

export type BuiltPage = { readonly bytes: Uint8Array; readonly ref: PageRef };

export function hashParts(salt: string, parts: readonly PagePart[], which: 'news' | 'changed'): PackSet {
  const count = parts.reduce((sum, part) => sum + part[which].states.length, 0);
  const hashes = new Int32Array(count * HASH_WORDS);
  const states = new Uint8Array(count);
  let at = 0;
  for (const { batch, ...part } of parts) {
    const packs = part[which];
    if (packs.states.length === 0) continue;
    hashPacks(batchPrefix(salt, batch.productId, batch.batchId), batch.expiry, packs.ids, hashes, at);
    states.set(packs.states, at);
    at += packs.states.length;
  }
  return { hashes, states };
}

/** What is being put together for one page. */
export type PageDraft = {
  readonly parts: readonly PagePart[];
  readonly news: PackSet;
  readonly members: Uint8Array;
  readonly changed: PackSet;
  readonly changes: Uint8Array;
};

export function finishPage({ parts, news, members, changed, changes }: PageDraft): BuiltPage {
  const first = parts[0];
  const last = parts.at(-1);
  assert(first && last, 'a page has parts');
  const range = {
    first: keyOf(first.batch) + first.from,
    last: keyOf(last.batch) + last.to,
  };
  const batches = parts.filter(({ recorded }) => recorded).map(({ batch }) => batch);
  const built = sealPage({ ...range, packs: news.states.length }, batches, members, changes);
  const page = openPage(built.bytes, built.ref);
  assert(page.ok, 'a page reads back');
  assert(holdsAll(page.value.members, news), 'every pack is held, with its state');
  assert(changesAll(page.value.changes, changed), 'every change is held');
  return built;
}

function holdsAll(members: Members, { hashes, states }: PackSet): boolean {
  for (let i = 0; i < states.length; i++) if (queryMembers(members, hashes, i) !== states[i]) return false;
  return true;
}

function changesAll(changes: Changes, { hashes, states }: PackSet): boolean {
  for (let i = 0; i < states.length; i++) if (queryChanges(changes, hashes, i) !== states[i]) return false;
  return true;
}

/** Members as bytes, and as a device will read them. */
export function encodeMembers(
  news: PackSet,
  fingerprintBits: number,
): { bytes: Uint8Array; members: Members } {
  const writer = createByteWriter();
  writeMembers(writer, news, fingerprintBits);
  const bytes = writer.done();
  const members = readMembers(createByteReader(bytes));
  assert(members, 'members read back');
  return { bytes, members };
}
