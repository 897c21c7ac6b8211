// What a person typed or pasted, made ready for the scanner model: spaces that a print or a clipboard brought along are
// dropped, letters stay as they are (serials tell capital from small).
import type { TypedCode } from '../app/scan-model.ts';
import { encodeElementString } from '../domain/codes/element-string.ts';

export type TypedField = keyof TypedCode;
export const TYPED_FIELDS: readonly TypedField[] = ['productCode', 'serial', 'batch', 'expiry'];

const GTIN_OR_PPN_OR_PZN = /^(\d{13,14}|[0-9A-Z]{4,22}|-?\d{8})$/i;
const TEXT = /^[\x21-\x7e]{1,20}$/;

export function tidyTyped(field: TypedField, raw: string): string {
  const text = raw.normalize('NFKC').trim();
  switch (field) {
    case 'productCode':
      return text
        .replace(/[\s-]/g, '')
        .replace(/^(GTIN|PPN|PZN|PC):?/i, '')
        .toUpperCase();
    case 'serial':
      return text.replace(/^\(21\)/, '').replace(/\s/g, '');
    case 'batch':
      return text.replace(/^\(10\)/, '').replace(/\s/g, '');
    case 'expiry':
      return tidyExpiry(text);
  }
}

/** Year and month, the day if there is one; `12/2031` and `31.12.2031` are as unmistakable as the ISO order. */
function tidyExpiry(text: string): string {
  const [, day, month, year] = /^(?:(\d{1,2})[./ -])?(\d{1,2})[./ -](\d{4})$/.exec(text) ?? [];
  if (month === undefined || year === undefined) return text.replace(/[./ ]/g, '-');
  const two = (digits: string) => digits.padStart(2, '0');
  return day === undefined ? `${year}-${two(month)}` : `${year}-${two(month)}-${two(day)}`;
}

/** The fields that cannot be right, in the form's order. */
export function findFaults(code: TypedCode): readonly TypedField[] {
  return TYPED_FIELDS.filter((field) => !isPlausible(field, code[field]));
}

function isPlausible(field: TypedField, value: string): boolean {
  if (field === 'productCode') return GTIN_OR_PPN_OR_PZN.test(value);
  if (field !== 'expiry') return TEXT.test(value);
  const [, year, month, day] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(value) ?? [];
  if (year === undefined || month === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)));
  return date.getUTCMonth() === Number(month) - 1;
}

/** The human-readable line below a GS1 code, "(01)...(17)...": what a scanner would have delivered for it. */
export function codeBehind(raw: string): string {
  const text = raw.trim();
  if (!/^(\(\d{2,4}\)[^()]+)+$/.test(text)) return text;
  const fields = [...text.matchAll(/\((\d{2,4})\)([^()]+)/g)];
  return encodeElementString(fields.map(([, ai = '', value = '']) => [ai, value.trim()] as const));
}

/** A whole code pasted or scanned into one field: it is read as a code instead. */
export function looksLikeWholeCode(raw: string): boolean {
  const text = raw.trim();
  return /^(\]|\[\)>|\(01\)|https?:\/\/)/.test(text) || /^01\d{14}\S{4,}/.test(text) || text.includes('\x1d');
}
