// The word and the icon of each act on the verdict card.
import type { Action } from './actions.ts';
import type { IconName } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';

export function labelOf({ label }: Action): string {
  const { card } = laterWords;
  switch (label) {
    case 'seal-intact-supply':
      return card.sealIntactSupply;
    case 'seal-intact-inspect':
      return card.sealIntactInspect;
    case 'seal-broken-inspect':
      return card.sealBrokenInspect;
    case 'seal-broken':
      return card.sealBroken;
    case 'return':
      return card.returned;
    case 'return-parked':
      return card.returnedParked;
    case 'despite':
      return card.despite;
    case 'opened':
      return card.openedSupply;
    default:
      return words.operation(label).act;
  }
}

export function iconOf({ label }: Action): IconName {
  switch (label) {
    case 'seal-intact-supply':
    case 'seal-intact-inspect':
      return 'seal';
    case 'seal-broken':
    case 'seal-broken-inspect':
      return 'broken';
    case 'lock':
      return 'lock';
    case 'destroy':
    case 'stolen':
    case 'despite':
      return 'warning';
    case 'inspect':
      return 'inspection';
    case 'receive':
    case 'return':
    case 'return-parked':
      return 'warehouse';
    default:
      return 'outbox';
  }
}
