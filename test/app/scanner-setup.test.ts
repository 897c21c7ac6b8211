import { describe, expect, it } from 'vitest';
import { createMemorySettingsStore } from '../../src/adapters/memory-stores.ts';
import { createScannerSetup, type ScannerSetup } from '../../src/app/scanner-setup.ts';
import type { KeyedScan } from '../../src/domain/keyboard/keyed-scan.ts';
import { keyed } from '../support/app-fakes.ts';
import { GERMAN_LIKE, typeText } from '../support/keyboard.ts';

const clock = { nowMs: () => Date.UTC(2026, 8, 24), every: () => () => undefined };
const PACK = '010401234512345617271130' + '10zZ/4\x1d21Y-3_y';

/** A US scanner at a computer whose layout is of the German kind, and one without places. */
const garbled = (text: string): KeyedScan => ({ ...keyed(typeText(text, GERMAN_LIKE)), usText: undefined });
const placed = (text: string): KeyedScan => ({ ...garbled(text), usText: text });

async function createSetup(settings = createMemorySettingsStore()) {
  return createScannerSetup({ settings, clock });
}

/** Does what the screen asks for with the scanner, and keeps it under a name. */
async function learn(
  setup: ScannerSetup,
  scan: (text: string) => KeyedScan,
  name: string,
  before = '',
): Promise<void> {
  setup.begin();
  for (;;) {
    const { value } = setup.step;
    if (value.kind !== 'baseline' && value.kind !== 'dead-key') break;
    setup.take(scan(before + value.code));
  }
  expect(setup.step.value.kind).toBe('learnt');
  await setup.keep(name);
}

const textOf = (setup: ScannerSetup, scan: KeyedScan) => {
  const reading = setup.read(scan);
  return reading.ok ? reading.value : reading.error;
};

describe('a learnt scanner', () => {
  it('has its codes put right, also after the app was opened anew', async () => {
    const settings = createMemorySettingsStore();
    const setup = await createSetup(settings);
    await learn(setup, garbled, 'Counter');
    const mended = { text: PACK, scanner: 'Counter', isUnconfirmed: false, rival: undefined };
    expect(textOf(setup, garbled(PACK))).toEqual(mended);
    expect(textOf(await createSetup(settings), garbled(PACK))).toEqual(mended);
  });

  it('is learnt from small codes where it cannot read the large one', async () => {
    const setup = await createSetup();
    setup.begin();
    setup.showParts();
    let scans = 0;
    for (;;) {
      const { value } = setup.step;
      if (value.kind !== 'baseline' && value.kind !== 'dead-key') break;
      if (scans === 1) {
        setup.take(garbled('of a pack'));
        expect(setup.step.value).toMatchObject({ part: { number: 2, of: 4 }, isWrong: true });
      }
      setup.take(garbled(value.code));
      scans++;
    }
    await setup.keep('Small');
    expect(scans).toBeGreaterThan(4);
    expect(textOf(setup, garbled(PACK))).toMatchObject({ text: PACK, scanner: 'Small' });
  });

  it('needs no code for dead keys where the places of its keys tell all', async () => {
    const setup = await createSetup();
    setup.begin();
    const { value } = setup.step;
    if (value.kind !== 'baseline') throw new Error('a code is shown');
    setup.take(placed(value.code));
    expect(setup.step.value).toMatchObject({
      kind: 'learnt',
      isPlain: true,
      scanner: { basis: 'us-places' },
    });
  });

  it('is one of several, told apart by what makes sense and by identifiers', async () => {
    const setup = await createSetup();
    await learn(setup, garbled, 'With identifiers', ']d1');
    await learn(setup, keyed, 'Plain');
    expect(setup.scanners.value.map(({ name }) => name)).toEqual(['Plain', 'With identifiers']);
    expect(textOf(setup, garbled(`]d2${PACK}`))).toMatchObject({
      text: `]d2${PACK}`,
      scanner: 'With identifiers',
    });
    expect(textOf(setup, keyed(PACK))).toMatchObject({ text: PACK, scanner: 'Plain' });
  });

  it('is not trusted where another one reads a different code from the same keys', async () => {
    const setup = await createSetup();
    await learn(setup, garbled, 'Garbled');
    await learn(setup, keyed, 'Plain');
    expect(textOf(setup, keyed(PACK))).toBe('scanner-unclear');
    await setup.forget('Garbled');
    expect(textOf(setup, keyed(PACK))).toMatchObject({ text: PACK });
  });

  it('says so where its keys are a code as they came too, which another scanner may have pressed', async () => {
    const setup = await createSetup();
    await learn(setup, garbled, 'Counter');
    const [here, elsewhere] = ['010401234512345621SERIAL7Y', '010401234512345621SERIAL7Z'];
    expect(textOf(setup, keyed(here))).toEqual({
      ...{ text: elsewhere, scanner: 'Counter', isUnconfirmed: true, rival: here },
    });
    expect(textOf(setup, keyed('010401234512345621SERIAL7X'))).toMatchObject({ isUnconfirmed: false });
  });

  it('is refused while Caps Lock is on, and its codes too', async () => {
    const setup = await createSetup();
    setup.begin();
    setup.take({ ...keyed('x'), capsLock: true });
    expect(setup.step.value).toMatchObject({ kind: 'refused', why: 'caps-lock' });
    await learn(setup, keyed, 'Plain');
    expect(textOf(setup, { ...keyed(PACK), capsLock: true })).toBe('caps-lock');
    expect(textOf(setup, { ...keyed('0104012345123456'), capsLock: true })).toMatchObject({
      text: '0104012345123456',
    });
  });

  it('says when it sends no Enter', async () => {
    const setup = await createSetup();
    setup.begin();
    const { value } = setup.step;
    if (value.kind === 'baseline') setup.take({ ...keyed(value.code), endsByKey: false });
    expect(setup.step.value).toMatchObject({ kind: 'learnt', endsByKey: false });
  });

  it('whose stored form is damaged is no scanner', async () => {
    const settings = createMemorySettingsStore();
    await learn(await createSetup(settings), garbled, 'Counter');
    const stored = (await settings.get('scanners')) ?? '';
    for (const damaged of [stored.slice(1), stored.replace('characters', 'guess'), '[{}]', '']) {
      await settings.set('scanners', damaged);
      expect((await createSetup(settings)).scanners.value).toEqual([]);
    }
  });
});

describe('a scan without any learnt scanner', () => {
  it.each<[string, KeyedScan, object | string]>([
    ['whose places agree is read', keyed(PACK), { text: PACK, isUnconfirmed: false }],
    [
      'whose identifier is right is read',
      { ...keyed(`]d2${PACK}`), usText: 'd2' },
      { text: `]d2${PACK}`, isUnconfirmed: false },
    ],
    [
      'whose identifier is right by the places is read by them',
      placed(`]d2${PACK}`),
      { text: `]d2${PACK}`, isUnconfirmed: false },
    ],
    [
      'that may be read in two ways says so',
      { ...keyed(PACK), usText: PACK.replace('Y', 'Z') },
      { isUnconfirmed: true },
    ],
    ['that is a code by its places only is refused', { ...keyed('à&à'), usText: PACK }, 'keyboard-layout'],
    [
      'that is a code by its places only is refused, in ASCII too',
      { ...keyed('x'), usText: PACK },
      'keyboard-layout',
    ],
    ['with a key that gives no character is refused', keyed('0104\x00'), 'keyboard-layout'],
    ['of letters under Caps Lock is refused', { ...keyed(PACK), capsLock: true }, 'caps-lock'],
    ['whose identifier shows capitals swapped is refused', keyed(`]D2${PACK}`), 'caps-lock'],
    [
      'whose envelope shows capitals swapped is refused',
      keyed('[)>\x1e06\x1d9n110375286414\x1dsAB\x1e\x04'),
      'caps-lock',
    ],
    [
      'of an envelope without its RS is read',
      keyed('[)>\x0006\x1d9N110375286414\x1dSAB\x00\x04'),
      { isUnconfirmed: false },
    ],
  ])('%s', async (_, scan, wanted) => {
    const read = textOf(await createSetup(), scan);
    if (typeof wanted === 'string') expect(read).toBe(wanted);
    else expect(read).toMatchObject(wanted);
  });
});
