// What stands around the data: the AIM identifier that a scanner may put first (ISO/IEC 15424), and the prefix and
// suffix that it may have been set up to add.

export type Symbology = 'none' | 'gs1' | 'gs1-unlisted' | 'plain' | 'ean' | 'itf' | 'unsupported';

/**
 * GS1 General Specifications table 7.8.3-1, and the plain modes of the same symbols, which carry IFA or a link. Each again
 * as scanners name it that pass on the code pages (ECI) which many generators write into a symbol without need.
 */
const SYMBOLOGIES: ReadonlyMap<string, Symbology> = new Map([
  [']d2', 'gs1'],
  [']C1', 'gs1'],
  [']e0', 'gs1'],
  [']Q3', 'gs1'],
  [']J1', 'gs1'],
  // Rectangular Data Matrix extension with FNC1 first: not a GS1 symbol, yet decoders report it for what is one.
  [']d8', 'gs1-unlisted'],
  [']d5', 'gs1-unlisted'],
  [']Q4', 'gs1-unlisted'],
  [']d1', 'plain'],
  [']d4', 'plain'],
  [']Q1', 'plain'],
  [']Q2', 'plain'],
  [']J0', 'plain'],
  [']E0', 'ean'],
  [']E4', 'ean'],
  // Interleaved 2 of 5, its check digit checked by the reader or not.
  [']I0', 'itf'],
  [']I1', 'itf'],
]);

/** `identifier` is empty where the scanner sends none. */
export type Scan = { readonly identifier: string; readonly symbology: Symbology; readonly data: string };

export function splitIdentifier(text: string): Scan {
  const identifier = /^\][A-Za-z][0-9A-Za-z]/.exec(text)?.[0] ?? '';
  const symbology = identifier === '' ? 'none' : (SYMBOLOGIES.get(identifier) ?? 'unsupported');
  const sent = text.slice(identifier.length);
  const data = WITH_CODE_PAGE.has(identifier) ? sent.replace(CODE_PAGE, '') : sent;
  return { identifier, symbology, data };
}

const WITH_CODE_PAGE: ReadonlySet<string> = new Set([']d4', ']d5', ']Q2', ']Q4']);
/** At the start, where it says nothing: what codes of packs may hold is ASCII. Any other is a character not allowed. */
const CODE_PAGE = /^\\\d{6}/;

/**
 * The calibration code that prefix and suffix are learnt from parts its groups by four spaces, so an affix with as
 * many cannot be told from the code itself.
 */
const UNLEARNABLE = / {4}/;

/**
 * Takes off what the scanner was set up to add: the prefix before or after the AIM identifier, the suffix at the end
 * or just before the EOT of an envelope. What does not match stays, and the reader refuses it.
 */
export function stripAffixes(text: string, affixes: { prefix: string; suffix: string }): string {
  const prefix = UNLEARNABLE.test(affixes.prefix) ? '' : affixes.prefix;
  const suffix = UNLEARNABLE.test(affixes.suffix) ? '' : affixes.suffix;
  const outer = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  const { identifier, data } = splitIdentifier(outer);
  const isInner = outer === text && data.startsWith(prefix);
  const body = identifier + (isInner ? data.slice(prefix.length) : data);
  if (body.endsWith(suffix)) return body.slice(0, body.length - suffix.length);
  const inEnvelope = `${suffix}\x04`;
  return body.endsWith(inEnvelope) ? `${body.slice(0, body.length - inEnvelope.length)}\x04` : body;
}
