// The GS1 rules against those who keep them: the GS1 Syntax Engine, the dictionary's linters, BWIPP, the Solidsoft AI
// parser and the Digital Link tools. Accepts and refusals are counted apart. Coupons and composite symbols never stand on
// a medicine pack: they are refused, with a reason, whatever the vectors say; what only writes symbols is left out.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkValue, findAi } from '../../src/domain/codes/ai-table.ts';
import { isCset39, isCset64, isCset82, isDigits } from '../../src/domain/codes/character-sets.ts';
import { hasGs1CheckDigit } from '../../src/domain/codes/check-digit.ts';
import { encodeDigitalLink, parseDigitalLink } from '../../src/domain/codes/digital-link.ts';
import { type Fields, parseElementString } from '../../src/domain/codes/element-string.ts';
import { LINTERS } from '../../src/domain/codes/linters.ts';
import {
  type AiPairs,
  checkExclusions,
  checkRepeats,
  checkRequisites,
} from '../../src/domain/codes/pairings.ts';
import { readScan } from '../../src/domain/codes/scan.ts';
import { splitIdentifier } from '../../src/domain/codes/symbology.ts';
import { readJsonl, vectorsDir } from '../support/vectors.ts';

/** The day for which the vectors' verdicts were made: it fixes the century of two-digit years. */
const TODAY_MS = Date.UTC(2026, 8, 24);
const YEAR = 2026;

type Case = {
  readonly id: string;
  readonly suite: string;
  readonly input: string;
  readonly ok?: boolean;
  readonly disputed?: string;
  readonly note?: string;
  readonly ais?: AiPairs | Readonly<Record<string, string>> | undefined;
  readonly options?: Readonly<Record<string, boolean>> | string;
  readonly rule?: string;
  readonly corrected?: string;
  readonly hri?: readonly string[];
  readonly path?: string;
  readonly query?: string;
  readonly stem?: string;
  readonly uri?: string;
  readonly message?: string;
  readonly scan?: string;
  readonly scanDM?: string;
  readonly op?: string;
  readonly ai?: string;
  readonly value?: string;
};

/** Right, wrong (what is), or not a thing that Packtrail does. */
type Judgment = 'right' | 'outside' | `wrong: ${string}`;
type Judge = (one: Case) => Judgment;

const verdict = (got: boolean, { ok }: Case): Judgment =>
  got === (ok ?? true) ? 'right' : `wrong: ${got ? 'accepted' : 'refused'}`;

function same(got: unknown, wanted: unknown): Judgment {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  return a === b ? 'right' : `wrong: ${a} instead of ${b}`;
}

const optionsOf = ({ options }: Case) => (typeof options === 'object' ? options : {});

/** Accepted or refused as wanted, and where accepted with these fields. `tolerated` are oddities that are no refusal. */
function judgeFields(
  one: Case,
  { ais, problems, notes }: Fields,
  tolerated: readonly string[] = [],
): Judgment {
  const isOk = problems.length === 0 && notes.every(({ code }) => tolerated.includes(code));
  const judged = verdict(isOk, one);
  return judged === 'right' && isOk && one.ais ? same(ais, one.ais) : judged;
}

/** Unknown AIs where the engine was told to take them. */
const bySyntax = (one: Case, fields: Fields): Judgment =>
  judgeFields(one, fields, optionsOf(one).permitUnknownAIs ? ['unknown-ai'] : []);

/** "(01)...(10)..."; undefined where it is not of that form. A bracket in data is written with a backslash. */
function unbracket(text: string): AiPairs | undefined {
  if (!/^(\(\d{2,4}\)(?:[^(\\]|\\.)*)+$/.test(text)) return undefined;
  const fields = [...text.matchAll(/\((\d{2,4})\)((?:[^(\\]|\\.)*)/g)];
  return fields.map(([, ai = '', value = '']) => [ai, value.replaceAll('\\(', '(')] as const);
}

function checkPairs(ais: AiPairs): Fields {
  const problems = ais.flatMap(([ai, value]) => {
    const entry = findAi(ai);
    const problem = entry && checkValue(entry, value, YEAR);
    return problem === undefined ? [] : [{ code: problem, ai }];
  });
  const notes = ais.filter(([ai]) => !findAi(ai)).map(([ai]) => ({ code: 'unknown-ai' as const, ai }));
  return { ais, problems, notes };
}

const NOTHING: Fields = { ais: [], problems: [{ code: 'ai-unreadable', ai: undefined }], notes: [] };
const bracketed: Judge = (one) => {
  const ais = unbracket(one.input);
  return bySyntax(one, ais ? checkPairs(ais) : NOTHING);
};
const withRules: Judge = (one) => {
  const ais = unbracket(one.input);
  if (!ais) return verdict(false, one);
  const { problems, notes } = checkPairs(ais);
  const rule = checkRequisites(ais) ?? checkExclusions(ais) ?? checkRepeats(ais);
  return verdict(problems.length === 0 && notes.length === 0 && rule === undefined, one);
};
const RULES: Readonly<Record<string, (ais: AiPairs) => unknown>> = {
  requisites: checkRequisites,
  digsig_serialised_key: checkRequisites,
  mutex: checkExclusions,
  repeats: checkRepeats,
};
const raw = (text: string): Fields =>
  text.startsWith('^') ? parseElementString(text.slice(1).replaceAll('^', '\x1d'), YEAR) : NOTHING;
const isComposite = ({ input }: Case) => input.includes('|');
const isCoupon = ({ input }: Case) => /^\(?811[02]/.test(input) || /\(811[02]\)/.test(input);

/** A composite's two halves arrive joined, and neither half says so: what carries one must be refused. */
const refusesComposite = ({ input }: Case): Judgment =>
  readScan(`]e0${input.replace(/^\^/, '').replaceAll('^', '\x1d')}`, TODAY_MS).ok
    ? 'wrong: composite read'
    : 'right';

const ENGINE: Readonly<Record<string, Judge>> = {
  bracketed_linter: bracketed,
  parse_bracketed: bracketed,
  set_bracketed: withRules,
  error_markup: bracketed,
  process_raw: (one) => bySyntax(one, raw(one.input)),
  validate_associations: (one) => {
    const broken = RULES[one.rule ?? '']?.(unbracket(one.input) ?? []);
    return verdict(broken === undefined, one);
  },
  check_digit: (one) => {
    const judged = verdict(hasGs1CheckDigit(one.input), one);
    return judged === 'right' && one.corrected
      ? verdict(hasGs1CheckDigit(one.corrected), { ...one, ok: true })
      : judged;
  },
  hri: ({ input, hri = [] }) => {
    const ais = input.startsWith('^')
      ? raw(input).ais
      : input.startsWith('http')
        ? parseDigitalLink(input, YEAR).ais
        : unbracket(input);
    return same(
      ais?.map(([ai, value]) => `(${ai}) ${value}`),
      hri,
    );
  },
  scan_process(one) {
    const { symbology, data } = splitIdentifier(one.input);
    // Plain data and bar codes of products are no packs; that they are told from GS1 data is what counts.
    if (one.ok && !one.ais)
      return symbology === 'plain' || symbology === 'ean' || symbology === 'unsupported'
        ? 'right'
        : `wrong: ${data}`;
    const reading = readScan(one.input, TODAY_MS);
    const judged = verdict(reading.ok && symbology !== 'none', one);
    return judged === 'right' && one.ok ? same(reading.ais, one.ais) : judged;
  },
  scan_generate: (one) =>
    one.scan?.startsWith(']') && one.input.startsWith('^')
      ? same(splitIdentifier(one.scan).data, one.input.slice(1).replaceAll('^', '\x1d'))
      : 'outside',
  dl_parse(one) {
    const { permitConvenienceAlphas, permitZeroSuppressedGTIN, permitUnknownAIasDLattribute } =
      optionsOf(one);
    const tolerated = [
      ...(permitConvenienceAlphas || permitZeroSuppressedGTIN ? ['link-outdated'] : []),
      ...(permitUnknownAIasDLattribute ? ['unknown-ai'] : []),
    ];
    // The engine's test prints a short name's AI together with the value.
    return judgeFields(
      permitConvenienceAlphas ? { ...one, ais: undefined } : one,
      parseDigitalLink(one.input, YEAR),
      tolerated,
    );
  },
  dl_generate: (one) =>
    same(encodeDigitalLink(unbracket(one.input) ?? [], one.stem), one.ok ? one.uri : undefined),
  dl_path_sequence(one) {
    const path = one.input
      .split(' ')
      .map((ai) => `/${ai}/0`)
      .join('');
    const { problems } = parseDigitalLink(`https://a${path}`, YEAR);
    return verdict(!problems.some(({ code }) => code === 'link-order' || code === 'link-without-key'), one);
  },
  dl_ignored_params: (one) => judgeFields(one, parseDigitalLink(one.input, YEAR)),
  dl_escape: ({ input, query = '' }) =>
    same(
      encodeDigitalLink([
        ['8006', '0'],
        ['99', input],
      ])
        ?.split('=')[1]
        ?.replaceAll('%20', '+'),
      query,
    ),
  dl_unescape({ input, path, query }) {
    const { ais } = parseDigitalLink(`https://a/8006/${input}?99=${input}`, YEAR);
    return same(
      ais.map(([, value]) => value),
      [path, query],
    );
  },
  to_bracketed: () => 'outside',
  set_data: () => 'outside',
};

/** `key` and the plain types are character sets here; the length rules around them are the dictionary's. */
const SETS: Readonly<Record<string, (value: string) => boolean>> = {
  cset39: isCset39,
  cset64: isCset64,
  cset82: isCset82,
  csetnumeric: isDigits,
};

conformance('gs1-linters', (one) => {
  const set = SETS[one.suite];
  const linter = LINTERS.get(one.suite);
  // No dictionary row names a linter that is not here.
  if (!set && !linter) return 'outside';
  if (one.suite.startsWith('coupon'))
    return verdict(linter?.(one.input, YEAR) !== 'coupon', { ...one, ok: false });
  return verdict(set ? set(one.input) : linter?.(one.input, YEAR) === undefined, one);
});

conformance('gs1-syntax-engine', (one) => {
  if (one.note) return 'outside';
  if (isComposite(one)) return refusesComposite(one);
  return ENGINE[one.suite]?.(one) ?? 'wrong: no judge';
});

conformance('bwipp-gs1', (one) => {
  if (isCoupon(one)) return withRules({ ...one, ok: false });
  if (one.suite === 'bracketed') return withRules(one);
  // BWIPP takes a GTIN as it is printed without being told to.
  if (one.suite === 'digital_link')
    return judgeFields(one, parseDigitalLink(one.input, YEAR), ['link-outdated']);
  return 'outside';
});

conformance('solidsoft-gs1ai', (one) => {
  const fields = parseElementString(one.input, YEAR);
  const isRead = fields.problems.length === 0;
  if (isCoupon(one)) return verdict(isRead, { ...one, ok: false });
  const judged = verdict(isRead, one);
  if (judged !== 'right' || !one.ok) return judged;
  const [[ai = '', value] = []] = fields.ais;
  // Its AIs leave out the last digit where that is a number of decimals or the like.
  return ai.startsWith(one.ai ?? '') ? same(one.value && value, one.value) : `wrong: (${ai})`;
});

conformance('gs1-digital-link', (one) => {
  if (one.suite === 'resolver') return 'outside';
  if (one.op === 'elementsToDigitalLink')
    return same(encodeDigitalLink(parseElementString(one.input, YEAR).ais, one.stem), one.uri);
  if (one.op === 'digitalLinkToElements')
    return same(Object.fromEntries(parseDigitalLink(one.input, YEAR).ais), one.ais);
  const ais = unbracket(one.input) ?? parseDigitalLink(one.input, YEAR).ais;
  return same(encodeDigitalLink(ais), one.uri);
});

function conformance(set: string, judge: Judge): void {
  const folder = vectorsDir(set);
  test.skipIf(folder === undefined)(`${set}: every undisputed case is right`, () => {
    const cases = ['dev', 'heldout']
      .map((half) => `${folder}/${half}/cases.jsonl`)
      .filter((path) => existsSync(path))
      .flatMap((path) => readJsonl<Case>(path));
    const wrong: string[] = [];
    for (const suite of new Set(cases.map((one) => one.suite))) {
      const counts = { accepts: [0, 0], refusals: [0, 0], outside: 0, disputed: 0 };
      for (const one of cases.filter((each) => each.suite === suite)) {
        const judged = judge(one);
        if (one.disputed !== undefined) counts.disputed++;
        else if (judged === 'outside') counts.outside++;
        else {
          const side = one.ok === false ? counts.refusals : counts.accepts;
          side[1] = (side[1] ?? 0) + 1;
          if (judged === 'right') side[0] = (side[0] ?? 0) + 1;
          else wrong.push(`${one.id} ${JSON.stringify(one.input)}: ${judged}`);
        }
      }
      const { accepts, refusals, outside, disputed } = counts;
      const shown = `accepts ${accepts.join('/')}, refusals ${refusals.join('/')}`;
      console.log(`${set}/${suite}: ${shown}, disputed ${disputed}, outside ${outside} (not counted)`);
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });
}
