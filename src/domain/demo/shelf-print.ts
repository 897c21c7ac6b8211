// What the codes of the shelf's packs hold, as a printer would make them: GS1 element strings, the IFA's envelope for
// German packs, and one code that a careless line printed without its separators.
import { encodeElementString, GS } from '../codes/element-string.ts';
import { encodeIfa } from '../codes/ifa.ts';
import type { ShelfItem } from './shelf.ts';

/** Without the FNC1 that a GS1 symbol starts with. */
export function shelfElements(item: ShelfItem): string {
  const { productCode, serial, batch } = item.printed;
  const code = productCode.slice(productCode.indexOf(':') + 1);
  const expiry = printedExpiry(item);
  if (item.carrier === 'ifa') return encodeIfa({ ppn: code, batch, expiry, serial });
  const fields = {
    product: ['01', code],
    expiry: ['17', expiry],
    batch: ['10', batch],
    serial: ['21', serial],
  } as const;
  // Without separators the serial swallows what follows it: the order that does most harm.
  if (item.carrier === 'gs1-separator-lost')
    return encodeElementString([fields.product, fields.serial, fields.batch, fields.expiry]).replaceAll(
      GS,
      '',
    );
  return encodeElementString([fields.product, fields.expiry, fields.batch, fields.serial]);
}

/** YYMMDD; day 00 where the pack shows a month alone. */
export function printedExpiry({ id, printed }: ShelfItem): string {
  const digits = printed.expiry.slice(2).replaceAll('-', '');
  return id === 'active-month' ? `${digits.slice(0, 4)}00` : digits;
}
