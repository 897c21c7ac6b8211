// GS1 Digital Link URIs, uncompressed (GS1 Digital Link Standard: URI Syntax 1.3): a key and its qualifiers in the
// path, in the order that the dictionary prescribes, further fields in the query. What earlier versions allowed, short
// names (/gtin/, /lot/, /ser/) and GTINs of fewer than 14 digits, is read and noted.
import { assert } from '../result.ts';
import { type AiEntry, checkValue, findAi } from './ai-table.ts';
import type { Fields } from './element-string.ts';
import type { AiPairs } from './pairings.ts';
import { type Finding, finding, note, type ScanNote } from './problem.ts';

const SCHEME = /^(?:http|https|HTTP|HTTPS):\/\//;
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/;
const DOMAIN = /^[A-Za-z0-9\-._~:%@]+$/;
const STEM_DEFAULT = 'https://id.gs1.org';

export function isWebAddress(text: string): boolean {
  return SCHEME.test(text);
}

export function parseDigitalLink(uri: string, yearNow: number): Fields {
  const [address = ''] = uri.replace(SCHEME, '').split('#', 1);
  const slash = address.indexOf('/');
  const isWellFormed = isWebAddress(uri) && URI_CHARACTERS.test(uri) && DOMAIN.test(address.slice(0, slash));
  if (slash < 1 || !isWellFormed) return refused('link-malformed');
  const question = address.indexOf('?');
  const path = address.slice(slash + 1, question < 0 ? undefined : question);
  const written = keyAndQualifiers(path);
  if (written === undefined) return refused('link-without-key');
  const inPath = written.map(toCurrent);
  const asked = question < 0 ? [] : queryFields(address.slice(question + 1));
  const inQuery = asked.map(toCurrent);
  const ais: AiPairs = [...inPath, ...inQuery];
  const placed = checkPlaces(inPath, inQuery);
  const isCurrent = [...written, ...asked].every(
    ([ai, value], i) => ais[i]?.[0] === ai && ais[i]?.[1] === value,
  );
  const notes = isCurrent ? [] : [note('link-outdated')];
  return {
    ais,
    problems: [...placed, ...checkValues(ais, yearNow)],
    notes: [...notes, ...unknownNotes(inQuery)],
  };
}

function refused(code: 'link-malformed' | 'link-without-key'): Fields {
  return { ais: [], problems: [finding(code)], notes: [] };
}

/** Pairs of segments, read from the end until a key is met: what stands before it belongs to the site. */
function keyAndQualifiers(path: string): AiPairs | undefined {
  const segments = path.split('/');
  const pairs: [string, string][] = [];
  for (let i = segments.length - 2; i >= 0; i -= 2) {
    const name = segments[i] ?? '';
    const entry = findAi(SHORT_NAMES.get(name) ?? name);
    if (entry === undefined) return undefined;
    pairs.unshift([name, unescapeText(segments[i + 1] ?? '')]);
    if (entry.linkQualifiers !== undefined) return pairs;
  }
  return undefined;
}

/** URI Syntax 1.1 and before: section 4.3 names, and GTIN-8, -12 and -13 as they are printed. */
function toCurrent([name, value]: readonly [string, string]): readonly [string, string] {
  const ai = SHORT_NAMES.get(name) ?? name;
  return [ai, ai === '01' && /^(?:\d{8}|\d{12,13})$/.test(value) ? value.padStart(14, '0') : value];
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ...([
    ['gtin', '01'],
    ['itip', '8006'],
    ['gmn', '8013'],
    ['cpid', '8010'],
    ['gln', '414'],
    ['party', '417'],
  ] as const),
  ...([
    ['gsrnp', '8017'],
    ['gsrn', '8018'],
    ['gcn', '255'],
    ['sscc', '00'],
    ['gdti', '253'],
    ['ginc', '401'],
  ] as const),
  ...([
    ['gsin', '402'],
    ['grai', '8003'],
    ['giai', '8004'],
    ['cpv', '22'],
    ['lot', '10'],
    ['ser', '21'],
  ] as const),
  ...([
    ['cpsn', '8011'],
    ['glnx', '254'],
    ['refno', '8020'],
    ['srin', '8019'],
  ] as const),
]);

/** Parameters that are not named like an AI belong to the site and are passed over. */
function queryFields(query: string): AiPairs {
  return query.split('&').flatMap((parameter): [string, string][] => {
    const equals = parameter.indexOf('=');
    const name = parameter.slice(0, equals);
    if (equals < 0 || !/^\d{2,4}$/.test(name)) return [];
    return [[name, unescapeText(parameter.slice(equals + 1).replaceAll('+', ' '))]];
  });
}

function checkPlaces(inPath: AiPairs, inQuery: AiPairs): Finding[] {
  const orders = findAi(inPath[0]?.[0] ?? '')?.linkQualifiers ?? [];
  const qualifiers = inPath.slice(1).map(([ai]) => ai);
  const problems: Finding[] = [];
  if (qualifiers.length > 0 && !orders.some((order) => isInOrder(qualifiers, order)))
    problems.push(finding('link-order'));
  const seen = new Set(inPath.map(([ai]) => ai));
  for (const [ai] of inQuery) {
    const belongsInPath = orders.some((order) => [...qualifiers, ai].every((each) => order.includes(each)));
    if (seen.has(ai) || belongsInPath || findAi(ai)?.isLinkAttribute === false)
      problems.push(finding('link-attribute', ai));
    seen.add(ai);
  }
  return problems;
}

/** Whether all stand in `order`, in that order, possibly with gaps. */
function isInOrder(qualifiers: readonly string[], order: readonly string[]): boolean {
  let at = -1;
  for (const qualifier of qualifiers) {
    const next = order.indexOf(qualifier, at + 1);
    if (next < 0) return false;
    at = next;
  }
  return true;
}

function checkValues(ais: AiPairs, yearNow: number): Finding[] {
  return ais.flatMap(([ai, value]) => {
    const entry = findAi(ai);
    const problem = entry && checkValue(entry, value, yearNow);
    return problem === undefined ? [] : [finding(problem, ai)];
  });
}

function unknownNotes(inQuery: AiPairs): ScanNote[] {
  return inQuery.filter(([ai]) => findAi(ai) === undefined).map(([ai]) => note('unknown-ai', ai));
}

/** RFC 3986 s2.1; what is not a complete escape stays as it is, and the character sets judge it. */
function unescapeText(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function escapeText(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-._~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Canonical URI: the first key read, its qualifiers in order, then fields of fixed length before the others. */
export function encodeDigitalLink(ais: AiPairs, stem: string = STEM_DEFAULT): string | undefined {
  const unique = ais.filter(([ai], i) => ais.findIndex(([other]) => other === ai) === i);
  const key = unique.find(([ai]) => findAi(ai)?.linkQualifiers !== undefined);
  if (key === undefined) return undefined;
  const entryOf = ([ai]: readonly [string, string]): AiEntry | undefined => findAi(ai);
  const order = longestOrder(entryOf(key)?.linkQualifiers ?? [], unique);
  const inPath = [key, ...order.flatMap((ai) => unique.filter(([other]) => other === ai))];
  const rest = unique.filter((pair) => !inPath.includes(pair));
  if (rest.some((pair) => entryOf(pair)?.isLinkAttribute === false)) return undefined;
  const fixed = rest.filter((pair) => entryOf(pair)?.isPredefinedLength === true);
  const open = rest.filter((pair) => !fixed.includes(pair));
  const path = inPath.map(([ai, value]) => `/${ai}/${escapeText(value)}`).join('');
  const query = [...fixed, ...open].map(([ai, value]) => `${ai}=${escapeText(value)}`).join('&');
  assert(isWebAddress(stem), 'the stem is a web address');
  return stem.replace(/\/$/, '') + path + (query === '' ? '' : `?${query}`);
}

function longestOrder(orders: readonly (readonly string[])[], ais: AiPairs): readonly string[] {
  const present = orders.map((order) => order.filter((ai) => ais.some(([other]) => other === ai)));
  return present.reduce((best, order) => (order.length > best.length ? order : best), []);
}
