import { describe, expect, it } from 'vitest';
import { createAcceptance } from '../../../src/domain/codes/acceptance.ts';

const PLAIN = [{ text: ']d1NO CHECK DIGITS' }];
const PACK = [{ text: ']d20104012345123456217F3K9QX2PM' }];

describe('a text that was read', () => {
  it('is believed at once where its check digits hold', () => {
    expect(createAcceptance()(PACK, 0)).toEqual(PACK);
  });

  it('is else believed when another frame agrees, soon enough', () => {
    const accept = createAcceptance();
    expect(accept(PLAIN, 0)).toEqual([]);
    expect(accept(PLAIN, 2_000)).toEqual([]);
    expect(accept(PLAIN, 2_100)).toEqual(PLAIN);
  });

  it('is not believed because the same frame was read twice', () => {
    const accept = createAcceptance();
    expect(accept(PLAIN, 100)).toEqual([]);
    expect(accept(PLAIN, 100)).toEqual([]);
    expect(accept(PLAIN, 40)).toEqual(PLAIN);
  });
});
