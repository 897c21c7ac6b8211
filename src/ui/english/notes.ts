// Words for what was odd about a code that could nevertheless be read.
import type { ScanNote } from '../../domain/codes/scan.ts';

export function noteWords({ code, ai }: ScanNote): string {
  const field = ai === undefined ? 'a field' : `field (${ai})`;
  switch (code) {
    case 'unknown-ai':
      return `The code holds ${field}, which Packtrail does not know; it was kept and not used.`;
    case 'day-unspecified':
      return "The expiry gives only a month; the month's last day counts.";
    case 'month-date':
      return `The code holds a year and a month in ${field} where a date belongs; the month's last day was taken.`;
    case 'repeated':
      return `The code holds ${field} twice with the same value.`;
    case 'separator-first':
      return 'The code starts with a separator that does not belong there.';
    case 'separator-doubled':
      return 'The code holds a separator twice in a row.';
    case 'pairing-missing':
      return `The code holds ${field} without the field that belongs to it.`;
    case 'carrier-unlisted':
      return 'This kind of symbol is not one that medicine packs should carry.';
    case 'link-outdated':
      return 'The web address in the code is written in the way of an older standard.';
    case 'noise-removed':
      return 'The scanner sent stray characters before the code; they were left out.';
    case 'layout-unconfirmed':
      return "The scanner's keys can be read in two ways. If this pack is not found, set the scanner up (This device, Handheld scanners) and scan again.";
    case 'batch-missing':
      return 'The code holds no batch.';
    case 'expiry-missing':
      return 'The code holds no expiry date.';
  }
}
