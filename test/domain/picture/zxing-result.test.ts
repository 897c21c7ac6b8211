import { describe, expect, it } from 'vitest';
import { symbolsOf } from '../../../src/domain/picture/zxing-result.ts';

const place = { x: 1, y: 2 };
const position = { topLeft: place, topRight: place, bottomRight: place, bottomLeft: place };
const read = (symbologyIdentifier: string, text: string, isValid = true) =>
  symbolsOf([{ isValid, symbologyIdentifier, text, isMirrored: false, position }]).map(
    (symbol) => symbol.text,
  );

describe("the library's answer", () => {
  it('names the symbology before the text', () => {
    expect(read(']d2', '0104012345123456')).toEqual([']d20104012345123456']);
  });

  it('loses a separator printed after the leading FNC1, not one that is data', () => {
    expect(read(']d2', '\x1d0104012345123456\x1d21A')).toEqual([']d20104012345123456\x1d21A']);
    expect(read(']d1', '\x1dA')).toEqual([']d1\x1dA']);
  });

  it('leaves out what is not valid, and what a slanting line read of an ITF symbol', () => {
    expect(read(']d2', 'x', false)).toEqual([]);
    expect(read(']I1', '14012345123453')).toEqual([']I114012345123453']);
    expect(read(']I0', '14012345')).toEqual([]);
    expect(read(']I0', '14012345123454')).toEqual([]);
  });
});
