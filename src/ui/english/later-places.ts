// Words of screens that come when they are first opened: the journey of a pack, enrolment, and
// what the outbox and this device say beyond their first words.
import type { MissingEvents } from '../../app/outbox-model.ts';
import type { ClockSkew } from '../../app/ports.ts';
import type { TrailStepView } from '../../app/trail-model.ts';
import type { Advice } from './advice.ts';
import { amount, duration, moment } from './formats.ts';

export const JOURNEY = {
  title: 'Journey',
  loading: 'Asking the ledger…',
  empty: 'The ledger holds no step for this pack.',
  own: 'This site',
  withheldWhere: 'Another location',
  withheld: 'Another location: who and when are known to the authority alone.',
  at: (organisation: string, site: string) =>
    site.startsWith(organisation) ? site : `${organisation}, ${site}`,
  noTime: 'time withheld',
  by: (user: string) => `by ${user}`,
  inContainer: (sscc: string) => `in container ${sscc}`,
  undoHint: 'Another device of this site recorded it. If the pack never left, it can be undone here.',
  evidence: 'Evidence',
  evidenceIntro: (logSize: number) =>
    `Each step was checked on this device against the signed state of the ledger at ${amount(logSize)} entries.`,
  place: (index: number) => `Place ${amount(index)} in the ledger`,
  proven: (evidence: TrailStepView['evidence']): string =>
    evidence === 'proven'
      ? 'Content and place proven on this device'
      : 'Place proven on this device; content withheld',
  checkpoint: 'Signed checkpoint',
  save: 'Save the checkpoint',
  saveProof: (index: number) => `Save the proof of place ${amount(index)}`,
};

export const ENROL = {
  title: 'Enrol this device',
  intro:
    'The link you opened makes this device part of a site. It can then record events in the name of that site.',
  consequence: 'Only go on if the link comes from your own administrator or server.',
  leavesPractice: 'Practice ends; its sample packs are set aside.',
  already: (site: string) => `This device already belongs to ${site}. Enrolling again gives it a new key.`,
  unsent: (count: number) =>
    count === 1
      ? 'One event is still unsent. It stays in the outbox under its former key and is still sent.'
      : `${amount(count)} events are still unsent. They stay in the outbox under their former key and are still sent.`,
  outbox: 'Open the outbox',
  act: 'Enrol this device',
  working: 'Making a key and asking the ledger…',
  tryAgain: 'Try again',
  notNow: 'Not now',
  done: 'This device is enrolled.',
  doneAt: (site: string) => `It now belongs to ${site}.`,
  go: 'Start checking packs',
  noLink: 'The enrolment link is no longer here. Open the link again, or ask for a new one.',
};

/** What the outbox says beyond the first screen's words. */
export const OUTBOX_MORE = {
  waitingFor: (ms: number, nowMs: number) =>
    `Waiting for ${nowMs - ms < 60_000 ? 'less than a minute' : duration(nowMs - ms)}`,
  leftAlone: (untilMs: number, nowMs: number) =>
    `The ledger asked to be left alone until ${moment(untilMs, nowMs)}. Nothing is sent before.`,
  contested: 'Where another act came first, do this with the pack, in this order:',
  former: 'Under the former enrolment of this device',
  more: (count: number) => `Show ${amount(count)} more`,
  damaged: (count: number): Advice => ({
    what: `${count === 1 ? 'One event' : `${amount(count)} events`} recorded here can no longer be read: the storage is damaged.`,
    next: 'Tell your administrator. If a saved file of this outbox exists, hand that in. The other events are sent all the same.',
    kept: 'What is left of it stays here until you confirm.',
  }),
  askAgain: 'Ask whether it is released',
  save: 'Save to a file',
  saveHint: (address: string) =>
    `Where this device stays without a network, save what waits, and hand the file in on a computer that has one: at ${address}, or through your administrator. Nothing leaves the outbox by it.`,
  saveFailed: 'The file could not be made.',
  missing: ({ known, held }: MissingEvents): Advice => ({
    what: `The ledger holds events 1 to ${amount(held)} of this device, but this copy knows ${known === 0 ? 'none of them' : `only 1 to ${amount(known)}`}: its storage was lost or put back from an older copy.`,
    next: 'What was recorded after and not sent is not here. Ask your administrator for a new enrolment link and open it; until then the ledger keeps what you record for the administrator to release.',
    kept: 'What the ledger holds is safe.',
  }),
};

export const DEVICE_MORE = {
  clock: "This device's clock",
  clockSkew: (skew: ClockSkew | undefined) => (skew ? skewWords(skew) : 'Not compared with the server yet'),
  former: 'Enrolled before',
  formerHeld: (sequence: number) =>
    sequence === 0
      ? 'The ledger holds no event of the former enrolment.'
      : `The ledger holds events 1 to ${amount(sequence)} of the former enrolment. What was recorded after and is not in the outbox is not here.`,
};

function skewWords({ aheadMs, uncertainMs }: ClockSkew): string {
  if (Math.abs(aheadMs) <= uncertainMs + 1_000) return "Agrees with the server's";
  return `${duration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} the server's`;
}
