import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause, pressKey, releaseAlt, WEDGE_IDLE, type WedgeKey } from '../../src/adapters/wedge-keys.ts';
import {
  findChromium,
  type HarnessPage,
  launchChromium,
  NO_CHROMIUM,
  serveHarness,
} from '../support/chromium.ts';

type Press = Partial<WedgeKey> | { readonly altUp: true } | { readonly waitMs: number };

const typed = (text: string): Press[] => [...text].map((key) => ({ key }));
const ENTER = { key: 'Enter' };
const CTRL_BRACKET = { key: ']', code: 'BracketRight', ctrl: true };
const altCode = (digits: string): Press[] => [
  { key: 'Alt', alt: true },
  ...[...digits].map((digit) => ({ key: digit, code: `Numpad${digit}`, alt: true })),
  { altUp: true },
];

/** Runs key presses through the machine, `gapMs` apart, and returns the codes that come out. */
function scansOf(presses: readonly Press[], gapMs = 10): string[] {
  const scans: string[] = [];
  let state = WEDGE_IDLE;
  let timeMs = 1_000;
  for (const press of presses) {
    timeMs += 'waitMs' in press ? press.waitMs : gapMs;
    if ('waitMs' in press) continue;
    if ('altUp' in press) {
      state = releaseAlt(state, timeMs);
      continue;
    }
    const plain = { key: '', code: '', ctrl: false, alt: false, meta: false, repeat: false };
    const step = pressKey(state, { ...plain, ...press, timeMs });
    state = step.state;
    if (step.scan !== undefined) scans.push(step.scan);
  }
  const { scan } = pause(state);
  return scan === undefined ? scans : [...scans, scan];
}

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
    ['a burst with a dead key', [...typed('0104601'), { key: 'Dead' }, ...typed('2345'), ENTER], 10],
    ['a burst that begins with a lost key', [{ key: 'Unidentified' }, ...typed('0104601'), ENTER], 10],
    ['an endless burst', typed('1'.repeat(5000)), 5],
  ])('%s', (_, presses, gapMs) => {
    expect(scansOf(presses, gapMs)).toEqual([]);
  });

  it('spoils only itself: the next code is read', () => {
    const spoilt = [...typed('0104601'), { key: 'Process' }, ...typed('23')];
    expect(scansOf([...spoilt, { waitMs: 250 }, ...typed('87654321'), ENTER])).toEqual(['87654321']);
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
      createWedge(document).listen((text) => scans.push(text));
      document.body.innerHTML = '<button>Supply</button><input id="name"><input id="code" data-wedge>';
      document.querySelector('button').addEventListener('click', () => presses.push('supply'));
      Object.assign(window, { seen: { scans, presses } });
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
  const scan = async () => {
    await page.keyboard.type('010460123456789321Ab1');
    await page.keyboard.press('Control+BracketRight');
    await page.keyboard.type('10B4');
    await page.keyboard.press('Enter');
  };

  it('hears a code, and its Enter does not press the button that has the focus', async () => {
    await page.focus('button');
    await scan();
    expect(await take()).toEqual({ scans: ['010460123456789321Ab1\x1d10B4'], presses: [] });
    await page.keyboard.press('Enter');
    expect(await take()).toEqual({ scans: [], presses: ['supply'] });
  });

  it('leaves a field alone that a person fills', async () => {
    await page.focus('#name');
    await scan();
    expect((await take()).scans).toEqual([]);
    expect(await page.inputValue('#name')).toBe('010460123456789321Ab110B4');
  });

  it('listens in a field that is made for codes', async () => {
    await page.focus('#code');
    await scan();
    expect((await take()).scans).toEqual(['010460123456789321Ab1\x1d10B4']);
    expect(await page.inputValue('#code')).toContain('010460123456789321Ab1');
  });
});
