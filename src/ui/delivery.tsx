// What was recorded on which verdict, and how far it is on its way into the ledger. A conflict may come back while the
// card is still up.
import type { AppModel } from '../app/app-model.ts';
import type { EventProgress } from '../app/outbox-model.ts';
import type { Done } from '../app/scan-model.ts';
import { Icon } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { RaisedAlerts } from './raised-alerts.tsx';
import { refusalOf } from './refusal.ts';

type Props = { readonly app: AppModel; readonly recorded: Done; readonly progress: EventProgress };

export function Delivery({ app, recorded, progress }: Props) {
  const nowMs = app.nowMs.value;
  const mode = app.mode.kind;
  const { before } = recorded;
  return (
    <div class="certainty" aria-live="polite">
      {refusalOf(progress) ? (
        <>
          <p class="opinion opinion-disagrees">
            <Icon name="warning" />
            <strong>{refusalWords(progress, nowMs)}</strong>
          </p>
          {'alerts' in progress && <RaisedAlerts app={app} alerts={progress.alerts} />}
        </>
      ) : (
        <p class="certainty-level opinion">
          <Icon name={progress.kind === 'proven' ? 'check' : 'clock'} />
          <span>
            {progress.kind === 'proven'
              ? laterWords.outbox.inLedger(mode)
              : laterWords.outbox.progress(progress)}
          </span>
        </p>
      )}
      <p class="quiet">
        {laterWords.card.before(words.verdict(before, nowMs).word, laterWords.certainty(before, nowMs, mode))}
      </p>
    </div>
  );
}

function refusalWords(progress: EventProgress, nowMs: number): string {
  if (progress.kind === 'alerted') return laterWords.alerts.onPack;
  if ('alerts' in progress)
    return laterWords
      .said(progress, nowMs)
      .map(({ text }) => text)
      .join(' ');
  return progress.kind === 'rejected' ? laterWords.rejection(progress.reason).what : '';
}
