import { expect, test } from 'vitest';
import { keyOf } from '../../../src/domain/snapshot/batch-record.ts';
import { type BuiltPage, buildPackedPages } from '../../../src/domain/snapshot/build.ts';
import { type BatchChange, buildDelta } from '../../../src/domain/snapshot/delta.ts';
import { mergePacks, NO_PACKS, slicePacks } from '../../../src/domain/snapshot/packs.ts';
import { openPage, type VerifiedPage } from '../../../src/domain/snapshot/page.ts';
import { changeSince } from '../../../src/domain/snapshot/since.ts';
import { type Country, createCountry } from '../../support/synthetic-country.ts';

const SALT = '5a'.repeat(16);
const AS_OF_MS = Date.UTC(2026, 10, 22);
const DAY_MS = 86_400_000;

function opened(pages: Iterable<BuiltPage | undefined>): VerifiedPage[] {
  return [...pages].flatMap((built) => {
    if (!built) return [];
    const page = openPage(built.bytes, built.ref);
    if (!page.ok) throw new Error(page.detail);
    return page.value;
  });
}

type Layers = readonly (readonly VerifiedPage[])[];

/** What has changed in the country, given the packs that did and some more that did not. */
function changesSince(country: Country, changes: readonly BatchChange[], layers: Layers, asOfMs = AS_OF_MS) {
  const changesIn = new Map(changes.map((change) => [keyOf(change.batch), change]));
  const below = {
    salt: SALT,
    pagesFor: (key: string) =>
      layers.toReversed().flatMap((pages) => pages.filter(({ first, last }) => first <= key && key <= last)),
  };
  return country.batches().flatMap(({ batch, packs }) => {
    const { news, changed } = changesIn.get(keyOf(batch)) ?? { news: NO_PACKS, changed: NO_PACKS };
    const named = mergePacks(news, changed);
    const first = slicePacks(packs, 0, 1);
    const isNamed = Buffer.compare(named.ids.subarray(0, 16), first.ids) === 0;
    const touched = isNamed ? named : mergePacks(named, first);
    return changeSince(below, batch, touched, asOfMs) ?? [];
  });
}

test('what has changed is found by asking the layers below', () => {
  const country = createCountry({ packs: 10_000, batchPacks: 500 });
  const layers = [opened(buildPackedPages(country.batches(), SALT, AS_OF_MS))];
  for (let day = 1; day <= 5; day++) {
    const changes = country.pass({ changed: 0.01, news: 0.01, recalls: 1 });
    const found = changesSince(country, changes, layers);
    expect(found).toEqual(changes);
    layers.push(opened(buildDelta(found, country.issuedBetween, SALT, AS_OF_MS)));
    expect(changesSince(country, [], layers)).toEqual([]);
  }
});

test('a batch that expires is recorded once, without its packs', () => {
  const country = createCountry({ packs: 1_000, batchPacks: 500 });
  const layers = [opened(buildPackedPages(country.batches(), SALT, AS_OF_MS))];
  const later = Date.UTC(2031, 0, 1);
  const changes = country.pass({ changed: 0.1, news: 0 });
  const found = changesSince(country, changes, layers, later);
  expect(found).toEqual(
    changes.map(({ batch }) => ({ batch, recorded: true, news: NO_PACKS, changed: NO_PACKS })),
  );
  layers.push(opened(buildDelta(found, country.issuedBetween, SALT, later)));
  expect(changesSince(country, [], layers, later + DAY_MS)).toEqual([]);
});
