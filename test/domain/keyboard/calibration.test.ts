import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSET82 } from '../../../src/domain/codes/character-sets.ts';
import { type Calibration, calibrate } from '../../../src/domain/keyboard/calibration.ts';
import {
  baselineCode,
  deadKeyCode,
  encodeParts,
  encodeWhole,
  isPart,
  joinParts,
} from '../../../src/domain/keyboard/calibration-code.ts';
import { createUndoer } from '../../../src/domain/keyboard/undo.ts';
import { GERMAN_LIKE, type KeyboardLayout, typeText } from '../../support/keyboard.ts';

/** Scans what the calibration asks for until it is content. */
function learn(layout: KeyboardLayout, { before = '', after = '' } = {}): Calibration {
  const scan = (text: string) => typeText(before + text, layout) + typeText(after, layout);
  const codes = new Map<string, string>();
  for (;;) {
    const calibration = calibrate(scan(encodeWhole(baselineCode())), codes);
    if (calibration.kind !== 'dead-key') return calibration;
    expect(codes.has(calibration.deadKey)).toBe(false);
    codes.set(calibration.deadKey, scan(encodeWhole(deadKeyCode(calibration.deadKey))));
  }
}

function undone(layout: KeyboardLayout, text: string): string {
  const calibration = learn(layout);
  if (calibration.kind !== 'learnt') return calibration.kind;
  const result = createUndoer(calibration.layout)(typeText(text, layout));
  return result.ok ? result.value : result.error;
}

const withKey = (character: string, shown: string): KeyboardLayout => ({
  ...GERMAN_LIKE,
  keys: new Map([...GERMAN_LIKE.keys, [character, shown]]),
});
const PLAIN: KeyboardLayout = { keys: new Map(), deadKeys: new Map() };
const PACK = "010460123456789321aZ+e=Y-_/'\x1d10L(1)*\x1d17281231";

describe('a calibration code in parts', () => {
  const codes = { baseline: baselineCode(), 'dead key': deadKeyCode('+') };
  const scan = (text: string) => `]d1>${typeText(text, GERMAN_LIKE)}.\r`;

  it.each(Object.entries(codes))('arrives as the whole %s does', (_, code) => {
    const arrived = encodeParts(code).map(scan);
    expect(`${joinParts(code, arrived)}\r`).toBe(scan(encodeWhole(code)));
  });

  it.each(Object.entries(codes))('is small enough for any scanner: %s', (_, code) => {
    // 32 x 32 modules hold 91 letters or digits, 36 x 36 hold 127.
    for (const text of encodeParts(code)) expect(text.length).toBeLessThan(80);
  });

  it('is not put together from other parts, or from those of two scanners', () => {
    const code = baselineCode();
    const [first = '', second = '', third = '', last = ''] = encodeParts(code).map(scan);
    expect([first, second, third, last].map((part, i) => isPart(part, i))).toEqual([true, true, true, true]);
    expect(isPart(first, 1)).toBe(false);
    expect(isPart(PACK, 0)).toBe(false);
    expect(joinParts(code, [first, third, second, last])).toBeUndefined();
    expect(joinParts(code, [first, second, third])).toBeUndefined();
    expect(joinParts(code, [first, second.replace(']d1', ''), third, last])).toBeUndefined();
    expect(joinParts(code, [first, second.replace('.', '!'), third, last])).toBeUndefined();
    expect(joinParts(code, [])).toBeUndefined();
  });
});

describe('a layout that can be undone', () => {
  it.each([
    ['the same on both sides', PLAIN],
    ['another language', GERMAN_LIKE],
    ['a separator that gives no character', withKey('\x1d', '\0')],
    ['a separator that gives a character no pack holds', withKey('\x1d', '@')],
  ])('%s', (_, layout) => {
    expect(undone(layout, PACK)).toBe(PACK);
    expect(undone(layout, `]d2${PACK}`)).toBe(`]d2${PACK}`);
  });

  it('gives an envelope back even where its controls are lost or look like data', () => {
    const envelope = '[)>\x1e06\x1d9N111003592770\x1d1T=+"A\x1dD280131\x1dSzZ"\x1e\x04';
    for (const shown of ['\x1e', '\0', '@', 'Ä', ''])
      expect(undone(withKey('\x1e', shown), envelope), JSON.stringify(shown)).toBe(envelope);
  });

  it('takes a raw separator too', () => {
    const calibration = learn(withKey('\x1d', '@'));
    expect(calibration.kind).toBe('learnt');
    if (calibration.kind === 'learnt')
      expect(createUndoer(calibration.layout)('0104601234567893210ß\x1d10A')).toMatchObject({
        value: '0104601234567893210-\x1d10A',
      });
  });

  it.each(['\0¨\0', '\0\0¨', '\0¨\x1d', '\0"\0'])('ends a dead key before a separator as %j', (arrives) => {
    const spanishLike: KeyboardLayout = {
      keys: new Map([['\x1d', '\0']]),
      deadKeys: new Map([['"', { accent: '¨', makes: new Map([['e', 'ë']]) }]]),
    };
    // Before a space this accent shows as another sign.
    const baseline = typeText(encodeWhole(baselineCode()), spanishLike).replace('\0¨', '\0"');
    const calibration = calibrate(
      baseline,
      new Map([['"', typeText(encodeWhole(deadKeyCode('"')), spanishLike)]]),
    );
    expect(calibration.kind).toBe('learnt');
    if (calibration.kind === 'learnt')
      expect(createUndoer(calibration.layout)(`010460123456789310A${arrives}21B`)).toMatchObject({
        value: '010460123456789310A"\x1d21B',
      });
  });

  it('learns prefix, suffix and whether identifiers are sent', () => {
    expect(learn(GERMAN_LIKE, { before: 'YZ-]d1', after: '%' })).toMatchObject({
      layout: { prefix: 'ZYß', suffix: '%', sendsIdentifier: true },
    });
    expect(learn(GERMAN_LIKE)).toMatchObject({ layout: { prefix: '', suffix: '', sendsIdentifier: false } });
  });
});

describe('a layout that is refused', () => {
  it.each<[string, KeyboardLayout, object]>([
    ['two letters alike', withKey('q', 'w'), { why: 'characters-alike', characters: ['q', 'w'] }],
    ['a separator like data', withKey('\x1d', 'Ä'), { why: 'characters-alike', characters: ['\x1d', '"'] }],
    ['a separator without trace', withKey('\x1d', ''), { why: 'separator-lost' }],
    ['a digit without trace', withKey('7', ''), { why: 'characters-lost', characters: ['7'] }],
  ])('%s', (_, layout, why) => {
    expect(learn(layout)).toMatchObject({ kind: 'refused', ...why });
  });

  it('for a dead key and a letter that together look like a separator and a digit', () => {
    const acute = new Map([['y', 'ý']]);
    const layout: KeyboardLayout = {
      keys: new Map([
        ['7', 'ý'],
        ['\x1d', '\0'],
      ]),
      deadKeys: new Map([['=', { accent: '´', makes: acute }]]),
    };
    expect(learn(layout)).toMatchObject({ kind: 'refused', why: 'characters-alike' });
    expect(learn({ ...layout, keys: new Map([['7', 'ý']]) })).toMatchObject({ kind: 'learnt' });
  });

  it('for Caps Lock, and for what is no calibration code', () => {
    const swapCase = (text: string) =>
      text.replace(/[A-Za-z]/g, (c) => (c < 'a' ? c.toLowerCase() : c.toUpperCase()));
    expect(calibrate(swapCase(encodeWhole(baselineCode())), new Map())).toMatchObject({
      why: 'case-swapped',
    });
    for (const text of [
      '',
      PACK,
      encodeWhole(baselineCode()).slice(0, 100),
      encodeWhole(baselineCode()).replace(' M ', ' '),
    ])
      expect(calibrate(text, new Map())).toMatchObject({ kind: 'refused', why: 'not-calibration' });
  });
});

describe('undoing', () => {
  it('says so where the keys cannot come through this layout', () => {
    expect(undone(GERMAN_LIKE, 'a b')).toBe('foreign');
    const calibration = learn(GERMAN_LIKE);
    if (calibration.kind !== 'learnt') throw new Error('learnt');
    for (const text of ['01Ω', '01\0', ']', ']ü'])
      expect(createUndoer(calibration.layout)(text), text).toMatchObject({ ok: false });
  });

  it('gives back every text exactly, for any layout that was learnt', () => {
    const shown = fc.shuffledSubarray([...CSET82, ...'äöüßéèêçñøåλψωжщя§¤¬°«»'], {
      minLength: 82,
      maxLength: 82,
    });
    const deadKeys = fc.uniqueArray(
      fc.record({
        character: fc.constantFrom(...CSET82),
        accent: fc.constantFrom(...'`´¨^~ˇ'),
        makes: fc.dictionary(fc.constantFrom(...'aeiouyAEIOUY17'), fc.constantFrom(...'áéíóúýàèìòùäëïöü'), {
          maxKeys: 8,
        }),
      }),
      { maxLength: 3, selector: ({ character }) => character },
    );
    const separator = fc.constantFrom('\x1d', '\0', '@', '\x1b');
    const layouts = fc.record({ shown, deadKeys, separator }).map(
      (one): KeyboardLayout => ({
        keys: new Map([
          ...[...CSET82].map((c, at) => [c, one.shown[at] ?? c] as const),
          ['\x1d', one.separator],
        ]),
        deadKeys: new Map(
          one.deadKeys.map(({ character, accent, makes }) => [
            character,
            { accent, makes: new Map(Object.entries(makes)) },
          ]),
        ),
      }),
    );
    const value = fc.string({ unit: fc.constantFrom(...CSET82), minLength: 1, maxLength: 20 });
    const packs = fc.array(fc.tuple(fc.constantFrom('01', '21', '10', '17', 'S', '1T'), value), {
      minLength: 1,
      maxLength: 4,
    });
    let learnt = 0;
    fc.assert(
      fc.property(layouts, fc.array(packs, { minLength: 5, maxLength: 5 }), (layout, texts) => {
        const calibration = learn(layout);
        if (calibration.kind !== 'learnt') return;
        learnt++;
        const undo = createUndoer(calibration.layout);
        for (const fields of texts) {
          const text = fields.map(([ai, content]) => ai + content).join('\x1d');
          expect(undo(typeText(text, layout))).toMatchObject({ ok: true, value: text });
        }
      }),
      { seed: 20_261_122, numRuns: 60 },
    );
    expect(learnt).toBeGreaterThan(10);
  });
});
