// What can be wrong with a scanned code, as stable codes, and the English words that the command line prints beside
// them. No word here may say "falsified": a code that cannot be read safely says nothing about its pack.

/** Why a code cannot be read safely. */
export type ScanProblem =
  | 'empty'
  | 'oversized'
  | 'carrier-unsupported'
  | 'product-bar-code'
  | 'case-bar-code'
  | 'not-a-code'
  | 'ai-unreadable'
  | 'value-empty'
  | 'too-short'
  | 'too-long'
  | 'character'
  | 'check-digit'
  | 'date'
  | 'month-date'
  | 'content'
  | 'coupon'
  | 'repeat-differs'
  | 'pairing-missing'
  | 'pairing-forbidden'
  | 'separator-lost'
  | 'envelope-broken'
  | 'link-malformed'
  | 'link-without-key'
  | 'link-order'
  | 'link-attribute';

/** What was odd, yet no reason to refuse the code. */
export type ScanNoteCode =
  | 'unknown-ai'
  | 'day-unspecified'
  | 'month-date'
  | 'repeated'
  | 'separator-first'
  | 'separator-doubled'
  | 'pairing-missing'
  | 'carrier-unlisted'
  | 'link-outdated'
  | 'noise-removed'
  | 'layout-unconfirmed'
  | 'batch-missing'
  | 'expiry-missing';

export type ScanNote = { readonly code: ScanNoteCode; readonly ai: string | undefined };

/** A problem and the AI (or IFA data identifier) it was found at, where there is one. */
export type Finding = { readonly code: ScanProblem; readonly ai: string | undefined };

export function finding(code: ScanProblem, ai?: string): Finding {
  return { code, ai };
}

export function note(code: ScanNoteCode, ai?: string): ScanNote {
  return { code, ai };
}

export function problemWords({ code, ai }: Finding): string {
  const field = ai === undefined ? 'the code' : `(${ai})`;
  switch (code) {
    case 'empty':
      return 'the scan holds no data';
    case 'oversized':
      return 'the scan is longer than any code on a pack';
    case 'carrier-unsupported':
      return 'this kind of symbol does not carry GS1 or IFA data';
    case 'product-bar-code':
      return 'this is the bar code of the product; scan the two-dimensional code of the pack';
    case 'case-bar-code':
      return 'this is the bar code of a case; scan the two-dimensional codes of the packs in it';
    case 'not-a-code':
      return 'this is neither GS1 data, nor an IFA code, nor a GS1 Digital Link';
    case 'ai-unreadable':
      return 'no application or data identifier stands where one must start';
    case 'value-empty':
      return `${field} has no value`;
    case 'too-short':
      return `${field} is shorter than allowed`;
    case 'too-long':
      return `${field} is longer than allowed`;
    case 'character':
      return `${field} holds a character that is not allowed there`;
    case 'check-digit':
      return `the check digit of ${field} does not match: misread or misprinted`;
    case 'date':
      return `${field} holds an impossible date or time`;
    case 'month-date':
      return `${field} holds a year and a month where a date belongs`;
    case 'coupon':
      return `${field} is a coupon, which no medicine pack carries`;
    case 'content':
      return `the content of ${field} is not allowed`;
    case 'repeat-differs':
      return `${field} occurs twice with different values`;
    case 'pairing-missing':
      return `${field} needs another field that is not there`;
    case 'pairing-forbidden':
      return `${field} stands beside a field that excludes it`;
    case 'separator-lost':
      return `separators were lost on the way, so ${field} may hold more than one field; check the scanner's set-up`;
    case 'envelope-broken':
      return 'the envelope of the IFA code is damaged or incomplete';
    case 'link-malformed':
      return 'this web address is not well formed';
    case 'link-without-key':
      return 'this web address holds no GS1 key';
    case 'link-order':
      return 'the fields in this GS1 Digital Link are not in the prescribed order';
    case 'link-attribute':
      return `${field} may not stand there in a GS1 Digital Link`;
  }
}
