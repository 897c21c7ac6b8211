// The fallback decoder, for browsers without WebAssembly: @zxing/browser, the JavaScript port. By itself it reads
// upright, clean symbols over the centre of the picture, one a picture; what our own search has straightened and
// repaired is just that. It reads matrix symbols alone.
import { type BrowserCodeReader, BrowserDatamatrixCodeReader, BrowserQRCodeReader } from '@zxing/browser';
import {
  BarcodeFormat,
  BinaryBitmap,
  Exception,
  HybridBinarizer,
  type Result,
  RGBLuminanceSource,
} from '@zxing/library';
import type { FoundSymbol } from '../domain/picture/engine-task.ts';
import type { DecoderEngine } from './decoder-engine.ts';

export function createZxingJs(): DecoderEngine {
  // The library's reader for several formats logs a warning at each miss of each.
  const readers = [new BrowserDatamatrixCodeReader(), new BrowserQRCodeReader()];
  return {
    async read({ picture: { width, height, pixels }, effort }) {
      if (effort === 'bars') return [];
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
  const text = result.getText();
  return {
    text: symbologyIdentifier(result.getBarcodeFormat(), text) + text.replace(/^\x1d+/, ''),
    corners: corners(result),
  };
}

// The port names no symbology identifier; it renders the leading FNC1 of GS1 data as 0x1D and drops that of a QR code.
function symbologyIdentifier(format: BarcodeFormat, text: string): string {
  if (format === BarcodeFormat.QR_CODE) return ']Q1';
  return text.startsWith('\x1d') ? ']d2' : ']d1';
}

/** A DataMatrix has four points, from the top left counter-clockwise; a QR code three or four, from the bottom left. */
function corners(result: Result): FoundSymbol['corners'] {
  const points = result.getResultPoints().map((point) => ({ x: point.getX(), y: point.getY() }));
  const [first, second, third, fourth] = points;
  if (!first || !second || !third) return [];
  if (result.getBarcodeFormat() === BarcodeFormat.DATA_MATRIX)
    return fourth ? [first, fourth, third, second] : [];
  return [second, third, { x: third.x + first.x - second.x, y: third.y + first.y - second.y }, first];
}
