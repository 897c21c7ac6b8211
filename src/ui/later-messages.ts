// The words of screens that come later than the first one; a language is one object of this shape as well.
import { ENGLISH_LATER } from './english/later-catalogue.ts';

export type LaterMessages = typeof ENGLISH_LATER;

export const laterWords: LaterMessages = ENGLISH_LATER;
