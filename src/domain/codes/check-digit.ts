// Check digits of the numbers on packs: GS1 (General Specifications 7.9), the German PZN and the IFA's PPN.
// They catch most misreadings, not all: swapping 5 and 0 escapes GS1's.
import { CSET32, CSET82 } from './character-sets.ts';

const DIGITS = /^\d+$/;

/** GS1 modulo 10 over the digits before the check digit, whatever the key (GTIN, GLN, SSCC). */
export function gs1CheckDigit(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum += digitAt(body, body.length - 1 - i) * (i % 2 === 0 ? 3 : 1);
  return String((10 - (sum % 10)) % 10);
}

/** The 14th digit of a GTIN-14 (leading zeros for shorter GTINs) from its first 13. */
export function gtinCheckDigit(first13: string): string {
  return gs1CheckDigit(first13);
}

export function hasGs1CheckDigit(digits: string): boolean {
  return DIGITS.test(digits) && digits.length > 1 && gs1CheckDigit(digits.slice(0, -1)) === digits.slice(-1);
}

/** The canonical product code of any GTIN: `gtin:` and 14 digits. */
export function encodeGtin14(gtin: string): string {
  return `gtin:${gtin.padStart(14, '0')}`;
}

/** PZN-8: weights 1 to 7, modulo 11. `undefined` where the remainder is 10: such a number is never issued. */
export function pznCheckDigit(first7: string): string | undefined {
  let sum = 0;
  for (let i = 0; i < first7.length; i++) sum += digitAt(first7, i) * (i + 1);
  return sum % 11 === 10 ? undefined : String(sum % 11);
}

/** A PZN of 8 digits, or of 7 from before 2013 (its leading zero left out). */
export function isPzn(text: string): boolean {
  if (!/^\d{7,8}$/.test(text)) return false;
  const pzn8 = text.padStart(8, '0');
  return pznCheckDigit(pzn8.slice(0, 7)) === pzn8.slice(7);
}

/** Two digits: sum of ASCII codes times weights 2, 3, 4..., modulo 97. */
export function ppnCheckDigits(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum = (sum + body.charCodeAt(i) * (i + 2)) % 97;
  return String(sum).padStart(2, '0');
}

/** Registration agency code 11 is the IFA's own; its products are PZNs, so both checks must hold. */
export function isPpn(text: string): boolean {
  if (!/^[0-9A-Z]{3,20}\d{2}$/.test(text)) return false;
  if (ppnCheckDigits(text.slice(0, -2)) !== text.slice(-2)) return false;
  return !text.startsWith('11') || (text.length === 12 && isPzn(text.slice(2, 10)));
}

/** The PPN of a German medicine: `11`, the PZN as 8 digits, two check digits. */
export function ppnFromPzn(pzn: string): string | undefined {
  if (!isPzn(pzn)) return undefined;
  const body = `11${pzn.padStart(8, '0')}`;
  return body + ppnCheckDigits(body);
}

export function pznFromPpn(ppn: string): string | undefined {
  return isPpn(ppn) && ppn.startsWith('11') ? ppn.slice(2, 10) : undefined;
}

/** GS1 General Specifications 7.9.5: two check characters over character set 82, with primes as weights. */
export function gs1CheckPair(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++)
    sum += CSET82.indexOf(body.charAt(body.length - 1 - i)) * (PRIMES[i] ?? 0);
  sum %= 1021;
  return CSET32.charAt(sum >> 5) + CSET32.charAt(sum & 31);
}

export const CHECK_PAIR_LENGTH_MAX = 99;

const PRIMES = firstPrimes(CHECK_PAIR_LENGTH_MAX - 2);

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

function digitAt(text: string, index: number): number {
  return text.charCodeAt(index) - 48;
}
