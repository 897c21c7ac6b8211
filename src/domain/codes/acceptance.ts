// When a text that was read may be believed: at once where its own check digits hold, else when a second frame agrees.
import { readScan } from './scan.ts';

const AGREE_MS_MAX = 1_500;
const REMEMBERED_MAX = 200;

/** Gives back those to be believed now. `frameMs` is when the frame was made in which they were read. */
export function createAcceptance(): <T extends { readonly text: string }>(
  found: readonly T[],
  frameMs: number,
) => readonly T[] {
  let seen = new Map<string, number>();
  return (found, frameMs) => {
    const accepted = found.filter(({ text }) => {
      const seenMs = seen.get(text) ?? Number.NEGATIVE_INFINITY;
      const agreed = seenMs !== frameMs && Math.abs(frameMs - seenMs) <= AGREE_MS_MAX;
      return agreed || hasCheckDigits(text, frameMs);
    });
    seen = new Map([...seen, ...found.map(({ text }) => [text, frameMs] as const)].slice(-REMEMBERED_MAX));
    return accepted;
  };
}

/** A product code or an SSCC, read by the rules that check its digits. */
function hasCheckDigits(text: string, nowMs: number): boolean {
  const reading = readScan(text, nowMs);
  return reading.ok && (reading.productCode !== undefined || reading.ais.some(([ai]) => ai === '00'));
}
