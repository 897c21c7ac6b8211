// Why a code could not be read safely, and what to do about it. An unreadable code says nothing about its pack.
import type { NoPackProblem } from '../../domain/codes/scan.ts';
import { type Advice, NOTHING_RECORDED } from './advice.ts';

const RESCAN = 'Scan again. If it stays, use another scanner or type the code from the print.';
const TYPE = 'Type the code from the print.';

export function problemWords(problem: NoPackProblem): Advice {
  const [what, next] = sentences(problem);
  return { what, next, kept: NOTHING_RECORDED };
}

function sentences(problem: NoPackProblem): readonly [string, string] {
  switch (problem) {
    case 'empty':
      return ['The scan held no data.', RESCAN];
    case 'oversized':
      return ['This is longer than any code on a medicine pack.', 'Scan the square code on the pack itself.'];
    case 'carrier-unsupported':
      return [
        'This is not the kind of code that medicine packs carry.',
        'Look for the square code on the pack.',
      ];
    case 'product-bar-code':
      return [
        "This is the product's price code, not the pack's 2D code: it is the same on every pack.",
        'Scan the square code instead: it names this one pack.',
      ];
    case 'case-bar-code':
      return [
        'This is the code of a case: it names the product in it, not one pack.',
        'Open the case and scan the square codes of the packs.',
      ];
    case 'logistic-unit':
      return [
        'This is the code of a pallet or shipping box (SSCC): it names no pack.',
        'Scan the square codes of the packs in it.',
      ];
    case 'not-a-code':
      return ["This is not a medicine pack's code.", 'Look for the square code on the pack.'];
    case 'ai-unreadable':
      return ['A part of the code does not start as it should.', RESCAN];
    case 'value-empty':
      return ['A field of the code is empty.', RESCAN];
    case 'too-short':
      return ['A field of the code is too short: part of it was not read.', RESCAN];
    case 'too-long':
      return ['A field of the code is too long.', RESCAN];
    case 'character':
      return [
        'The code holds a character that is not allowed there.',
        'Check that Caps Lock is off and that scanner and computer use the same keyboard language. Then scan again.',
      ];
    case 'check-digit':
      return ['A check digit does not match: misread or misprinted.', RESCAN];
    case 'date':
      return ['The code holds a date that does not exist.', RESCAN];
    case 'month-date':
      return [
        'The code gives a year and a month where a date belongs (such as 202110 for October 2021). The maker printed it so; it says nothing against the pack.',
        'Type the code from the print, with the month as it stands there. Report the code to its maker.',
      ];
    case 'content':
      return ['A field of the code holds what it must not.', RESCAN];
    case 'coupon':
      return ['This is a coupon, not a medicine pack.', 'Scan the square code on the pack.'];
    case 'repeat-differs':
      return ['A field is there twice, with different values.', TYPE];
    case 'pairing-missing':
      return ['A field is missing that belongs to another one.', RESCAN];
    case 'pairing-forbidden':
      return ['Two fields are there that exclude each other.', TYPE];
    case 'separator-lost':
      return [
        'The separators between the fields were lost, so serial and batch cannot be told apart.',
        'If other packs scan well, the print is at fault: type the code. Otherwise set the scanner to send the group separator (GS).',
      ];
    case 'envelope-broken':
      return ['The start or the end of this code was lost on the way.', RESCAN];
    case 'link-malformed':
      return ['This code holds a web address that is not well formed.', 'Scan the square code of the pack.'];
    case 'link-without-key':
      return [
        'This code is a web address, not the code of a pack.',
        'Look for the square code beside serial and expiry.',
      ];
    case 'link-order':
      return ['The parts of this web address are not in the prescribed order.', TYPE];
    case 'link-attribute':
      return ['This web address holds a part that must not stand there.', TYPE];
    case 'no-product-code':
      return ['The code names no product.', 'Scan the square code of one pack.'];
    case 'no-serial':
      return [
        'The code holds no serial number, so it does not name one pack.',
        'Packs without prescription may carry none. Otherwise look for another square code on the pack.',
      ];
  }
}
