// Always on screen: whether this is practice, how old the data is, what is unsent, whether there is a network.
import type { AppModel } from '../app/app-model.ts';
import { Icon } from './icons.tsx';
import { words } from './messages.ts';
import { hrefOf, useNavigation } from './navigation.ts';
import { countRefused } from './refusal.ts';

export function StatusBar({ app }: { readonly app: AppModel }) {
  const data = words.status.data(app.sync.data.value, app.nowMs.value);
  const unsent = app.outbox.unsentCount.value;
  const refused = countRefused(app);
  const alerts = app.alerts.model.value?.waiting.value ?? 0;
  const isOnline = app.online.value;
  return (
    <header class="status">
      <ModeLine app={app} />
      <nav class="status-chips" aria-label={words.status.label}>
        <a class="chip chip-home" href={hrefOf('')} aria-label={words.status.home}>
          <Mark />
        </a>
        <a class={data.isOld ? 'chip chip-warn' : 'chip'} href={hrefOf('device')} title={data.long}>
          <Icon name="data" />
          <span>
            <span class="chip-wide">{words.status.dataOf}</span>
            {data.short}
          </span>
        </a>
        <a class={outboxChip(unsent, refused)} href={hrefOf('outbox')}>
          <Icon name={refused > 0 ? 'warning' : 'outbox'} />
          <span>
            <span>{words.status.unsent(unsent)}</span>
            {refused > 0 && <span class="chip-note">{words.status.attention(refused)}</span>}
          </span>
        </a>
        <span class={isOnline ? 'chip' : 'chip chip-warn'} role="status">
          <Icon name={isOnline ? 'online' : 'offline'} />
          <span class="chip-wide">{isOnline ? words.status.online : words.status.offline}</span>
        </span>
        <a class="chip chip-device" href={hrefOf('device')} aria-label={words.status.device}>
          <Icon name="device" />
        </a>
      </nav>
      {alerts > 0 && (
        <a class="mode mode-alerts" href={hrefOf('alerts')}>
          {words.status.alerts(alerts)}
        </a>
      )}
      <OpenList app={app} />
    </header>
  );
}

/** Packs that are scanned go onto an open list instead of onto the screen: on the others it is said, with the count. */
function OpenList({ app }: { readonly app: AppModel }) {
  const list = app.pallet.state.value;
  const route = useNavigation().route.value;
  if (list.kind === 'closed' || route === 'list' || route === 'scan') return null;
  return (
    <div role="status">
      <a class="mode" href={hrefOf('list')}>
        {words.status.list(list.lines.length)}
      </a>
    </div>
  );
}

function outboxChip(unsent: number, refused: number): string {
  if (refused > 0) return 'chip chip-danger';
  return unsent > 0 ? 'chip chip-count' : 'chip';
}

function ModeLine({ app: { mode } }: { readonly app: AppModel }) {
  if (mode.kind === 'practice')
    return (
      <p class="mode mode-practice">
        <strong>{words.status.practice}</strong>
        <span> - {words.status.practiceRest}</span>
      </p>
    );
  const { siteName, nationalSystem } = mode;
  return (
    <p class="mode">
      <strong>{siteName}</strong>
      <span>
        {nationalSystem === undefined ? words.status.noNational : words.status.national(nationalSystem)}
      </span>
    </p>
  );
}

/** A pack with its code. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path class="mark-lid" d="M5.5 2h13L21 7H3z" />
      <path class="mark-box" d="M3 7h18v13.5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 20.5z" />
      <path
        class="mark-code"
        d="M8 10h2v2H8zM12 10h2v2h-2zM8 12h2v2H8zM14 12h2v2h-2zM8 14h2v2H8zM10 14h2v2h-2zM8 16h2v2H8zM10 16h2v2h-2zM12 16h2v2h-2zM14 16h2v2h-2z"
      />
    </svg>
  );
}
