// Causes of false alarms, each with what to do about it.
import type { Cause } from '../../domain/misread.ts';
import type { Advice } from './advice.ts';

const NOT_SENT = 'Nothing was recorded: a misread code would raise a false alarm.';

export function causeWords(cause: Cause): Advice {
  switch (cause) {
    case 'caps-lock':
      return {
        what: 'Caps Lock is probably on: with capital and small letters swapped, this pack is in the data.',
        next: 'Switch Caps Lock off on the keyboard or in the scanner, and read the code again.',
        kept: NOT_SENT,
      };
    case 'keyboard-layout':
      return {
        what: 'The scanner probably types for another keyboard: with letters in their places, this pack is in the data.',
        next: "Set the scanner's keyboard country to that of this device, and read the code again.",
        kept: NOT_SENT,
      };
    case 'other-scanner':
      return {
        what: 'Another handheld scanner than the one set up here has probably sent this: taken as it came, this pack is in the data.',
        next: 'Set that scanner up as well ("This device", then "Handheld scanners"), or let both send AIM identifiers. Then scan again.',
        kept: NOT_SENT,
      };
    case 'lost-separator':
      return {
        what: 'Two fields of the code are probably stuck together: without the end of one, this pack is in the data.',
        next: 'Let the scanner send the separator (GS, FNC1), or read the code with the camera.',
        kept: NOT_SENT,
      };
    case 'wrong-century':
      return {
        what: 'The expiry date is probably of another century: with that changed, this pack is in the data.',
        next: 'Compare the year with the print. Type the date in full if the scanner gets it wrong.',
        kept: NOT_SENT,
      };
    case 'unspecified-day':
      return {
        what: 'The expiry probably names a month alone, and the day was filled in otherwise: with another day, this pack is in the data.',
        next: 'Compare month and year with the print. If they agree, report the date to the maker, not the pack.',
        kept: NOT_SENT,
      };
    case 'month-date':
      return {
        what: 'The code gives a year and a month where a date belongs. It was taken for the last day of that month.',
        next: 'Compare month and year with the print. If they differ, do not supply the pack; report the code to its maker.',
        kept: 'The ledger compares the month with what the maker registered.',
      };
    case 'double-scan':
      return {
        what: 'This device recorded that on the pack a moment ago.',
        next: 'One pack scanned twice? Then nothing is left to do. If you hold another one, compare its serial.',
        kept: 'The first act stands, and is not recorded twice.',
      };
    case 'own-pending-event':
      return {
        what: 'This device recorded that on the pack, and the ledger has not taken it in yet.',
        next: 'It is sent by itself, or your administrator releases it. If the pack never left, you can undo.',
        kept: 'It is kept in the outbox.',
      };
  }
}
