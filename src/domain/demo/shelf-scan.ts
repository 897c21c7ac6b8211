// What a scanner delivers for each pack of the shelf, so that a newcomer without packs or camera can try them all.
import { SHELF, type ShelfItem } from './shelf.ts';
import { shelfElements } from './shelf-print.ts';

/** AIM identifiers (ISO/IEC 15424): a GS1 DataMatrix starts with FNC1, the IFA's does not. */
export function shelfText(item: ShelfItem): string {
  return `${item.carrier === 'ifa' ? ']d1' : ']d2'}${shelfElements(item)}`;
}

export type ShelfScan = { readonly id: string; readonly title: string; readonly text: string };

export const SHELF_SCANS: readonly ShelfScan[] = SHELF.map((item) => ({
  id: item.id,
  title: item.title,
  text: shelfText(item),
}));
