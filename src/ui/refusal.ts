// What became of a recorded event and has to be looked at by a person.
import type { AppModel } from '../app/app-model.ts';
import type { EventProgress } from '../app/outbox-model.ts';

export type Refusal = Exclude<EventProgress['kind'], 'waiting' | 'proving' | 'proven'>;

export function refusalOf({ kind }: EventProgress): Refusal | undefined {
  return kind === 'waiting' || kind === 'proving' || kind === 'proven' ? undefined : kind;
}

/** Events of this device that a person has to look at. */
export function countRefused({ outbox }: AppModel): number {
  return outbox.items.value.filter(({ progress }) => refusalOf(progress)).length;
}
