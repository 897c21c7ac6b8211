// Where a just recorded event stands on its way into the ledger. A conflict may come back while the card is still up.
import type { AppModel } from '../app/app-model.ts';
import type { OutboxItem } from '../app/outbox-model.ts';
import type { Recorded } from '../app/scan-model.ts';
import { Icon } from './icons.tsx';
import { words } from './messages.ts';

type Progress = OutboxItem['progress'];

/** Undefined once the ledger has proven that it holds the event. */
export function progressOf(app: AppModel, recorded: Recorded | undefined): Progress | undefined {
  return app.outbox.items.value.find(({ eventId }) => eventId === recorded?.eventId)?.progress;
}

export function refusalOf(progress: Progress | undefined): 'conflict' | 'rejected' | undefined {
  return progress?.kind === 'conflict' || progress?.kind === 'rejected' ? progress.kind : undefined;
}

type Props = {
  readonly progress: Progress | undefined;
  readonly nowMs: number;
};

export function Delivery({ progress, nowMs }: Props) {
  return (
    <div class="certainty" aria-live="polite">
      {refusalOf(progress) ? (
        <p class="opinion opinion-disagrees">
          <Icon name="warning" />
          <strong>{progress && refusalWords(progress, nowMs)}</strong>
        </p>
      ) : (
        <p class="certainty-level opinion">
          <Icon name={progress ? 'clock' : 'check'} />
          <span>{progress ? words.outbox.progress(progress) : words.outbox.inLedger}</span>
        </p>
      )}
    </div>
  );
}

function refusalWords(progress: Progress, nowMs: number): string {
  if (progress.kind === 'conflict')
    return progress.conflicts.map((conflict) => words.conflict(conflict, nowMs)).join(' ');
  return progress.kind === 'rejected' ? words.rejection(progress.reason).what : '';
}
