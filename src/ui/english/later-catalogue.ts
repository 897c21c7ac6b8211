// The rest of the English catalogue: what no first screen says, so that it comes with the screens that say it.
import { ALERTS } from './alerts.ts';
import { CARD, certaintyWords, conflictStepWords, legalWords, opinionWords } from './card.ts';
import { causeWords } from './causes.ts';
import { conflictWords, refusedMeaning, saidWords } from './conflicts.ts';
import { cameraWords, photoWords, recordFailureWords, scanFailureWords } from './failures.ts';
import { GUIDE } from './guide.ts';
import { DEVICE_MORE, ENROL, JOURNEY, OUTBOX_MORE } from './later-places.ts';
import { LIST, NO_CHECK, OUTAGE } from './lists.ts';
import {
  enrolFailureWords,
  flushWords,
  inviteFailureWords,
  rejectionWords,
  syncFailureWords,
  trailFailureWords,
} from './network.ts';
import { noteWords } from './notes.ts';
import { DEVICE, OUTBOX } from './places.ts';
import { problemWords } from './problems.ts';
import { SCOPE } from './scope.ts';

export const ENGLISH_LATER = {
  alerts: ALERTS,
  card: CARD,
  certainty: certaintyWords,
  legal: legalWords,
  opinion: opinionWords,
  cause: causeWords,
  list: LIST,
  outage: OUTAGE,
  noCheck: NO_CHECK,
  conflict: conflictWords,
  said: saidWords,
  refusedMeaning,
  conflictStep: conflictStepWords,
  note: noteWords,
  problem: problemWords,
  scanFailure: scanFailureWords,
  camera: cameraWords,
  photo: photoWords,
  recordFailure: recordFailureWords,
  journey: JOURNEY,
  enrol: ENROL,
  scope: SCOPE,
  rejection: rejectionWords,
  flush: flushWords,
  syncFailure: syncFailureWords,
  trailFailure: trailFailureWords,
  enrolFailure: enrolFailureWords,
  inviteFailure: inviteFailureWords,
  outbox: { ...OUTBOX, ...OUTBOX_MORE },
  device: { ...DEVICE, ...DEVICE_MORE },
  guide: GUIDE,
};
