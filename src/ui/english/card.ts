// What stands on the verdict card beside the verdict: how certain it is, what the ledger says, and what can be done.
import type { AppMode } from '../../app/app-model.ts';
import type { ClockSkew } from '../../app/ports.ts';
import type { LedgerOpinion } from '../../app/scan-model.ts';
import type { ConflictStep } from '../../domain/market.ts';
import type { Judgment } from '../../domain/verdict.ts';
import type { Advice } from './advice.ts';
import { amount, dated, duration, moment } from './formats.ts';
import { type VerdictWords, verdictWords } from './verdicts.ts';

export function certaintyWords(
  { verdict, certainty, asOfMs, fromOutbox }: Judgment,
  nowMs: number,
  mode: AppMode['kind'],
): string {
  const time = asOfMs === undefined ? undefined : moment(asOfMs, nowMs);
  switch (certainty) {
    case 'on-this-device': {
      if (fromOutbox === 'event') return 'On this device, provisional: by its own record';
      if (fromOutbox === 'receipt') return "On this device, provisional: by the ledger's last answer to it";
      if (time === undefined) return 'On this device, provisional: no data held';
      const isFound = verdict.kind !== 'not-in-data' && verdict.kind !== 'cannot-tell';
      return `On this device, provisional: ${isFound ? 'in the' : 'the'} data of ${time}`;
    }
    case 'in-ledger':
      return `In ${mode === 'practice' ? 'the practice' : "Packtrail's"} ledger${time === undefined ? '' : `, asked ${time}`}`;
    case 'confirmed-upstream':
      return `Confirmed by the national system${time === undefined ? '' : `, ${time}`}`;
  }
}

/** Undefined once the national system itself has answered. */
export function legalWords(
  certainty: Judgment['certainty'],
  nationalSystem: string | undefined,
): string | undefined {
  if (nationalSystem === undefined) return 'Not a legal verification';
  return certainty === 'confirmed-upstream' ? undefined : `Not yet confirmed by ${nationalSystem}`;
}

export function opinionWords(opinion: LedgerOpinion, nowMs: number): string {
  switch (opinion.kind) {
    case 'asking':
      return 'Checking live…';
    case 'offline':
      return 'Offline: not checked live';
    case 'no-answer':
      return 'The ledger did not answer: not checked live';
    case 'agrees':
      return `Ledger agrees: ${verdictWords(opinion.judgment, nowMs).word}`;
    case 'disagrees':
      return `LEDGER DISAGREES: ${verdictWords(opinion.judgment, nowMs).word}`;
  }
}

/** Findings first, accusations never: nearly every conflict is a mistake of somebody's own. */
export function conflictStepWords(step: ConflictStep): string {
  switch (step) {
    case 'check-own-history':
      return 'Look at what this site itself did with the pack: a second scan is the usual cause.';
    case 'try-undo':
      return 'If the pack never left, undo what was recorded here by mistake.';
    case 'quarantine':
      return 'If nothing explains it, put the pack into quarantine.';
    case 'inform-authority':
      return 'On suspicion do not supply it, and inform the authority at once.';
  }
}

export const CARD = {
  noName: 'Product name not held on this device',
  photoPacks: (packs: number) =>
    `The photo shows the codes of ${amount(packs)} packs. Only the one nearest to its middle was checked.`,
  listPhoto: (packs: number) => `Make a list of all ${amount(packs)}`,
  labels: { gtin: 'GTIN', ppn: 'PPN', pzn: 'PZN', serial: 'Serial', batch: 'Batch', expiry: 'Expiry' },
  entryMode: { scanned: 'Scanned', typed: 'Typed by hand', file: 'From a file' },
  /** Before a suspicion of the pack comes one of the reading. */
  misread: ({ what, next }: Advice) => ({
    word: 'Read it again',
    meaning: what,
    todo: `${next} If this stays, do not supply the pack: put it aside and inform the authority.`,
  }),
  asRead: ({ word, meaning }: VerdictWords) => `As it was read: ${word}. ${meaning} Nothing was recorded.`,
  checkLive: 'Check live',
  before: (word: string, certainty: string) => `Before: ${word}. ${certainty}`,
  contested: (past: string, ms: number, nowMs: number) =>
    `${past} on this device, ${moment(ms, nowMs)}: not applied.`,
  alert: (code: string) => `The European system calls this alert ${code}.`,
  deviceSaid: (word: string) => `This device's data said: ${word}.`,
  liveAnswer: 'Answered live: this device had no data on the pack.',
  journey: 'Journey',
  aboutCode: 'About this code',
  sealIntactSupply: 'Seal intact - supply',
  sealIntactInspect: 'Record spot-check - seal intact',
  sealBroken: 'Seal broken',
  sealBrokenInspect: 'Record spot-check - seal broken',
  returned: 'Returned pack - verified live',
  returnedParked: 'Returned pack - park it, verify live before restocking',
  despite: 'Supply despite missing data',
  openedSupply: 'Supply at first opening',
  more: 'More',
  moreTitle: 'Record something else',
  reference: 'Prescription or delivery reference (optional)',
  referenceHint: 'Goes into what you record on this pack next. It never enters the public log.',
  referenceGiven: (text: string) => `Reference: ${text}`,
  next: 'Next pack',
  nextHint: 'or just scan the next one',
  undo: 'Undo',
  cancel: 'Cancel',
  close: 'Close',
  recording: 'Recording…',
  broken: {
    title: 'Put this pack into quarantine?',
    text: 'A broken seal means: do not supply. The pack is locked, and the event says that its seal was broken. Keep the pack apart and inform the authority.',
    confirm: 'Seal broken - quarantine',
  },
  brokenNoLock: {
    title: 'Do not supply this pack',
    text: 'A broken seal means: do not supply. Your role cannot lock this pack here; put it aside and inform the authority.',
  },
  destroy: {
    title: 'Record this pack as destroyed?',
    text: 'This cannot be undone. Record it only when the pack is destroyed or handed over for destruction.',
    confirm: 'Record as destroyed',
  },
  opened: {
    title: 'Supply this pack at its first opening?',
    text: 'The pack counts as supplied from now on, whatever is left in it, and this cannot be undone. What is left is never checked again.',
    confirm: 'Opened - supply',
  },
  unlock: {
    title: 'Release this pack from quarantine?',
    text: 'It becomes active again, for everyone. Release it only when the cause is known and the pack is in order.',
    confirm: 'Release',
  },
  stolen: {
    title: 'Report this pack as stolen?',
    text: 'This cannot be undone. Nobody will be able to supply the pack.',
    confirm: 'Report as stolen',
  },
  technical: {
    title: 'Supply without a verification?',
    text: 'Only a technical problem allows this (Delegated Regulation (EU) 2016/161, Art. 29): supply the pack, and it is verified and recorded as soon as the problem is solved. Packtrail keeps the code and sends it then.',
    check: 'A technical problem keeps me from verifying this pack',
    seal: 'I have looked at the seal: it is intact',
    confirm: 'Supply - technical problem',
  },
  undoQuestion: {
    title: 'Has the pack left your control?',
    text: 'Handed to a patient, given away or shipped: only a pack that never left can become active again (Delegated Regulation (EU) 2016/161, Art. 13).',
    no: 'No, it never left - undo',
    yes: 'Yes, it has left',
    offline: (nowMs: number, skew: ClockSkew | undefined) =>
      `No network: this device goes by its own clock, ${dated(nowMs)}${offBy(skew)}. Whether the undo came in time, the ledger decides by its own.`,
  },
};

function offBy(skew: ClockSkew | undefined): string {
  if (!skew || Math.abs(skew.aheadMs) <= skew.uncertainMs) return '';
  const { aheadMs } = skew;
  return `, set right by the ${duration(Math.abs(aheadMs))} that it was found ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
