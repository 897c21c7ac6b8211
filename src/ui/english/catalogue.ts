// English. One object, a function for each code that a screen may have to put into words.
import { age, amount, bytes, clock, day, expiry, moment, productCode, timeLeft } from './formats.ts';
import { operationWords, recordedWords, refusedWord, roleWords, stateWords } from './operations.ts';
import { HOME, NOTICES, SCAN, STATUS, TYPED } from './screens.ts';
import { LATER, START, STOPPED, startFailureWords } from './start.ts';
import { verdictWords } from './verdicts.ts';

export const ENGLISH = {
  format: { age, amount, bytes, clock, day, expiry, moment, productCode, timeLeft },
  verdict: verdictWords,
  operation: operationWords,
  recorded: recordedWords,
  refused: refusedWord,
  state: stateWords,
  role: roleWords,
  startFailure: startFailureWords,
  home: HOME,
  scan: SCAN,
  typed: TYPED,
  status: STATUS,
  notices: NOTICES,
  later: LATER,
  start: START,
  stopped: STOPPED,
};
