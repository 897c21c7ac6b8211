// Words for what is done to packs and what becomes of them.
import type { Role } from '../../domain/market.ts';
import type { Operation, PackState } from '../../domain/pack.ts';
import { RETURN_PARKED, type Reason } from '../../domain/reason.ts';
import type { Refusal } from '../refusal.ts';

/** `act`: on a button. `past`: in a list of what happened. */
export function operationWords(operation: Operation): { readonly act: string; readonly past: string } {
  switch (operation) {
    case 'commission':
      return { act: 'Commission', past: 'Commissioned by its maker' };
    case 'pack':
      return { act: 'Pack', past: 'Packed into a container' };
    case 'ship':
      return { act: 'Ship', past: 'Shipped' };
    case 'receive':
      return { act: 'Receive', past: 'Received' };
    case 'supply':
      return { act: 'Supply', past: 'Supplied' };
    case 'destroy':
      return { act: 'Destroyed', past: 'Destroyed' };
    case 'export':
      return { act: 'Export', past: 'Exported' };
    case 'sample':
      return { act: 'Take as a sample', past: 'Taken as a sample' };
    case 'free-sample':
      return { act: 'Free sample', past: 'Given as a free sample' };
    case 'lock':
      return { act: 'Quarantine (lock)', past: 'Quarantined (locked)' };
    case 'stolen':
      return { act: 'Stolen', past: 'Reported stolen' };
    case 'undo':
      return { act: 'Undo', past: 'Undone' };
    case 'recall':
      return { act: 'Recall the batch', past: 'Batch recalled' };
    case 'withdraw':
      return { act: 'Withdraw the product', past: 'Product withdrawn' };
    case 'inspect':
      return { act: 'Record spot-check', past: 'Spot-checked' };
    case 'verify':
      return { act: 'Record this check', past: 'Checked' };
    case 'unlock':
      return { act: 'Release from quarantine', past: 'Released from quarantine' };
    case 'outage':
      return { act: 'Declare an outage', past: 'Outage declared' };
  }
}

/** After recording: the big word, and the line under it. */
export function recordedWords(
  operation: Operation,
  reason: Reason | undefined,
  isInLedger: boolean,
): { word: string; meaning: string } {
  const meaning = 'Recorded on this device.';
  switch (operation) {
    case 'undo':
      return {
        word: 'Undone',
        meaning: `${meaning} ${isInLedger ? 'It is active again.' : 'Active again once the ledger has it.'}`,
      };
    case 'lock':
      return { word: 'Quarantined', meaning: `${meaning} Keep the pack apart and inform the authority.` };
    case 'stolen':
      return { word: 'Stolen', meaning };
    case 'sample':
    case 'free-sample':
      return { word: 'Sample', meaning };
    case 'receive':
      return reason === RETURN_PARKED
        ? { word: 'Parked', meaning: `${meaning} Verify live before restocking.` }
        : { word: 'Received', meaning };
    default:
      return { word: operationWords(operation).past, meaning };
  }
}

/** The ledger's answer came while the card was still up. */
export function refusedWord(kind: Refusal): string {
  switch (kind) {
    case 'conflict':
      return 'Conflict';
    case 'locked':
      return 'Locked';
    case 'unchanged':
      return 'Nothing undone';
    case 'alerted':
      return 'Alert raised';
    case 'repeated':
      return 'Recorded twice';
    case 'rejected':
      return 'Refused';
    case 'held':
      return 'Held back';
  }
}

export function stateWords(state: PackState): string {
  switch (state) {
    case 'active':
      return 'Active';
    case 'supplied':
      return 'Supplied';
    case 'destroyed':
      return 'Destroyed';
    case 'exported':
      return 'Exported';
    case 'sample':
      return 'Sample';
    case 'free-sample':
      return 'Free sample';
    case 'locked':
      return 'Locked';
    case 'stolen':
      return 'Stolen';
  }
}

export function roleWords(role: Role): string {
  switch (role) {
    case 'manufacturer':
      return 'Manufacturer';
    case 'wholesaler':
      return 'Wholesaler';
    case 'pharmacy':
      return 'Pharmacy';
    case 'inspector':
      return 'Inspector';
    case 'authority':
      return 'Authority';
  }
}
