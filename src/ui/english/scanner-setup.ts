// Words of the scanner screen, fetched with it.
import type { SetupStep } from '../../app/scanner-setup-model.ts';

export const SETUP = {
  title: 'Handheld scanners',
  intro:
    'A scanner that types its codes works on every screen at once. Where the computer and the scanner use different keyboard languages, codes arrive garbled. Scan one code here, and Packtrail learns how your scanner types and puts it right.',
  begin: 'Set up a scanner',
  again: 'Start again',
  cancel: 'Cancel',
  done: 'Done',
  scanThis: 'Scan this code with the scanner',
  scanThisHint:
    'Hold the scanner about a hand away from the screen. Make the screen bright. Caps Lock must be off.',
  deadKeyTitle: (number: number) => `One more code (${number})`,
  deadKey:
    'This keyboard language has keys that wait for the next one, to write accents. Scan this code too; there is one for each such key.',
  scanPart: ({ number, of }: { readonly number: number; readonly of: number }) =>
    `Scan code ${number} of ${of} with the scanner`,
  showParts: 'It does not read this code: show smaller ones',
  wrongPart: 'That was another code, or only a part of this one. Scan this one again.',
  codeLabel: 'Calibration code',
  learntTitle: 'This scanner can be read',
  plain: 'Scanner and computer agree on every character. Nothing needs to be mended.',
  mended: 'Scanner and computer use different keyboard languages. Packtrail now puts every code right.',
  identifier: 'It sends what kind of symbol it read, which makes reading safer.',
  noEnter:
    'It sends no Enter after a code, so every scan waits for a second. Its manual has a code that switches on the Enter (CR) suffix.',
  name: 'Name of this scanner',
  nameHint: 'For example "Counter 1". A scanner of the same name is replaced.',
  defaultName: 'Scanner',
  keep: 'Remember it',
  kept: (name: string) => `"${name}" is remembered on this device.`,
  refusedTitle: 'This scanner is not safe to use here',
  notScannedTitle: 'That was not it',
  known: 'Remembered scanners',
  none: 'None yet. Scanners that agree with the computer work without being set up.',
  learnt: (date: string) => `Set up ${date}`,
  characters: 'Reads characters as the computer shows them',
  places: "Reads the keys' places",
  forget: (name: string) => `Forget ${name}`,
  testTitle: 'Try it',
  testHint:
    'Scan any pack while this screen is open. What was read is shown here; nothing is looked up or recorded.',
  testRead: 'Read as',
  testArrived: 'What the computer received',
  testBy: (name: string | undefined) => (name === undefined ? 'Without set-up' : `By "${name}"`),
  testUnsure: 'This could be read in two ways. Set the scanner up to be sure.',
};

export type RefusalWords = { readonly title: string; readonly what: string; readonly next: string };

const US_LAYOUT =
  'Set the scanner to this computer\'s keyboard language, or to type Alt codes ("ALT mode", "keypad emulation"); its manual has the codes. Then set it up again.';

export function refusalWords({ why, characters }: Extract<SetupStep, { kind: 'refused' }>): RefusalWords {
  const named = characters.slice(0, 8).map(characterName).join(', ');
  const unsafe = (what: string): RefusalWords => ({ title: SETUP.refusedTitle, what, next: US_LAYOUT });
  switch (why) {
    case 'not-calibration':
      return {
        title: SETUP.notScannedTitle,
        what: 'What arrived is not the code shown here, or only a part of it.',
        next: 'Scan the code on the screen again, from a little further away.',
      };
    case 'caps-lock':
      return {
        title: SETUP.notScannedTitle,
        what: 'Caps Lock is on.',
        next: 'Switch it off, then scan the code again.',
      };
    case 'case-swapped':
      return {
        title: SETUP.notScannedTitle,
        what: 'Capitals arrive as small letters and small letters as capitals.',
        next: 'Switch Caps Lock off; if it is off, switch off "Caps Lock on" in the scanner. Then scan the code again.',
      };
    case 'separator-lost':
      return unsafe(
        'The separator between the fields of a code (GS) does not arrive at all, so serial and batch could not be told apart.',
      );
    case 'characters-lost':
      return unsafe(`These characters do not arrive at all: ${named}.`);
    case 'characters-alike':
      return unsafe(`These arrive alike, so one pack could be taken for another: ${named}.`);
  }
}

export function characterName(character: string): string {
  switch (character) {
    case '\x1d':
      return 'the separator (GS)';
    case '\x1e':
      return 'RS';
    case '\x04':
      return 'EOT';
    default:
      return character;
  }
}
