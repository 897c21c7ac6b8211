// Draws the codes of the shelf's packs.
import { type RenderOptions, toBuffer, toSVG } from 'bwip-js/node';
import type { ShelfItem } from '../../domain/demo/shelf.ts';
import { shelfElements } from '../../domain/demo/shelf-print.ts';

/** SVG with black modules on white and the quiet zone that a scanner needs. */
export function shelfSvg(item: ShelfItem): string {
  return toSVG(symbol(item));
}

/** The same symbol as a PNG file. */
export function shelfPng(item: ShelfItem): Promise<Uint8Array> {
  return toBuffer(symbol(item));
}

function symbol(item: ShelfItem): RenderOptions {
  // `^029` is how bwip-js takes a control character.
  const text = shelfElements(item).replace(
    /[\x00-\x1f^]/g,
    (character) => `^${String(character.charCodeAt(0)).padStart(3, '0')}`,
  );
  const isGs1 = item.carrier !== 'ifa';
  return {
    ...{ bcid: 'datamatrix', text: isGs1 ? `^FNC1${text}` : text, parse: true, parsefnc: isGs1 },
    ...{ scale: 6, padding: 4, backgroundcolor: 'ffffff' },
  };
}
