// What the user is told about a pack: one big word, what it means, what to do, and how certain it is. The words never
// call a pack falsified: only an investigation can.
import type { Workplace } from '../../app/app-model.ts';
import type { PackState } from '../../domain/pack.ts';
import type { CannotTell, Judgment } from '../../domain/verdict.ts';
import { moment } from './formats.ts';
import { stateWords } from './operations.ts';

export type VerdictWords = {
  /** Read at arm's length. */
  readonly word: string;
  readonly meaning: string;
  readonly todo: string;
};

/** `mayUndo`: this device can take back what made the pack's state. */
export function verdictWords(
  { verdict, asOfMs, fromOutbox }: Judgment,
  nowMs: number,
  mayUndo = false,
): VerdictWords {
  switch (verdict.kind) {
    case 'active':
      return { word: 'Active', meaning: 'Issued and not yet supplied.', todo: 'Look at the seal.' };
    case 'not-active':
      return stoppedWords(verdict.state, fromOutbox, mayUndo);
    case 'recalled':
      return {
        word: 'Recalled',
        meaning: `This batch has been recalled.${also(verdict.state)}`,
        todo: 'Do not supply. Put the pack into quarantine.',
      };
    case 'withdrawn':
      return {
        word: 'Withdrawn',
        meaning: `This product has been withdrawn from the market.${also(verdict.state)}`,
        todo: 'Do not supply. Put the pack into quarantine.',
      };
    case 'expired':
      return {
        word: 'Expired',
        meaning: `The expiry date has passed.${also(verdict.state)}`,
        todo: 'Do not supply. Put the pack with those to be destroyed.',
      };
    case 'mismatch':
      return mismatchWords(verdict.field);
    case 'not-in-data':
      return {
        word: 'Check live',
        meaning: `Not in this device's data${asOfMs === undefined ? '' : ` (${moment(asOfMs, nowMs)})`}.`,
        todo: 'Check live: the pack may be newer than the data, or belong to another site.',
      };
    case 'unknown-pack':
      return {
        word: 'Not in the ledger',
        meaning: 'The ledger was asked live and holds no such pack.',
        todo: 'Do not supply. Compare the code with the print and scan again; if it stays, put the pack aside and inform the authority.',
      };
    case 'cannot-tell':
      return { word: 'Cannot tell', ...cannotTellWords(verdict.why) };
  }
}

function also(state: PackState | undefined): string {
  if (state === undefined) return ' Its state is not held on this device.';
  return state === 'active' ? '' : ` Also recorded as: ${stateWords(state).toLowerCase()}.`;
}

function stoppedWords(
  state: Exclude<PackState, 'active'>,
  fromOutbox: Judgment['fromOutbox'],
  mayUndo: boolean,
): VerdictWords {
  const own = newsWords(fromOutbox);
  const aside = mayUndo
    ? 'Do not supply. If it was a mistake and the pack never left, undo it.'
    : 'Do not supply. Put the pack aside and find out why.';
  switch (state) {
    case 'supplied':
      return {
        word: 'Already supplied',
        meaning: `This pack has been handed out before.${own}`,
        todo: fromOutbox === 'event' && !mayUndo ? 'Do not supply it again.' : aside,
      };
    case 'destroyed':
      return {
        word: 'Destroyed',
        meaning: `This pack is recorded as destroyed.${own}`,
        todo: 'Do not supply. A destroyed pack never comes back: put it aside and inform the authority.',
      };
    case 'exported':
      return {
        word: 'Exported',
        meaning: `This pack is recorded as sold outside the market.${own}`,
        todo: aside,
      };
    case 'sample':
      return {
        word: 'Sample',
        meaning: `This pack was taken as a sample by an authority.${own}`,
        todo: aside,
      };
    case 'free-sample':
      return {
        word: 'Free sample',
        meaning: `This pack was given away as a free sample.${own}`,
        todo: aside,
      };
    case 'locked':
      return {
        word: 'Locked',
        meaning: `This pack is in quarantine.${own}`,
        todo: 'Do not supply until whoever locked it has released it.',
      };
    case 'stolen':
      return {
        word: 'Stolen',
        meaning: `This pack is reported as stolen.${own}`,
        todo: 'Do not supply. Keep the pack and inform the authority.',
      };
  }
}

function newsWords(fromOutbox: Judgment['fromOutbox']): string {
  switch (fromOutbox) {
    case 'event':
      return ' Recorded on this device; the data does not show it yet.';
    case 'receipt':
      return ' The ledger has told this device; the data does not show it yet.';
    case false:
      return '';
  }
}

function mismatchWords(field: 'batch' | 'expiry'): VerdictWords {
  const name = field === 'batch' ? 'batch' : 'expiry date';
  return {
    word: field === 'batch' ? 'Batch differs' : 'Expiry differs',
    meaning: `The ${name} on this pack is not the one that its maker registered.`,
    todo: 'Do not supply. Compare the code with the print and scan again; if it stays, put the pack aside and inform the authority.',
  };
}

function cannotTellWords(why: CannotTell): Omit<VerdictWords, 'word'> {
  switch (why) {
    case 'no-snapshot':
      return {
        meaning: 'This device holds no data yet.',
        todo: 'Check live, or connect once so that the data can be loaded.',
      };
    case 'snapshot-expired':
      return {
        meaning: "This device's data is too old to vouch for a pack.",
        todo: 'Check live, or connect so that newer data can be loaded.',
      };
    case 'snapshot-withdrawn':
      return {
        meaning: "This device's data was withdrawn by its publisher and vouches for nothing.",
        todo: 'Check live, or connect so that corrected data can be loaded.',
      };
    case 'snapshot-damaged':
      return {
        meaning: "This device's data is damaged and is not used.",
        todo: 'Check live; the data is loaded again when connected.',
      };
    case 'outside-scope':
      return {
        meaning: 'This device keeps no data of this product.',
        todo: 'Check live, or have the product added to what this device handles.',
      };
    case 'unreadable-code':
      return {
        meaning: 'The code could not be read safely.',
        todo: 'Scan again, use another scanner, or type the code.',
      };
    case 'incomplete-code':
      return { meaning: 'The code lacks a part.', todo: 'Type in what is missing from the print.' };
  }
}

export const WORKPLACE_WORDS: { readonly [W in Workplace]: string } = {
  counter: 'Counter',
  warehouse: 'Warehouse',
  inspection: 'Inspection',
};
