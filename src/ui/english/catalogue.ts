// English. One object, a function for each code that a screen may have to put into words.
import { age, amount, bytes, clock, day, expiry, moment, timeLeft } from './formats.ts';
import {
  enrolFailureWords,
  flushWords,
  inviteFailureWords,
  rejectionWords,
  syncFailureWords,
  trailFailureWords,
} from './network.ts';
import { operationWords, recordedWords, refusedWords, roleWords, stateWords } from './operations.ts';
import { DEVICE, OUTBOX } from './places.ts';
import { HOME, NOTICES, SCAN, STATUS, TYPED } from './screens.ts';
import { LATER, START, STOPPED, startFailureWords } from './start.ts';
import { verdictWords } from './verdicts.ts';

export const ENGLISH = {
  format: { age, amount, bytes, clock, day, expiry, moment, timeLeft },
  verdict: verdictWords,
  operation: operationWords,
  recorded: recordedWords,
  refused: refusedWords,
  state: stateWords,
  role: roleWords,
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
  device: DEVICE,
  later: LATER,
  start: START,
  stopped: STOPPED,
};
