// What became of a recorded event and has to be looked at by a person.
import type { AppModel } from '../app/app-model.ts';
import type { EventProgress } from '../app/outbox-model.ts';
import { isHeldReason } from '../domain/receipt.ts';

/** `held`: until an administrator has decided about it. */
export type Refusal = Exclude<EventProgress['kind'], 'waiting' | 'proving' | 'proven'> | 'held';

export function refusalOf(progress: EventProgress): Refusal | undefined {
  const { kind } = progress;
  if (kind === 'rejected' && isHeldReason(progress.reason)) return 'held';
  return kind === 'waiting' || kind === 'proving' || kind === 'proven' ? undefined : kind;
}

/** Events of this device that a person has to look at. */
export function countRefused({ outbox }: AppModel): number {
  return outbox.items.value.filter(({ progress }) => refusalOf(progress)).length;
}
