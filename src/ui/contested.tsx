// What this device did to the pack came second: said before anything else about it, with what to do in the market's
// order.
import type { AppModel } from '../app/app-model.ts';
import type { Contested } from '../app/scan-model.ts';
import type { Pack } from '../domain/pack.ts';
import { Icon } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { hrefOf } from './navigation.ts';
import { RaisedAlerts } from './raised-alerts.tsx';
import { run } from './run.ts';

/** An alert is open on the pack, as far as this device knows: in most markets it is not handed on then. */
export function OpenAlertLine({ app, pack }: { readonly app: AppModel; readonly pack: Pack }) {
  const alerts = app.alerts.model.value;
  const alert = alerts?.openOn(pack);
  if (!alerts || !alert) return null;
  const { alerts: said } = laterWords;
  return (
    <p class="opinion opinion-disagrees">
      <Icon name="warning" />
      <span>
        <strong>{said.kind(alert.kind)}</strong>
        <span class="opinion-note">{said.onPack}</span>
        <a href={hrefOf('alerts')} onClick={() => run(alerts.read(alert.id))}>
          {said.goTo}
        </a>
      </span>
    </p>
  );
}

/** What the losing side does, in the market's order. */
export function ConflictSteps({ app }: { readonly app: AppModel }) {
  return (
    <ol class="steps">
      {app.conflictSteps.map((step) => (
        <li key={step}>{laterWords.conflictStep(step)}</li>
      ))}
    </ol>
  );
}

export function ContestedLine({ app, contested }: { readonly app: AppModel; readonly contested: Contested }) {
  const { operation, claimedTimeMs, conflict, alerts } = contested;
  const nowMs = app.nowMs.value;
  const { card } = laterWords;
  return (
    <>
      <p class="opinion opinion-disagrees">
        <Icon name="warning" />
        <span>
          <strong>{card.contested(words.operation(operation).past, claimedTimeMs, nowMs)}</strong>
          <span class="opinion-note">{laterWords.conflict(conflict, nowMs)}</span>
          {conflict.alert !== null && <span class="opinion-note">{card.alert(conflict.alert)}</span>}
        </span>
      </p>
      <ConflictSteps app={app} />
      <RaisedAlerts app={app} alerts={alerts} />
    </>
  );
}
