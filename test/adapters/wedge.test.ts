import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  PAUSE_MS,
  pause,
  pressKey,
  releaseAlt,
  SETTLE_MS,
  WEDGE_IDLE,
  type WedgeKey,
} from '../../src/adapters/wedge-keys.ts';
import type { KeyedScan } from '../../src/domain/keyboard/keyed-scan.ts';
import {
  findChromium,
  type HarnessPage,
  launchChromium,
  NO_CHROMIUM,
  serveHarness,
} from '../support/chromium.ts';
import {
  ARROW_LEFT_KEY,
  CONTROL_BRACKET_KEY,
  charactersOf,
  ENTER_KEY,
  pressAtOnce,
} from '../support/scanner-keys.ts';

type Press = Partial<WedgeKey> | { readonly altUp: true } | { readonly waitMs: number };

const typed = (text: string): Press[] => [...text].map((key) => ({ key }));
const places = (digits: string): Press[] => [...digits].map((key) => ({ key, code: `Digit${key}` }));
const PLAIN = {
  ...{ key: '', code: '', shift: false, ctrl: false, alt: false, altGraph: false },
  ...{ meta: false, capsLock: false, repeat: false },
};
const ENTER = { key: 'Enter' };
const SHORTCUT = { key: 'v', code: 'KeyV', meta: true };
const CTRL_BRACKET = { key: ']', code: 'BracketRight', ctrl: true };
const altCode = (digits: string): Press[] => [
  { key: 'Alt', alt: true },
  ...[...digits].map((digit) => ({ key: digit, code: `Numpad${digit}`, alt: true })),
  { altUp: true },
];

/** Runs key presses through the machine, `gapMs` apart, and returns the codes that come out. */
function scansOf(presses: readonly Press[], gapMs = 10): string[] {
  return keyedScansOf(presses, gapMs).map(({ text }) => text);
}

function keyedScansOf(presses: readonly Press[], gapMs = 10): KeyedScan[] {
  return played(presses, gapMs).scans;
}

/** `left`: the keys that the page may react to. */
function played(presses: readonly Press[], gapMs = 10): { scans: KeyedScan[]; left: string[] } {
  const scans: KeyedScan[] = [];
  const left: string[] = [];
  let state = WEDGE_IDLE;
  let timeMs = 1_000;
  for (const press of presses) {
    timeMs += 'waitMs' in press ? press.waitMs : gapMs;
    if ('waitMs' in press) {
      if (press.waitMs < SETTLE_MS) continue;
      const { scan } = pause(state);
      if (scan !== undefined) scans.push(scan);
      state = WEDGE_IDLE;
      continue;
    }
    if ('altUp' in press) {
      state = releaseAlt(state, timeMs);
      continue;
    }
    const step = pressKey(state, { ...PLAIN, ...press, timeMs });
    state = step.state;
    if (step.scan !== undefined) scans.push(step.scan);
    if (!step.isScanner) left.push(press.key ?? '');
  }
  const { scan } = pause(state);
  return { scans: scan === undefined ? scans : [...scans, scan], left };
}

describe('a slow scanner', () => {
  const CODE = '01095060001000121731123110ALB3';
  const slowly = (text: string) => played([...typed(text), ENTER], 120);

  it.each([
    ['an element string', CODE],
    ['one with an identifier', `]d2${CODE}`],
    ['an IFA envelope', '[)>069N110375286414'],
  ])('is told by the start of %s', (_, text) => {
    const { scans, left } = slowly(text);
    expect(scans.map((scan) => scan.text)).toEqual([text]);
    // No button is pressed.
    expect(left).not.toContain('Enter');
  });

  it('is told by the places of its keys too', () => {
    const digits = [...CODE.slice(0, 18)].map((digit) => ({ key: 'à', code: `Digit${digit}` }));
    expect(played([...digits, ENTER], 120).scans).toHaveLength(1);
  });

  it('is not told from a person by anything else, or slower still', () => {
    for (const text of ['paracetamol forte', '01095060001000131731123110ALB3', '9506000100012'])
      expect(slowly(text).scans).toEqual([]);
    expect(slowly('paracetamol forte').left).toContain('Enter');
    expect(played([...typed(CODE), ENTER], 170).scans).toEqual([]);
  });

  it('keeps its Enter from the page where a key of it was not understood', () => {
    const spoiled = [...typed(CODE), SHORTCUT, ...typed('21'), ENTER];
    const { scans, left } = played(spoiled, 120);
    expect(scans).toEqual([]);
    expect(left).not.toContain('Enter');
  });
});

describe('a scanner that types', () => {
  const code = '010460123456789321Ab1';

  it('is understood with Enter, with Tab and without either', () => {
    expect(scansOf([...typed(code), ENTER])).toEqual([code]);
    expect(scansOf([...typed(code), { key: 'Tab' }])).toEqual([code]);
    expect(scansOf(typed(code))).toEqual([code]);
  });

  it('may type two codes one after the other', () => {
    expect(scansOf([...typed(code), ENTER, ...typed('12345678'), ENTER])).toEqual([code, '12345678']);
  });

  it.each<[string, Press[]]>([
    ['Ctrl and ]', [{ key: 'Control', ctrl: true }, CTRL_BRACKET]],
    ['the key of ] on another layout', [{ key: '+', code: 'BracketRight', ctrl: true }]],
    ['a real control character', [{ key: '\x1d' }]],
    ['{GS}', typed('{GS}')],
    ['Alt and 029', altCode('029')],
    ['Alt and 0029', altCode('0029')],
  ])('may write the group separator as %s', (_, separator) => {
    expect(scansOf([...typed(code), ...separator, ...typed('10B4'), ENTER])).toEqual([`${code}\x1d10B4`]);
  });

  it('may begin with a separator', () => {
    expect(scansOf([CTRL_BRACKET, ...typed(code), ENTER])).toEqual([`\x1d${code}`]);
  });

  it('may type every character as an Alt code', () => {
    const codes = [...'Pz09'].flatMap((c) => altCode(`0${c.charCodeAt(0)}`));
    expect(scansOf([...codes, ...typed('12'), ENTER], 4)).toEqual(['Pz0912']);
  });

  it('may wrap IFA data in the controls of format 06', () => {
    const presses = [
      ...typed('[)>'),
      { key: '^', code: 'Digit6', ctrl: true },
      ...typed('06'),
      CTRL_BRACKET,
      ...typed('9N110375286414'),
      { key: '^', code: 'Digit6', ctrl: true },
      { key: 'd', code: 'KeyD', ctrl: true },
      ENTER,
    ];
    expect(scansOf(presses)).toEqual(['[)>\x1e06\x1d9N110375286414\x1e\x04']);
  });

  it('keeps the case that the keys say, whatever Shift does in between', () => {
    expect(scansOf([{ key: 'Shift' }, ...typed('A'), { key: 'Shift' }, ...typed('bCdEf'), ENTER])).toEqual([
      'AbCdEf',
    ]);
  });

  it('may reach ] and { through AltGr', () => {
    const bracket = { key: ']', code: 'Digit9', ctrl: true, alt: true };
    expect(scansOf([bracket, ...typed('d20104'), ENTER])).toEqual([']d20104']);
  });

  it.each(['Dead', 'Unidentified', 'Process'])('may press a key that gives no character (%s)', (key) => {
    expect(scansOf([...typed('0104601'), { key }, ...typed('2345'), ENTER])).toEqual(['0104601\x002345']);
    expect(scansOf([{ key }, ...typed('0104601'), ENTER])).toEqual(['\x000104601']);
  });

  it.each(['ArrowLeft', 'F8', 'Escape'])('may press %s for a separator', (key) => {
    const presses = [...places('0104601'), { key, code: key }, ...places('2345'), ENTER];
    const { scans, left } = played(presses);
    expect(scans).toMatchObject([{ text: '0104601\x002345', usText: '0104601\x002345' }]);
    expect(left).toEqual(['0']);
  });

  it.each([{ key: 'F2' }, { key: 'Escape' }, { key: 'b', code: 'KeyB', ctrl: true }])(
    'may come after $key, its own or a person’s',
    (key) => {
      expect(scansOf([key, ...typed('0104601'), ENTER])).toEqual(['0104601']);
      expect(scansOf([key, { waitMs: 500 }, ...typed('0104601'), ENTER])).toEqual(['0104601']);
    },
  );

  const LINE_FEED = { key: 'j', code: 'KeyJ', ctrl: true };
  it.each<[string, Press[]]>([
    ['Enter twice', [ENTER, ENTER]],
    ['Tab and Enter', [{ key: 'Tab' }, ENTER]],
    ['CR and LF', [ENTER, LINE_FEED]],
    ['LF and CR', [LINE_FEED, ENTER]],
  ])('may end with %s, which are kept from the page', (_, end) => {
    const { scans, left } = played([...typed('0104601'), ...end]);
    expect(scans.map(({ text }) => text)).toEqual(['0104601']);
    expect(left).toEqual(['0']);
    expect(played([...typed('0104601'), ...end, { waitMs: 250 }, ENTER]).left).toEqual(['0', 'Enter']);
    expect(scansOf([...typed('0104601'), ...end, ...typed('0104602'), ENTER])).toEqual([
      '0104601',
      '0104602',
    ]);
  });

  it('is read by the places of its keys too, as on a US keyboard', () => {
    const germanPc = [
      { key: 'ü', code: 'BracketLeft' },
      { key: '=', code: 'Digit0', shift: true },
      { key: ':', code: 'Period', shift: true },
      { key: 'Y', code: 'KeyZ', shift: true },
      { key: 'z', code: 'KeyY' },
      { key: 'ß', code: 'Minus' },
      { key: '1', code: 'Numpad1' },
      { key: '+', code: 'BracketRight', ctrl: true },
      { key: '&', code: 'Digit6', ctrl: true, shift: true },
      { key: 'd', code: 'KeyD', ctrl: true },
    ];
    const [scan] = keyedScansOf([...germanPc, ENTER]);
    expect(scan).toEqual({
      text: 'ü=:Yzß1\x1d\x1e\x04',
      usText: '[)>Zy-1\x1d\x1e\x04',
      capsLock: false,
      endsByKey: true,
    });
  });

  it('tells no places where a key has none on a US keyboard, or where the browser is silent', () => {
    for (const key of [
      { key: '<', code: 'IntlBackslash' },
      { key: '@', code: 'KeyQ', altGraph: true },
      { key: 'a' },
    ])
      expect(keyedScansOf([...places('0104601'), key, ENTER])[0]?.usText).toBeUndefined();
    expect(keyedScansOf([...places('0104601'), ...altCode('029'), ENTER])[0]?.usText).toBe('0104601\x1d');
  });

  it('says whether Caps Lock was on and whether a key ended it', () => {
    expect(keyedScansOf([...typed('010460'), { key: 'a', capsLock: true }])).toMatchObject([
      { capsLock: true, endsByKey: false },
    ]);
  });

  it('may stutter in the middle', () => {
    expect(scansOf([...typed(code), { waitMs: 150 }, ...typed('0000'), ENTER])).toEqual([`${code}0000`]);
  });
});

describe('what is not taken for a scan', () => {
  it.each<[string, Press[], number]>([
    ['a person typing', [...typed('paracetamol'), ENTER], 110],
    ['a fast person typing', [...typed('paracetamol'), ENTER], 75],
    ['a short burst', [...typed('12345'), ENTER], 10],
    ['a key held down', [...'aaaaaaaaaa'].map((key, i) => ({ key, repeat: i > 0 })), 30],
    ['a lone Enter', [ENTER], 10],
    ['a shortcut', [{ key: 'c', code: 'KeyC', ctrl: true }, ENTER], 10],
    ['a burst with a shortcut', [...typed('0104601'), SHORTCUT, ...typed('2345'), ENTER], 10],
    ['an endless burst', typed('1'.repeat(5000)), 5],
  ])('%s', (_, presses, gapMs) => {
    expect(scansOf(presses, gapMs)).toEqual([]);
  });

  it('spoils only itself: the next code is read', () => {
    const spoilt = [...typed('0104601'), SHORTCUT, ...typed('23')];
    const next = [...typed('87654321'), ENTER];
    expect(scansOf([...spoilt, ENTER, ...next])).toEqual(['87654321']);
    expect(scansOf([...spoilt, { waitMs: SETTLE_MS }, ...next])).toEqual(['87654321']);
  });

  it('is the tail of a spoilt code', () => {
    const spoilt = [...typed('0104601'), SHORTCUT, ...typed('23')];
    expect(scansOf([...spoilt, { waitMs: 250 }, ...typed('87654321'), ENTER])).toEqual([]);
  });
});

describe('a stall in a code', () => {
  const head = [...typed('01095060001000121726123110DER310'), CTRL_BRACKET, ...typed('21SHELF0003')];
  const code = '01095060001000121726123110DER310\x1d21SHELF0003M';
  const stall = { waitMs: 210 };

  it('is bridged when the tail comes like a scanner and ends with Enter or Tab', () => {
    expect(scansOf([...head, stall, ...typed('M'), ENTER])).toEqual([code]);
    expect(scansOf([...head, stall, { key: 'Shift' }, ...typed('M'), { key: 'Tab' }])).toEqual([code]);
    expect(scansOf([...head, ...typed('M'), { waitMs: 900 }, ENTER])).toEqual([code]);
  });

  it.each<[string, Press[]]>([
    ['the tail has no Enter', [...head, stall, ...typed('M')]],
    ['the Enter is a person’s', [...head, stall, ...typed('M'), { waitMs: 90 }, ENTER]],
    ['the tail stalls too', [...head, stall, ...typed('M'), stall, ENTER]],
    ['only Shift follows', [...head, stall, { key: 'Shift' }]],
    ['another code follows at once', [...head, stall, ...typed('04012345678901')]],
    ['an Alt code is left open', [...head, ...altCode('029').slice(0, -1)]],
    [
      'an Alt code stalls',
      [...typed('0104601'), ...altCode('029').toSpliced(2, 0, stall), ...typed('2'), ENTER],
    ],
  ])('tears it when %s', (_, presses) => {
    expect(scansOf(presses)).toEqual([]);
  });

  it('keeps the Enter of a torn code from the page', () => {
    let state = WEDGE_IDLE;
    [...'010460123'].forEach((key, at) => {
      state = pressKey(state, { ...PLAIN, key, timeMs: at * 10 }).state;
    });
    state = pressKey(state, { ...PLAIN, key: '4', timeMs: 400 }).state;
    const step = pressKey(state, { ...PLAIN, key: 'Enter', timeMs: 550 });
    expect(step).toMatchObject({ scan: undefined, isScanner: true });
  });

  it('keeps the keys of a spoilt code from the page, and its Enter above all', () => {
    const presses = [...typed('010460'), SHORTCUT, ...typed('1234'), ENTER];
    expect(played(presses)).toEqual({ scans: [], left: ['0'] });
    expect(played([...typed('abc'), SHORTCUT, ...typed('defg'), ENTER], 110).left).toHaveLength(9);
    const held = [...'aaaaaaaaaa'].map((key, i) => ({ key, repeat: i > 0 }));
    expect(played([...held, ENTER], 30).left).toHaveLength(11);
  });

  it.each([75, 110, 250, 400])('leaves its Enter to a person who types with %d ms between keys', (gapMs) => {
    let state = WEDGE_IDLE;
    [...'010460123456', 'Enter'].forEach((key, at) => {
      const step = pressKey(state, { ...PLAIN, key, timeMs: at * gapMs });
      expect(step).toMatchObject({ scan: undefined, isScanner: false });
      state = step.state;
    });
  });

  it('never lets a part of a code through', () => {
    const characters = fc.constantFrom(...'0123456789ABCXYZabcxyz-./_\x1d');
    const stalls = fc.array(fc.record({ at: fc.nat(), waitMs: fc.integer({ min: 201, max: 1_000 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    const ends = fc.constantFrom<Press[]>([ENTER], [{ key: 'Tab' }], []);
    const codes = fc.string({ unit: characters, minLength: 6, maxLength: 60 });
    fc.assert(
      fc.property(codes, stalls, fc.integer({ min: 1, max: 50 }), ends, (text, pauses, gapMs, end) => {
        const keys = [...text].flatMap((key) =>
          /[A-Z]/.test(key) ? [{ key: 'Shift' }, { key }] : [{ key }],
        );
        const presses: Press[] = [...keys, ...end];
        const waits = new Map(pauses.map(({ at, waitMs }) => [1 + (at % keys.length), waitMs]));
        for (const [at, waitMs] of [...waits].sort(([a], [b]) => b - a)) presses.splice(at, 0, { waitMs });
        for (const scan of scansOf(presses, gapMs)) expect(scan).toBe(text);
      }),
      { seed: 20_261_001, numRuns: 5_000 },
    );
  });
});

const chromiumPath = findChromium();

describe.skipIf(chromiumPath === undefined)(`in a page${chromiumPath ? '' : ` (${NO_CHROMIUM})`}`, () => {
  let harness: HarnessPage;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const wedge = new URL('../../src/adapters/wedge.ts', import.meta.url).pathname;
    harness = await serveHarness(`
      import { createWedge } from ${JSON.stringify(wedge)};
      const scans = [];
      const presses = [];
      const waitsMs = [];
      let lastKeyMs = 0;
      document.addEventListener('keydown', ({ timeStamp }) => { lastKeyMs = timeStamp; }, { capture: true });
      createWedge(document).listen(({ text }) => {
        scans.push(text);
        waitsMs.push(performance.now() - lastKeyMs);
      });
      document.body.innerHTML = '<button>Supply</button><form><input id="name" value="Aspirin"><textarea id="note"></textarea></form>';
      document.querySelector('button').addEventListener('click', () => presses.push('supply'));
      document.querySelector('form').addEventListener('submit', (event) => { event.preventDefault(); presses.push('send'); });
      Object.assign(window, { seen: { scans, presses }, waitsMs });
    `);
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(harness.url);
    await page.waitForSelector('button');
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });

  const take = () =>
    page.evaluate(() => {
      const { scans, presses }: { scans: string[]; presses: string[] } = Reflect.get(window, 'seen');
      return { scans: scans.splice(0), presses: presses.splice(0) };
    });
  const scan = () =>
    pressAtOnce(page, [
      ...[...charactersOf('010460123456789321Ab1'), CONTROL_BRACKET_KEY],
      ...[...charactersOf('10B4'), ENTER_KEY],
    ]);

  it('hears a code, and its Enter does not press the button that has the focus', async () => {
    await page.focus('button');
    await scan();
    expect(await take()).toEqual({ scans: ['010460123456789321Ab1\x1d10B4'], presses: [] });
    await page.waitForTimeout(PAUSE_MS + 50);
    await page.keyboard.press('Enter');
    expect(await take()).toEqual({ scans: [], presses: ['supply'] });
  });

  it('keeps the second Enter of a scanner from that button, and the one after a key that no code holds', async () => {
    await page.focus('button');
    await pressAtOnce(page, [...charactersOf('0104601234567893'), ARROW_LEFT_KEY, ENTER_KEY, ENTER_KEY]);
    expect(await take()).toEqual({ scans: ['0104601234567893\0'], presses: [] });
  });

  it.each(['#name', '#note'])(
    'hears a code while %s has the focus, and takes its characters out again',
    async (field) => {
      await page.focus(field);
      const before = await page.inputValue(field);
      await page.keyboard.press('End');
      await page.waitForTimeout(SETTLE_MS + 100);
      await scan();
      expect(await take()).toEqual({ scans: ['010460123456789321Ab1\x1d10B4'], presses: [] });
      expect(await page.inputValue(field)).toBe(before);
    },
  );

  it('leaves to a field what a person types there', async () => {
    await page.fill('#note', '');
    await page.focus('#note');
    await page.keyboard.type('Two packs', { delay: 90 });
    await page.keyboard.press('Enter');
    await page.waitForTimeout(SETTLE_MS + 100);
    expect((await take()).scans).toEqual([]);
    expect(await page.inputValue('#note')).toBe('Two packs\n');
  });

  it('hears a code during which the focus moves to a field', async () => {
    await page.focus('button');
    await pressAtOnce(page, charactersOf('010460123456789321Ab1'));
    await page.focus('#name');
    await pressAtOnce(page, [...charactersOf('23'), ENTER_KEY]);
    expect(await take()).toEqual({ scans: ['010460123456789321Ab123'], presses: [] });
    expect(await page.inputValue('#name')).toBe('Aspirin');
  });

  it('hears a code without Enter once nothing more can come', async () => {
    await page.focus('button');
    await pressAtOnce(page, charactersOf('010460123456789321Ab1'));
    await expect.poll(async () => (await take()).scans).toEqual(['010460123456789321Ab1']);
    const waitMs = await page.evaluate<number>(() => Reflect.get(window, 'waitsMs').at(-1));
    expect(waitMs).toBeGreaterThanOrEqual(SETTLE_MS - 1);
  });
});
