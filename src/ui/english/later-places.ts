// Words of screens that come when they are first opened: the journey of a pack, enrolment.
import type { TrailStepView } from '../../app/trail-model.ts';
import { amount } from './formats.ts';

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
      ? 'One event is still unsent. Send it first: the new key starts a new chain of events.'
      : `${amount(count)} events are still unsent. Send them first: the new key starts a new chain of events.`,
  outbox: 'Open the outbox',
  stranded: {
    what: 'Events that were recorded here are still unsent, under an enrolment that cannot be opened.',
    next: 'Keep this device and its browser as they are, tell your administrator, and enrol another device.',
    kept: 'Nothing was lost: the events are still stored here.',
  },
  act: 'Enrol this device',
  working: 'Making a key and asking the ledger…',
  tryAgain: 'Try again',
  notNow: 'Not now',
  done: 'This device is enrolled.',
  doneAt: (site: string) => `It now belongs to ${site}.`,
  go: 'Start checking packs',
  noLink: 'The enrolment link is no longer here. Open the link again, or ask for a new one.',
};
