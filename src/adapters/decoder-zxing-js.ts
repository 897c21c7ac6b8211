// The fallback decoder, for browsers without WebAssembly: @zxing/browser, the JavaScript port. By itself it reads
// upright, clean symbols over the centre of the picture, one a picture; what our own search has straightened and
// repaired is just that. Bar codes it reads along the middle.
import {
  type BrowserCodeReader,
  BrowserDatamatrixCodeReader,
  BrowserMultiFormatOneDReader,
  BrowserQRCodeReader,
} from '@zxing/browser';
import {
  BarcodeFormat,
  BinaryBitmap,
  DecodeHintType,
  Exception,
  HybridBinarizer,
  type Result,
  RGBLuminanceSource,
} from '@zxing/library';
import type { FoundSymbol } from '../domain/picture/engine-task.ts';
import type { DecoderEngine } from './decoder-engine.ts';

const LINEAR_HINTS = new Map<DecodeHintType, unknown>([
  [DecodeHintType.POSSIBLE_FORMATS, [BarcodeFormat.CODE_128, BarcodeFormat.EAN_13, BarcodeFormat.ITF]],
  // Without it FNC1 is dropped, and with it the separators of GS1-128.
  [DecodeHintType.ASSUME_GS1, true],
  [DecodeHintType.TRY_HARDER, true],
]);

export function createZxingJs(): DecoderEngine {
  // The library's reader for all formats logs a warning at each miss of each.
  const matrix = [new BrowserDatamatrixCodeReader(), new BrowserQRCodeReader()];
  const linear = [new BrowserMultiFormatOneDReader(LINEAR_HINTS)];
  return {
    async read({ picture: { width, height, pixels }, effort }, carriers) {
      const readers = [
        ...(effort === 'bars' ? [] : matrix),
        ...(effort === 'bars' || carriers === 'packs-and-cases' ? linear : []),
      ];
      const source = new RGBLuminanceSource(new Uint8ClampedArray(pixels), width, height);
      const bitmap = new BinaryBitmap(new HybridBinarizer(source));
      for (const reader of readers) {
        const result = decodeBitmap(reader, bitmap);
        if (result) return [foundSymbol(result)];
      }
      return [];
    },
  };
}

function decodeBitmap(reader: BrowserCodeReader, bitmap: BinaryBitmap): Result | undefined {
  try {
    return reader.decodeBitmap(bitmap);
  } catch (error) {
    // The library reports "no symbol here" by throwing one of its own exceptions.
    if (error instanceof Exception) return undefined;
    throw error;
  }
}

function foundSymbol(result: Result): FoundSymbol {
  return { text: withIdentifier(result), corners: corners(result) };
}

/** The port names no AIM identifier but GS1-128's own; what FNC1 in first position leaves tells the others. */
function withIdentifier(result: Result): string {
  const text = result.getText();
  const data = text.replace(/^\x1d+/, '');
  switch (result.getBarcodeFormat()) {
    case BarcodeFormat.DATA_MATRIX:
      return (text.startsWith('\x1d') ? ']d2' : ']d1') + data;
    case BarcodeFormat.QR_CODE:
      return (isGs1QrCode(result.getRawBytes()) ? ']Q3' : ']Q1') + data;
    case BarcodeFormat.CODE_128:
      return text.startsWith(']C1') ? text : `]C0${text}`;
    case BarcodeFormat.ITF:
      return `]I0${text}`;
    default:
      return `]E0${text}`;
  }
}

/** ISO/IEC 18004 7.4: FNC1 in first position is mode 5, ahead of the data or after a code page (mode 7, one byte). */
function isGs1QrCode(codewords: Uint8Array): boolean {
  const [first = 0, second = 0] = codewords;
  return first >> 4 === 5 || (first >> 4 === 7 && (first & 8) === 0 && (second & 15) === 5);
}

/** A DataMatrix has four points, from the top left counter-clockwise; a QR code three or four, from the bottom left. */
function corners(result: Result): FoundSymbol['corners'] {
  const points = result.getResultPoints().map((point) => ({ x: point.getX(), y: point.getY() }));
  const [first, second, third, fourth] = points;
  // Of a bar code two points are known, the ends of one line through it.
  if (!first || !second || !third) return [];
  if (result.getBarcodeFormat() === BarcodeFormat.DATA_MATRIX)
    return fourth ? [first, fourth, third, second] : [];
  return [second, third, { x: third.x + first.x - second.x, y: third.y + first.y - second.y }, first];
}
