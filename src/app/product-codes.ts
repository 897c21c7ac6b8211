// A list of products as people have them: product codes typed, pasted from a spreadsheet or scanned, one or many, in
// any of the forms that stand on packs.
import { readScan, uniqueIdentifier } from '../domain/codes/scan.ts';
import { readProductCode } from './code-reading.ts';

/** What is pasted is bounded before it is looked at: 5,000 codes with whatever stands between them. */
const TEXT_LENGTH_MAX = 500_000;

export type ProductCodes = {
  readonly productCodes: readonly string[];
  /** What could not be read as any. */
  readonly unread: readonly string[];
};

export function readProductCodes(text: string, todayMs: number): ProductCodes {
  const productCodes = new Set<string>();
  const unread: string[] = [];
  for (const part of text.slice(0, TEXT_LENGTH_MAX).split(/[\s,;|]+/)) {
    if (part === '') continue;
    const productCode = productCodeOf(part, todayMs);
    if (productCode === undefined) unread.push(part);
    else productCodes.add(productCode);
  }
  return { productCodes: [...productCodes], unread };
}

function productCodeOf(part: string, todayMs: number): string | undefined {
  const typed = readProductCode(part);
  if (typed.ok) return typed.value;
  const scanned = readScan(part, todayMs);
  if (!scanned.ok) return undefined;
  const identifier = uniqueIdentifier(scanned);
  return identifier.ok ? identifier.value.productCode : undefined;
}
