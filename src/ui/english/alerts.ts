// Words of alerts: what each kind means to whoever meets it, how a case stands, and what can be done about it.
import type { SyncFailure } from '../../app/sync-model.ts';
import type { AlertKind } from '../../domain/alerts/alert.ts';
import type { AlertLine, AlertStepLine } from '../../domain/alerts/alert-wire.ts';
import type {
  AlertState,
  CloseReason,
  Finding,
  Standing,
  StepRefusal,
} from '../../domain/alerts/workflow.ts';
import type { Advice } from './advice.ts';
import { age, amount, day, moment } from './formats.ts';
import { syncFailureWords } from './network.ts';
import { operationWords, roleWords, stateWords } from './operations.ts';

export const ALERTS = {
  title: 'Alerts',
  intro:
    'What the ledger could not square with what it holds. Nearly every alert has an everyday cause: look for it first.',
  practice: 'Practice raises no alerts.',
  open: 'Open',
  closed: 'Closed',
  lists: 'Which alerts',
  none: { open: 'No alert is open.', closed: 'No alert has been closed.' },
  loading: 'Asking for the alerts…',
  refresh: 'Ask again',
  more: 'Show more',
  asOf: (ms: number, nowMs: number) => `As the server said at ${moment(ms, nowMs)}.`,
  raised: (ms: number, nowMs: number) => `Raised ${moment(ms, nowMs)}, ${age(ms, nowMs)}`,
  goTo: 'Open this alert',
  onPack: 'It stays here until its cause is known and the alert is closed.',
  onCard: (kind: AlertKind) => ({
    word: 'Alert open',
    meaning: 'Nothing else speaks against this pack, but an alert is open on it. Do not hand it on.',
    todo: kindWords(kind),
  }),
  failure: (why: SyncFailure): Advice => ({
    what:
      why === 'offline' || why === 'timeout'
        ? 'No network: alerts are worked through online alone.'
        : syncFailureWords(why).what,
    next: 'What is shown is what the server last said. Keep the packs concerned aside meanwhile.',
    kept: 'Nothing that was recorded is lost.',
  }),
  kind: kindWords,
  raisedAs: (kind: AlertKind, id: string) => `Alert ${id}. ${kindWords(kind)}`,
  state: stateOfCase,
  what: whatHappened,
  id: 'Alert',
  product: 'Product',
  keptUntil: (iso: string) => `Kept until at least ${day(iso)}.`,
  place: 'Place in the ledger',
  whatTitle: 'What happened',
  todoTitle: 'What to do',
  copied:
    'Do not supply the pack. Put it aside, and inform the authority at once: one of the two packs may be a copy.',
  findingsTitle: 'Findings',
  party: partyWords,
  ownAct: (past: string, ms: number, nowMs: number, user: string) =>
    `This site: ${past.toLowerCase()}, ${moment(ms, nowMs)}, by ${user}`,
  otherAct: 'Another location. Who and when are known to the authority alone.',
  namedAct: (organisation: string, site: string, role: string, past: string, ms: number, nowMs: number) =>
    `${site.startsWith(organisation) ? site : `${organisation}, ${site}`} (${role.toLowerCase()}): ${past.toLowerCase()}, ${moment(ms, nowMs)}`,
  apart: (km: number) => `The two sites are about ${amount(km)} km apart.`,
  finding: findingWords,
  historyTitle: 'Steps so far',
  noSteps: 'Nobody has worked on it yet.',
  step: stepWords,
  by: (who: string, user: string | null, ms: number, nowMs: number) =>
    `${who}${user === null ? '' : `, ${user}`}, ${moment(ms, nowMs)}`,
  withheld: 'What was written there is known to the authority alone.',
  role: roleWords,
  actTitle: 'Next step',
  findingLabel: 'What did this site find?',
  stateFinding: 'State this finding',
  note: 'Note, up to 500 characters',
  noteNeeded: 'Write down why.',
  investigate: 'Take it up',
  reopen: 'Take it up again',
  escalate: 'Pass it on to the authority',
  escalateHint: 'On suspicion, or where nothing here explains it. Say why.',
  closeTitle: 'Close it',
  closeLabel: 'Why is it closed?',
  close: 'Close this alert',
  closeNot: 'A site closes an alert when it has stated that the cause lies with it. Otherwise pass it on.',
  closeNotHere: 'Only the authority can close this one.',
  reason: reasonWords,
  reasonHint: reasonHints,
  refused: refusedWords,
  sending: 'Recording the step…',
  notSent: (why: SyncFailure): Advice => ({
    what: `The step may not have been recorded. ${syncFailureWords(why).what}`,
    next: 'Take the same step again when there is a network: it counts once.',
    kept: 'The alert stays as it was.',
  }),
  journey: "The pack's journey",
};

/** Code and words, for lists and headings. */
function kindWords(kind: AlertKind): string {
  switch (kind) {
    case 'A2':
      return 'A2: batch not known';
    case 'A3':
      return 'A3: serial not known';
    case 'A7':
      return 'A7: already in that state';
    case 'A24':
      return 'A24: pack not active';
    case 'A52':
      return 'A52: another expiry date';
    case 'A68':
      return 'A68: another batch';
    case 'copied-serial':
      return 'Copied serial: seen in two places';
  }
}

function stateOfCase(state: AlertState): string {
  switch (state) {
    case 'new':
      return 'New';
    case 'under-investigation':
      return 'Under investigation';
    case 'escalated':
      return 'Passed on';
    case 'closed':
      return 'Closed';
  }
}

function whatHappened({ cause, operation, packState, standing }: AlertLine): string {
  const who = standing === 'attempt' ? 'This site' : 'A site';
  const act = operationWords(operation).act.toLowerCase();
  const state = packState === null ? 'not known' : stateWords(packState).toLowerCase();
  switch (cause) {
    case 'repeat':
      return `${who} recorded “${act}” on the pack again, more often or later than a double scan explains.`;
    case 'seen-elsewhere':
      return `${who} had the pack in hand (“${act}”) within hours of another site, and nothing says that it travelled.`;
    case 'unknown-pack':
    case 'unknown-batch':
    case 'batch-mismatch':
    case 'expiry-mismatch':
      return `${who} tried “${act}” with data that the maker did not register so. A misread or mistyped code is the usual cause.`;
    default:
      return `${who} tried “${act}”, and the pack was: ${state}.`;
  }
}

function partyWords(standing: Standing, own: Standing, isNamed: boolean): string {
  if (standing === own) return 'This site';
  switch (standing) {
    case 'attempt':
      return isNamed ? 'The site that tried' : 'Another location';
    case 'earlier':
      return isNamed ? 'The site that was first' : 'Another location';
    case 'inspector':
      return 'Inspector';
    case 'authority':
      return 'Authority';
    case 'operator':
      return "The system's operator";
  }
}

function findingWords(finding: Finding): string {
  switch (finding) {
    case 'pending':
      return 'Not stated yet';
    case 'no-root-cause':
      return 'No cause on our side';
    case 'root-cause':
      return 'The cause lies with us';
  }
}

function reasonWords(reason: CloseReason): string {
  switch (reason) {
    case 'technical-error':
      return 'Technical error';
    case 'process-error':
      return 'Handling error';
    case 'data-error':
      return 'Wrong data in the ledger';
    case 'other':
      return 'Another reason';
    case 'falsification':
      return 'Falsification';
  }
}

function reasonHints(reason: CloseReason): string {
  switch (reason) {
    case 'technical-error':
      return 'The scanner, the keyboard or the software made it.';
    case 'process-error':
      return 'Scanned twice, typed wrongly, lent, or recorded as something else.';
    case 'data-error':
      return 'The maker has not uploaded the pack, or not as it is printed.';
    case 'other':
      return 'Write it into the note.';
    case 'falsification':
      return 'The pack is not what it claims to be.';
  }
}

function stepWords({ kind, finding, reason }: AlertStepLine): string {
  switch (kind) {
    case 'finding':
      return `Finding: ${findingWords(finding ?? 'pending').toLowerCase()}`;
    case 'investigate':
      return 'Taken up';
    case 'escalate':
      return 'Passed on to the authority';
    case 'close':
      return `Closed: ${reasonWords(reason ?? 'other')}`;
  }
}

function refusedWords(refused: StepRefusal): string {
  switch (refused) {
    case 'closed':
      return 'Not recorded: the alert has been closed.';
    case 'no-change':
      return 'Not recorded: it stands so already.';
    case 'not-a-party':
      return 'Not recorded: only the sites concerned state findings.';
    case 'authority-only':
      return 'Not recorded: this step is for the authority.';
    case 'cause-not-found':
      return 'Not recorded: state first that the cause lies with this site.';
    case 'note-missing':
      return 'Not recorded: write down the reason.';
    case 'stale':
      return 'Not recorded: somebody else has taken a step meanwhile. Read it, then decide again.';
  }
}
