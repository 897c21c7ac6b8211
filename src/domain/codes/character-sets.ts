// The character sets of GS1 data (General Specifications 7.11). Order matters: a character's place is its value in
// the alphanumeric check pair.

/** Figure 7.11-1: what batch and serial numbers may hold. No space, none of # $ @ [ \ ] ^ ` { | } ~ */
export const CSET82 = `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`;

/** The check pair's own digits: no 0, 1, I or O. */
export const CSET32 = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

const DIGITS = /^[0-9]*$/;
const SET_82 = /^[!"%-/0-9:-?A-Z_a-z]*$/;
const SET_39 = /^[#\-/0-9A-Z]*$/;
const SET_64 = /^[-0-9A-Z_a-z]*={0,2}$/;

export function isDigits(text: string): boolean {
  return DIGITS.test(text);
}

export function isCset82(text: string): boolean {
  return SET_82.test(text);
}

export function isCset39(text: string): boolean {
  return SET_39.test(text);
}

/** Figure 7.11-3: base64url; padding, if any, fills the text up to a multiple of three. */
export function isCset64(text: string): boolean {
  return SET_64.test(text) && (!text.endsWith('=') || (text.length % 3 === 0 && !text.startsWith('=')));
}
