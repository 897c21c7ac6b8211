// Words of the screens on which more than one pack is dealt with: a list, an outage, packs that need no check.
import type { Outage } from '../../app/outage-model.ts';
import type { PalletState } from '../../app/pallet-model.ts';
import { amount, moment } from './formats.ts';

function containerWords(count: number): string {
  return count === 1 ? '1 pallet or box' : `${amount(count)} pallets or boxes`;
}

function listedWords(packs: number, containers: number): string {
  const on = `${amount(packs)} ${packs === 1 ? 'pack' : 'packs'}`;
  const named = [
    ...(packs > 0 || containers === 0 ? [on] : []),
    ...(containers > 0 ? [containerWords(containers)] : []),
  ];
  return named.join(' and ');
}

export const LIST = {
  title: 'List of packs',
  intro: 'Scan pack after pack; then record one act on all of them. Each pack is judged by itself.',
  camera: 'Scan with the camera',
  scanTitle: 'Point the camera at the packs',
  show: (packs: number) => `Show list: ${amount(packs)} ${packs === 1 ? 'pack' : 'packs'}`,
  count: (packs: number, max: number) => `${amount(packs)} of ${amount(max)} packs`,
  last: (last: Extract<PalletState, { kind: 'open' }>['last']): string => {
    switch (last) {
      case 'added':
        return 'Added to the list.';
      case 'repeat':
        return 'Already on the list: counted once.';
      case 'full':
        return 'The list is full. Record it, then start another.';
      case 'container':
        return 'The pallet or box is on the list: record it as received.';
      case undefined:
        return '';
    }
  },
  passedOver: (what: string) => `Not listed. ${what}`,
  takenOff: 'Taken off the list. To list it again, move it out of the picture first, or scan it by hand.',
  twins: (serial: string) => `Serial ${serial} is on two packs here: one may be a copy. Put both aside.`,
  twin: 'Seen on two packs at once, counted once. No two packs share a serial: one may be a copy. Compare both before you record anything.',
  seal: 'Seals of all packs',
  seals: { intact: 'Looked at: intact', 'not-checked': 'Not looked at' },
  sealHint: 'A pack with a broken seal does not belong on the list: remove it, and scan it by itself.',
  act: (act: string, packs: number, all: number, containers: number) => {
    const of = packs === all ? `all ${amount(all)}` : `${amount(packs)} of ${amount(all)}`;
    const named = [...(all > 0 ? [of] : []), ...(containers > 0 ? [containerWords(containers)] : [])];
    return `${act}: ${named.join(' and ')}`;
  },
  sure: (act: string, packs: number, containers: number) =>
    `${act}: record this on ${listedWords(packs, containers)}?`,
  summary: (recorded: number, active: number, stopped: number, unsure: number) =>
    [
      ...(recorded > 0 ? [`${amount(recorded)} recorded`] : []),
      ...(active > 0 ? [`${amount(active)} active`] : []),
      ...(stopped > 0 ? [`${amount(stopped)} not to be handed on or not recorded: see below`] : []),
      ...(unsure > 0 ? [`${amount(unsure)} to be checked live`] : []),
    ].join(', '),
  container: (sscc: string) => `Pallet or box ${sscc}`,
  containerNote: 'Its packs are not checked by it: scan those that you look at.',
  sureText: 'Packs that do not allow it are left out, and the list says why.',
  sureSeals: {
    intact: 'You looked at every seal: all intact.',
    'not-checked': 'You have not looked at their seals.',
  },
  sureFinal: 'This cannot be undone.',
  record: 'Record',
  became: (past: string, how: string) => `${past}. ${how}`,
  undo: (packs: number) => `Undo: ${amount(packs)} ${packs === 1 ? 'pack' : 'packs'}`,
  undoTitle: 'Has any of these packs left your control?',
  undoText:
    'Handed to a patient, given away or shipped: only packs that never left can become active again (Delegated Regulation (EU) 2016/161, Art. 13). Take those that left off the list first; they stay recorded.',
  undoNo: (packs: number) =>
    packs === 1 ? 'No, it never left - undo' : `No, all ${amount(packs)} never left - undo`,
  undoYes: 'Yes, some have left',
  recording: 'Recording…',
  remove: (serial: string) => `Take ${serial} off the list`,
  done: 'Finish this list',
  unrecorded: (packs: number, containers: number) =>
    `Nothing is recorded on ${listedWords(packs, containers)} of this list`,
  unrecordedText: 'Finishing records nothing and empties the list: they would have to be scanned again.',
  doneAll: 'Finish without recording',
};

export const OUTAGE = {
  title: 'Outage',
  intro:
    'While checking is technically impossible, packs may be supplied and are checked afterwards (Delegated Regulation (EU) 2016/161, Art. 29). Declare it here, and this device keeps the log.',
  reasonLabel: 'What does not work?',
  reason: (reason: Outage['reason']): string => {
    switch (reason) {
      case 'no-network':
        return 'No network';
      case 'ledger-down':
        return 'The ledger does not answer';
      case 'national-system-down':
        return 'The national system does not answer';
      case 'device-failure':
        return 'Scanner or other equipment failed';
      default:
        return reason;
    }
  },
  start: 'Since',
  declare: 'Declare the outage',
  since: (ms: number, nowMs: number) => `Since ${moment(ms, nowMs)}`,
  span: (startMs: number, endMs: number | undefined, nowMs: number) =>
    `${moment(startMs, nowMs)} to ${endMs === undefined ? 'now' : moment(endMs, nowMs)}`,
  end: 'The outage is over',
  notHere: 'The rules of your market do not let this site declare an outage.',
  unchecked: (packs: number) =>
    `${amount(packs)} ${packs === 1 ? 'pack waits' : 'packs wait'} to be checked live. That happens by itself.`,
  attentionTitle: 'Needs attention',
  attentionIntro:
    'Supplied without a check, and the ledger now speaks against it. Get the pack back if you can.',
  logTitle: 'Supplied meanwhile',
  logNone: 'Nothing was supplied on this device in that time.',
  logKept: 'Print or save it now: this device keeps it as long as an undo is possible.',
  choose: 'Outage',
  print: 'Print the log',
  head: {
    time: 'Time',
    product: 'Product',
    code: 'Code',
    batch: 'Batch, expiry',
    seal: 'Seal, entry',
    reference: 'Reference, by',
  },
  seal: { intact: 'intact', broken: 'broken', 'not-checked': 'not checked' },
  opened: 'first opening',
  event: (id: string) => `Event ${id.slice(0, 16)}`,
};

export const NO_CHECK = {
  open: 'No check needed',
  title: 'Why does this pack need no check?',
  text: 'Nothing is sent or recorded.',
  reasons: {
    'out-of-scope': {
      label: 'Not a prescription medicine with a serial',
      note: 'Without a serial of its own a pack is outside these rules. Supply it as usual.',
    },
    'unlicensed-import': {
      label: 'Imported without a licence here',
      note: 'Its code is not in this market. Checking it would raise an alert for nothing. Keep the record that your authority asks for.',
    },
    opened: {
      label: 'Opened before',
      note: 'It was checked and recorded at its first opening. What is left of it is not scanned again.',
    },
  },
};
