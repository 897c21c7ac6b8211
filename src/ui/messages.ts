// The message catalogue in use. Screens take every word for people from here; a further language is one more object
// of the same shape, checked by the compiler against the codes it must cover.
import { ENGLISH } from './english/catalogue.ts';

export type Messages = typeof ENGLISH;

/** What went wrong, what to do next, and what was kept: every failure says all three. */
export type { Advice } from './english/advice.ts';

export const words: Messages = ENGLISH;
