// Reed-Solomon over GF(256) as Data Matrix has it (ISO/IEC 16022 5.7: x^8 + x^5 + x^3 + x^2 + 1, roots from 2^1 on),
// with erasures: a codeword that is known to be unsure costs one check codeword, one that is silently wrong costs two.

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, value = 1; i < 255; i++) {
  EXP[i] = value;
  EXP[i + 255] = value;
  LOG[value] = i;
  value = value < 128 ? value * 2 : (value * 2) ^ 0x12d;
}

const multiply = (a: number, b: number) => (a === 0 || b === 0 ? 0 : at(EXP, at(LOG, a) + at(LOG, b)));
const divide = (a: number, b: number) => (a === 0 ? 0 : at(EXP, at(LOG, a) + 255 - at(LOG, b)));
const power = (exponent: number) => at(EXP, ((exponent % 255) + 255) % 255);

/**
 * Corrects a block in place: the first codeword is the highest power. `erasures` are indices of codewords not to be
 * believed. Returns how many others it changed, or undefined (the block then unchanged) where it cannot be corrected.
 */
export function correctBlock(
  block: Uint8Array,
  checkCodewords: number,
  erasures: readonly number[],
): number | undefined {
  const n = block.length;
  const syndromes = syndromesOf(block, checkCodewords);
  if (syndromes.every((s) => s === 0)) return 0;
  if (erasures.length > checkCodewords) return undefined;
  const erasureLocator = locatorOf(erasures.map((i) => n - 1 - i));
  const locator = errorLocator(syndromes, erasureLocator, erasures.length);
  const degree = degreeOf(locator);
  if (degree > checkCodewords || 2 * (degree - erasures.length) + erasures.length > checkCodewords)
    return undefined;
  const places: number[] = [];
  for (let place = 0; place < n; place++) if (evaluate(locator, power(-place)) === 0) places.push(place);
  if (places.length !== degree) return undefined;
  const evaluator = product(syndromes, locator, checkCodewords);
  const corrected = block.slice();
  for (const place of places) {
    const root = power(-place);
    const slope = derivativeAt(locator, root);
    if (slope === 0) return undefined;
    const index = n - 1 - place;
    corrected[index] = at(corrected, index) ^ divide(evaluate(evaluator, root), slope);
  }
  if (!syndromesOf(corrected, checkCodewords).every((s) => s === 0)) return undefined;
  const isErased = new Set(erasures);
  let errors = 0;
  for (let i = 0; i < n; i++) if (corrected[i] !== block[i] && !isErased.has(i)) errors++;
  block.set(corrected);
  return errors;
}

/** What one byte at a place (0: the last codeword) adds to the syndromes. */
export function checkContribution(place: number, byte: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => multiply(byte, power(place * (i + 1))));
}

/** All nought for a codeword. Lowest power first, as all polynomials below. */
export function syndromesOf(block: Uint8Array, count: number): Uint8Array {
  const result = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const root = power(i + 1);
    let sum = 0;
    for (let k = 0; k < block.length; k++) sum = multiply(sum, root) ^ at(block, k);
    result[i] = sum;
  }
  return result;
}

function locatorOf(places: readonly number[]): Uint8Array {
  let result = Uint8Array.of(1);
  for (const place of places) {
    const next = new Uint8Array(result.length + 1);
    next.set(result);
    for (let i = 0; i < result.length; i++)
      next[i + 1] = at(next, i + 1) ^ multiply(at(result, i), power(place));
    result = next;
  }
  return result;
}

/** Berlekamp-Massey, begun at the locator of the erasures; the result locates both. */
function errorLocator(syndromes: Uint8Array, erasureLocator: Uint8Array, erased: number): Uint8Array {
  const count = syndromes.length;
  let locator = new Uint8Array(count + 1);
  locator.set(erasureLocator);
  let support = locator.slice();
  let length = erased;
  for (let k = erased; k < count; k++) {
    let discrepancy = 0;
    for (let i = 0; i <= k; i++) discrepancy ^= multiply(at(locator, i), at(syndromes, k - i));
    const shifted = new Uint8Array(count + 1);
    shifted.set(support.subarray(0, count), 1);
    support = shifted;
    if (discrepancy === 0) continue;
    const next = locator.map((value, i) => value ^ multiply(discrepancy, at(support, i)));
    if (2 * length <= k + erased) {
      length = k + 1 + erased - length;
      support = locator.map((value) => divide(value, discrepancy));
    }
    locator = next;
  }
  return locator;
}

function degreeOf(polynomial: Uint8Array): number {
  let degree = polynomial.length - 1;
  while (degree > 0 && polynomial[degree] === 0) degree--;
  return degree;
}

function evaluate(polynomial: Uint8Array, x: number): number {
  let sum = 0;
  for (let i = polynomial.length - 1; i >= 0; i--) sum = multiply(sum, x) ^ at(polynomial, i);
  return sum;
}

/** x times the formal derivative would also do; with roots from 2^1 on, Forney's formula needs the plain one. */
function derivativeAt(polynomial: Uint8Array, x: number): number {
  let sum = 0;
  const square = multiply(x, x);
  let factor = 1;
  for (let i = 1; i < polynomial.length; i += 2) {
    sum ^= multiply(at(polynomial, i), factor);
    factor = multiply(factor, square);
  }
  return sum;
}

function product(a: Uint8Array, b: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length && i + j < length; j++)
      result[i + j] = at(result, i + j) ^ multiply(at(a, i), at(b, j));
  return result;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}
