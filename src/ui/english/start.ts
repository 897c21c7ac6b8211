// Words for an app that could not open what this device holds, or that met a fault of its own.
import type { StartFailure } from '../../app/root-model.ts';
import type { Advice } from './advice.ts';

const KEPT =
  'Nothing was lost or changed: every event that was recorded on this device is still on it, the unsent ones too. Do not clear the data of this site.';

export function startFailureWords(failure: StartFailure): Advice {
  const [what, next] = sentences(failure);
  return { what, next, kept: KEPT };
}

function sentences(failure: StartFailure): readonly [string, string] {
  switch (failure.kind) {
    case 'store':
      return storeSentences(failure.code);
    case 'key':
      return keySentences(failure.code);
    case 'practice':
      return ['Practice could not be loaded.', 'Connect to the network, then try again or reload the page.'];
  }
}

function storeSentences(code: Extract<StartFailure, { kind: 'store' }>['code']): readonly [string, string] {
  switch (code) {
    case 'full':
      return ['The storage of this device is full.', 'Free some space on the device, then try again.'];
    case 'refused':
      return [
        'The browser does not let this site store anything.',
        'Leave private browsing, or allow this site to store data, and close other tabs of Packtrail. Then try again.',
      ];
    case 'damaged':
      return [
        'What is stored about this device cannot be read: the storage is damaged.',
        'Stay online, so that unsent events still go to the ledger, and try again. If it stays, ask your administrator for a new enrolment link and open it here.',
      ];
    case 'replaced':
    case 'failed':
      return [
        'The storage of this device did not answer.',
        'Try again. If it stays, close the browser and open it again.',
      ];
  }
}

function keySentences(code: Extract<StartFailure, { kind: 'key' }>['code']): readonly [string, string] {
  switch (code) {
    case 'unsupported':
      return [
        'This browser cannot use the key of this device.',
        'Open Packtrail by its https address in a current Chrome, Edge, Firefox or Safari. Then try again.',
      ];
    case 'lost':
      return [
        'The key of this device is gone.',
        'Stay online, so that unsent events still go to the ledger. Ask your administrator for a new enrolment link and open it here.',
      ];
    case 'failed':
      return [
        'The key of this device did not answer.',
        'Try again. If it stays, close the browser and open it again.',
      ];
  }
}

export const START = {
  title: 'This device could not be opened',
  again: 'Try again',
  practise: 'Practise anyway',
  practiseHint: 'Practice uses sample packs alone and stores nothing.',
};

/** A fault of the app's own: whatever is shown after it could be wrong, so nothing is. */
/** A screen whose file is not there yet. */
export const LATER = {
  opening: 'Opening…',
  advice: {
    what: 'This screen could not be loaded.',
    next: 'Connect to the network, then try again.',
    kept: 'You can go on verifying and recording.',
  },
  tryAgain: 'Try again',
};

export const STOPPED = {
  title: 'Packtrail has stopped',
  what: 'The app met a fault of its own, and stopped before it could show something wrong.',
  next: 'Open it again. If it stops again, use another way to verify packs and tell your administrator.',
  kept: 'Whatever this device had confirmed as recorded is still stored on it. If you were just recording, open the outbox and look whether it is there.',
  again: 'Open again',
  details: 'For your administrator',
};
