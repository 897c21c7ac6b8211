// What was recorded on which verdict, and how far it is on its way into the ledger. A conflict may come back while the
// card is still up.
import type { AppModel } from '../app/app-model.ts';
import type { EventProgress } from '../app/outbox-model.ts';
import type { Done } from '../app/scan-model.ts';
import { Icon } from './icons.tsx';
import { words } from './messages.ts';

export function refusalOf({ kind }: EventProgress): 'conflict' | 'rejected' | undefined {
  return kind === 'conflict' || kind === 'rejected' ? kind : undefined;
}

/** Events of this device that a person has to look at. */
export function countRefused({ outbox }: AppModel): number {
  return outbox.items.value.filter(({ progress }) => refusalOf(progress)).length;
}

type Props = { readonly app: AppModel; readonly recorded: Done; readonly progress: EventProgress };

export function Delivery({ app, recorded, progress }: Props) {
  const nowMs = app.nowMs.value;
  const mode = app.mode.kind;
  const { before } = recorded;
  return (
    <div class="certainty" aria-live="polite">
      {refusalOf(progress) ? (
        <p class="opinion opinion-disagrees">
          <Icon name="warning" />
          <strong>{refusalWords(progress, nowMs)}</strong>
        </p>
      ) : (
        <p class="certainty-level opinion">
          <Icon name={progress.kind === 'proven' ? 'check' : 'clock'} />
          <span>
            {progress.kind === 'proven' ? words.outbox.inLedger(mode) : words.outbox.progress(progress)}
          </span>
        </p>
      )}
      <p class="quiet">
        {words.card.before(words.verdict(before, nowMs).word, words.certainty(before, nowMs, mode))}
      </p>
    </div>
  );
}

function refusalWords(progress: EventProgress, nowMs: number): string {
  if (progress.kind === 'conflict')
    return progress.conflicts.map((conflict) => words.conflict(conflict, nowMs)).join(' ');
  return progress.kind === 'rejected' ? words.rejection(progress.reason).what : '';
}
