// Words of the screens behind the first one: outbox, journey, this device, enrolment.

import type { AppMode } from '../../app/app-model.ts';
import type { OutboxItem } from '../../app/outbox-model.ts';
import type { MissingCosigners } from '../../app/sync-model.ts';
import { isHeldReason } from '../../domain/receipt.ts';
import { amount, bytes, moment, timeLeft } from './formats.ts';

export const OUTBOX = {
  title: 'Outbox',
  intro: 'What was recorded here and is not yet proven to be in the ledger.',
  refused:
    'Everything recorded here has been sent. What follows the ledger did not apply, or raised an alert on: look at each, and confirm.',
  empty: 'Everything recorded on this device is in the ledger.',
  send: 'Send now',
  sending: 'Sending…',
  seen: 'I have seen this',
  packs: (count: number) => (count === 1 ? 'one pack' : `${amount(count)} packs`),
  recordedAt: (ms: number, nowMs: number) => `Recorded ${moment(ms, nowMs)} by this device's clock`,
  inLedger: (mode: AppMode['kind']) => `Proven to be in the ${mode === 'practice' ? 'practice ' : ''}ledger`,
  number: (sequence: number) => `No. ${sequence}`,
  progress: (progress: OutboxItem['progress']): string => {
    switch (progress.kind) {
      case 'waiting':
        return 'Waiting to be sent';
      case 'proving':
        return `Sent: waiting for the ledger's proof (place ${amount(progress.index)})`;
      case 'conflict':
        return 'In the ledger, but not applied';
      case 'locked':
        return 'In the ledger, which has locked the pack';
      case 'unchanged':
        return 'In the ledger, where an earlier record of this site stands';
      case 'repeated':
        return 'In the ledger, where this site had recorded it already';
      case 'alerted':
        return 'In the ledger, and an alert was raised';
      case 'rejected':
        return isHeldReason(progress.reason) ? 'Held back by the ledger' : 'Refused by the ledger';
    }
  },
};

export const DEVICE = {
  title: 'This device',
  modeTitle: 'Where it belongs',
  practice:
    'Practice: sample packs that live in this browser alone. Nothing reaches a ledger or a national system.',
  leaveTitle: 'Leave practice',
  leave:
    'Open the enrolment link that your administrator gives you (the server prints one when it starts), or scan the code that an enrolled device shows under "Add another device". Both work once and only for minutes.',
  market: 'Market',
  site: 'Site',
  role: 'Role',
  national: 'National system',
  noNational: 'None connected - not a legal verification',
  dataTitle: 'Data on this device',
  published: 'Published',
  validUntil: 'Vouches until',
  packsHeld: 'Packs',
  logSize: 'Entries in the ledger',
  manifest: 'Snapshot',
  cosigners: 'Must be confirmed by',
  nobody: "Nobody: the ledger's own signature is enough",
  demand: (who: MissingCosigners['who'], need: number, of: number) =>
    `${amount(need)} of ${amount(of)} ${who === 'auditor' ? 'auditors' : 'witnesses'}`,
  missing: ({ log, who, have, need, names }: MissingCosigners) =>
    `${log === 'ledger' ? 'Ledger' : 'Snapshot log'}: ${amount(have)} of ${amount(need)} ${who === 'auditor' ? 'auditors' : 'witnesses'} have confirmed it. Missing: ${names.join(', ')}.`,
  sync: 'Load the newest data',
  syncChecking: 'Looking for newer data…',
  syncLoading: (done: number, total: number, msLeft: number | undefined) =>
    `Loading ${bytes(done)} of ${bytes(total)}${msLeft === undefined ? '' : `, ${timeLeft(msLeft)}`}`,
  scope: 'Products',
  scopeOf: (scope: readonly string[] | null) => {
    if (scope === null) return 'Everything';
    return scope.length === 1 ? 'One product' : `${amount(scope.length)} products`;
  },
  bytesHeld: 'Takes',
  chooseScope: 'Choose products',
  storageTitle: 'Storage',
  persisted: 'The browser has promised to keep what is stored here.',
  notPersisted:
    'The browser may clear what is stored here when space runs out. Install the app (browser menu, "Install" or "Add to home screen") and send what is unsent.',
  evidenceTitle: 'The ledger showed two histories',
  evidenceText:
    'This device keeps both signed heads as evidence. Save them and give them to your administrator or the authority.',
  evidenceItem: (log: string, ms: number, nowMs: number) =>
    `${log === 'ledger' ? 'Ledger' : 'Snapshot log'}, found ${moment(ms, nowMs)}`,
  evidenceSeen: 'Seen before',
  evidenceOffered: 'Offered later',
  evidenceSave: 'Save the evidence',
  inviteTitle: 'Add another device',
  inviteIntro: 'Shows a code that enrols one more device at this site. It works once and only for minutes.',
  invite: 'Add another device',
  inviteLoading: 'Asking for a code…',
  inviteScan: "Scan this with the other device's camera app.",
  inviteQr: 'QR code of the enrolment link',
  inviteUntil: (ms: number) => `Works once, until ${moment(ms, ms)}.`,
  inviteOver: 'This code is too old. Make a new one.',
  inviteCopy: 'Copy the link',
  inviteCopied: 'Copied',
  inviteNotCopied: 'This browser did not copy it. The link is:',
  inviteClose: 'Done',
  scannersTitle: 'Handheld scanners',
  scanners: 'For a scanner whose codes arrive garbled: scan one code, and Packtrail puts them right.',
  setUpScanner: 'Set up a scanner',
  moreTitle: 'More',
  shelf: 'Demo shelf: packs drawn with their codes',
  threats: 'Threat model: who could do what, and what stops them',
  notices: 'Third-party notices',
  tryAgain: 'Try again',
};
