// What was recorded on which verdict, and how far it is on its way into the ledger. A conflict may come back while the
// card is still up.
import type { AppModel } from '../app/app-model.ts';
import type { OutboxItem } from '../app/outbox-model.ts';
import type { Done, Recorded } from '../app/scan-model.ts';
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

/** Events of this device that a person has to look at. */
export function countRefused({ outbox }: AppModel): number {
  return outbox.items.value.filter(({ progress }) => refusalOf(progress)).length;
}

type Props = { readonly app: AppModel; readonly recorded: Done };

export function Delivery({ app, recorded }: Props) {
  const nowMs = app.nowMs.value;
  const mode = app.mode.kind;
  const progress = progressOf(app, recorded);
  const { before } = recorded;
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
          <span>{progress ? words.outbox.progress(progress) : words.outbox.inLedger(mode)}</span>
        </p>
      )}
      <p class="quiet">
        {words.card.before(words.verdict(before, nowMs).word, words.certainty(before, nowMs, mode))}
      </p>
    </div>
  );
}

function refusalWords(progress: Progress, nowMs: number): string {
  if (progress.kind === 'conflict')
    return progress.conflicts.map((conflict) => words.conflict(conflict, nowMs)).join(' ');
  return progress.kind === 'rejected' ? words.rejection(progress.reason).what : '';
}
