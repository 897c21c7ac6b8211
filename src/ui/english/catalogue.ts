// English. One object, a function for each code that a screen may have to put into words.
import { cameraWords, photoWords, recordFailureWords, scanFailureWords } from './failures.ts';
import { age, amount, bytes, clock, day, expiry, moment } from './formats.ts';
import {
  enrolFailureWords,
  flushWords,
  inviteFailureWords,
  rejectionWords,
  syncFailureWords,
  trailFailureWords,
} from './network.ts';
import { noteWords } from './notes.ts';
import {
  conflictWords,
  operationWords,
  recordedWords,
  refusedWords,
  roleWords,
  stateWords,
} from './operations.ts';
import { DEVICE, ENROL, JOURNEY, OUTBOX } from './places.ts';
import { problemWords } from './problems.ts';
import { HOME, NOTICES, SCAN, STATUS, TYPED } from './screens.ts';
import { LATER, START, STOPPED, startFailureWords } from './start.ts';
import { CARD, certaintyWords, legalWords, opinionWords, verdictWords } from './verdicts.ts';

export const ENGLISH = {
  format: { age, amount, bytes, clock, day, expiry, moment },
  verdict: verdictWords,
  certainty: certaintyWords,
  legal: legalWords,
  opinion: opinionWords,
  card: CARD,
  note: noteWords,
  operation: operationWords,
  recorded: recordedWords,
  refused: refusedWords,
  state: stateWords,
  role: roleWords,
  conflict: conflictWords,
  problem: problemWords,
  scanFailure: scanFailureWords,
  camera: cameraWords,
  photo: photoWords,
  recordFailure: recordFailureWords,
  rejection: rejectionWords,
  flush: flushWords,
  syncFailure: syncFailureWords,
  trailFailure: trailFailureWords,
  startFailure: startFailureWords,
  enrolFailure: enrolFailureWords,
  inviteFailure: inviteFailureWords,
  home: HOME,
  scan: SCAN,
  typed: TYPED,
  status: STATUS,
  notices: NOTICES,
  outbox: OUTBOX,
  journey: JOURNEY,
  device: DEVICE,
  enrol: ENROL,
  later: LATER,
  start: START,
  stopped: STOPPED,
};
