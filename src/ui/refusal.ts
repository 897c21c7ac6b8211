// What became of a recorded event and has to be looked at by a person.
import type { AppModel } from '../app/app-model.ts';
import type { EventProgress } from '../app/outbox-model.ts';

export function refusalOf({ kind }: EventProgress): 'conflict' | 'alerted' | 'rejected' | undefined {
  return kind === 'conflict' || kind === 'alerted' || kind === 'rejected' ? kind : undefined;
}

/** Events of this device that a person has to look at. */
export function countRefused({ outbox }: AppModel): number {
  return outbox.items.value.filter(({ progress }) => refusalOf(progress)).length;
}
