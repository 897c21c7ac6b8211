// Failures between this device and the ledger, each in the user's words.
import type { InviteState } from '../../app/app-model.ts';
import type { FlushState } from '../../app/outbox-model.ts';
import type { EnrolState } from '../../app/root-model.ts';
import type { SyncFailure } from '../../app/sync-model.ts';
import type { TrailState } from '../../app/trail-model.ts';
import { isHeldReason, type Rejection } from '../../domain/receipt.ts';
import { type Advice, DATA_KEPT, EVENTS_KEPT } from './advice.ts';

const REPORT = 'Tell your administrator: keep the evidence under This device, and do not clear the browser.';
const LATER = 'Nothing to do: it is tried again by itself. You can go on verifying and recording.';

export function syncFailureWords(why: SyncFailure): Advice {
  return { ...syncSentences(why), kept: DATA_KEPT };
}

function syncSentences(why: SyncFailure): Omit<Advice, 'kept'> {
  switch (why) {
    case 'offline':
      return { what: 'No network: no newer data could be loaded.', next: LATER };
    case 'timeout':
      return { what: 'The server did not answer in time.', next: LATER };
    case 'server':
      return { what: 'The server cannot answer at the moment.', next: LATER };
    case 'malformed':
      return { what: 'The server sent something that is not valid data; it was refused.', next: LATER };
    case 'bad-signature':
      return { what: 'The newest data is not signed as it must be; it was refused.', next: REPORT };
    case 'unknown-key':
      return {
        what: 'The newest data is signed by a key that this device does not know; it was refused.',
        next: REPORT,
      };
    case 'missing-witnesses':
      return {
        what: 'Too few witnesses have confirmed the newest state of the ledger, so it was not taken over.',
        next: 'Check live where it matters. It is tried again by itself; if it stays, tell your administrator.',
      };
    case 'missing-auditors':
      return {
        what: 'Too few auditors have rebuilt and confirmed the newest data, so it was not taken over.',
        next: 'Check live where it matters. It is tried again by itself; if it stays, tell your administrator.',
      };
    case 'voided':
      return {
        what: 'The newest data was withdrawn by its publisher; it is not used.',
        next: 'Check live until corrected data has been loaded.',
      };
    case 'rolled-back':
      return {
        what: 'The server offered data older than what this device has seen; it was refused.',
        next: REPORT,
      };
    case 'forked':
      return { what: 'The ledger showed two different histories; the new one was refused.', next: REPORT };
    case 'bad-proof':
      return {
        what: 'The newest data does not prove that it belongs to the ledger; it was refused.',
        next: REPORT,
      };
    case 'stale':
      return {
        what: 'The newest data is already out of date.',
        next: 'Check live where it matters. If it stays, tell your administrator.',
      };
    case 'wrong-hash':
      return {
        what: 'A part of the newest data was changed or damaged on the way; it was refused.',
        next: LATER,
      };
    case 'storage-full':
      return {
        what: 'The storage of this device is too full for the newest data.',
        next: 'Free some space on the device, then load again.',
      };
    case 'storage-failed':
      return {
        what: 'The storage of this device did not take the newest data.',
        next: 'Load again. If it stays, close the app and open it again.',
      };
    case 'not-enrolled':
      return {
        what: 'The server no longer knows this device.',
        next: 'Ask your administrator for a new enrolment link.',
      };
  }
}

export function trailFailureWords(why: Extract<TrailState, { kind: 'failed' }>['why']): Advice {
  if (why === 'offline')
    return {
      what: 'The journey is kept by the ledger, and there is no network.',
      next: 'Open it again when you are online.',
      kept: EVENTS_KEPT,
    };
  if (why === 'not-about-this-pack')
    return {
      what: 'The server answered with the journey of something else; it is not shown.',
      next: REPORT,
      kept: EVENTS_KEPT,
    };
  if (why === 'outside-scope')
    return {
      what: 'This device may not have the keys of this product, so it cannot check the journey.',
      next: 'Have the product added to what this device handles.',
      kept: EVENTS_KEPT,
    };
  if (why === 'bad-proof' || why === 'bad-signature' || why === 'malformed')
    return {
      what: 'The journey that the server sent does not match the ledger; it is not shown.',
      next: REPORT,
      kept: EVENTS_KEPT,
    };
  return { ...syncSentences(why), kept: EVENTS_KEPT };
}

export function flushWords(state: FlushState): Advice {
  switch (state.kind) {
    case 'idle':
      return { what: 'Events are sent by themselves when online.', next: '', kept: EVENTS_KEPT };
    case 'sending':
      return { what: 'Sending…', next: '', kept: EVENTS_KEPT };
    case 'elsewhere':
      return { what: 'Another tab of Packtrail is sending.', next: '', kept: EVENTS_KEPT };
    case 'offline':
      return { what: 'No network.', next: 'They are sent by themselves once online.', kept: EVENTS_KEPT };
    case 'failed':
      return { ...flushFailure(state.why), kept: EVENTS_KEPT };
  }
}

function flushFailure(why: Extract<FlushState, { kind: 'failed' }>['why']): Omit<Advice, 'kept'> {
  switch (why) {
    case 'server':
      return {
        what: 'The server cannot take events at the moment.',
        next: 'They are sent again by themselves.',
      };
    case 'malformed':
      return {
        what: 'The answer of the server could not be understood, so nothing counts as delivered.',
        next: 'They are sent again by themselves; the ledger never counts one twice.',
      };
    case 'proof':
      return {
        what: 'The server could not prove that the ledger holds the events, so they stay here.',
        next: REPORT,
      };
    case 'store':
      return {
        what: 'The storage of this device did not answer.',
        next: 'Free some space on the device, then send again.',
      };
    case 'not-enrolled':
      return {
        what: 'The server no longer knows this device.',
        next: 'Tell your administrator, and do not clear the browser: the events are here and nowhere else.',
      };
  }
}

/** Why the ledger refused an event; the pack's state did not change. */
export function rejectionWords(reason: Rejection): Advice {
  const [what, next] = rejectionSentences(reason);
  const kept = isHeldReason(reason)
    ? 'Nothing is lost: the ledger keeps the event.'
    : 'The event stays here until you have seen it.';
  return { what, next, kept };
}

function rejectionSentences(reason: Rejection): readonly [string, string] {
  const record = 'Scan the pack again and record it anew.';
  const ask = 'Tell your administrator.';
  const release =
    'Tell your administrator, who can release it: then it counts, and this notice goes by itself.';
  switch (reason) {
    case 'malformed':
      return ['Refused: the event could not be read.', record];
    case 'device-revoked':
      return ['Held back: this device has been shut out.', release];
    case 'wrong-market':
      return ['Refused: the event belongs to another market.', ask];
    case 'not-your-site':
      return ['Refused: the event names another site.', ask];
    case 'bad-signature':
      return ['Refused: the ledger knows no device that signed this.', record];
    case 'operation-not-allowed':
      return ['Refused: your site may not do this.', ask];
    case 'product-not-allowed':
      return ['Refused: this device may not act on this product.', ask];
    case 'broken-chain':
      return [
        'Held back: the ledger holds another event of this device in its place, as when a device was copied or restored.',
        release,
      ];
    case 'refused':
      return ['Refused by your administrator.', ask];
    case 'undo-of-opened':
      return ['Refused: an opened pack stays supplied.', 'Use what is left of it without checking it again.'];
    case 'unknown-undo-target':
      return ['Refused: what it undoes is not in the ledger.', record];
  }
}

export function enrolFailureWords(why: Extract<EnrolState, { kind: 'failed' }>['why']): Advice {
  const [what, next] = enrolSentences(why);
  return { what, next, kept: 'This device stays as it was, and nothing was lost.' };
}

function enrolSentences(why: Extract<EnrolState, { kind: 'failed' }>['why']): readonly [string, string] {
  switch (why) {
    case 'code-not-valid':
      return [
        'This link has been used or is too old.',
        'Links work once and only for minutes: ask for a new one.',
      ];
    case 'wrong-key':
      return [
        'The server does not hold the keys that the link names, so it was not trusted.',
        'Ask for a new link from someone you know, in person. If it happens again, tell your administrator.',
      ];
    case 'offline':
      return ['Enrolling needs a network.', 'Connect and try again.'];
    case 'server':
      return ['The server cannot enrol devices at the moment.', 'Try again in a minute.'];
    case 'unsupported':
      return [
        'This browser cannot make the key that enrolling needs.',
        'Update the browser, or use a current Chrome, Edge, Firefox or Safari.',
      ];
    case 'storage-full':
      return ['The storage of this device is full.', 'Free some space, then try again.'];
    case 'storage-failed':
      return [
        'The browser did not store the enrolment.',
        'Leave private browsing, or allow this site to store data. Then try again.',
      ];
  }
}

export function inviteFailureWords(why: Extract<InviteState, { kind: 'failed' }>['why']): Advice {
  const kept = 'This device stays enrolled.';
  switch (why) {
    case 'offline':
      return { what: 'Inviting another device needs a network.', next: 'Connect and try again.', kept };
    case 'server':
      return {
        what: 'The server cannot invite devices at the moment.',
        next: 'Try again in a minute.',
        kept,
      };
  }
}
