// One case: what happened, what to do in the market's order, who found what, and the steps that this reader may take.
import type { AlertDetail, AlertsModel } from '../app/alerts-model.ts';
import type { AppModel } from '../app/app-model.ts';
import type { AlertAct, AlertResponse, AlertStepLine } from '../domain/alerts/alert-wire.ts';
import { AlertActions } from './alert-actions.tsx';
import { Icon } from './icons.tsx';
import { useBackGesture, useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Busy, Button, Facts, FocusedTitle } from './parts.tsx';
import { run } from './run.ts';

type Props = { readonly app: AppModel; readonly alerts: AlertsModel };
type Shown = Extract<AlertDetail, { kind: 'shown' }>;

export function AlertCase({ app, alerts }: Props) {
  const detail = alerts.detail.value;
  const { alerts: said } = laterWords;
  useBackGesture(alerts.leave);
  useKeys('alert', { onEscape: alerts.leave });
  const title = detail.kind === 'shown' ? said.kind(detail.response.alert.kind) : said.title;
  return (
    <main class="screen">
      <div class="screen-head">
        <button type="button" class="icon-button" aria-label={words.home.back} onClick={alerts.leave}>
          <Icon name="back" />
        </button>
        <FocusedTitle key={detail.kind}>{title}</FocusedTitle>
      </div>
      {detail.kind === 'loading' && <Busy label={said.loading} />}
      {detail.kind === 'failed' && <AdviceBox advice={said.failure(detail.why)} />}
      {detail.kind === 'shown' && <Case app={app} alerts={alerts} detail={detail} />}
    </main>
  );
}

function Case({ app, alerts, detail }: Props & { readonly detail: Shown }) {
  const { alerts: said, card, conflictStep } = laterWords;
  const { response } = detail;
  const { alert } = response;
  const { pack } = alert;
  const nowMs = app.nowMs.value;
  return (
    <>
      <p class="row-progress" role="status">
        {said.state(alert.state)}
      </p>
      <h2 class="product">{app.nameOf(pack.productCode) ?? card.noName}</h2>
      <Facts
        codes
        facts={[
          [card.labels.serial, pack.serial],
          [card.labels.batch, pack.batch],
          [card.labels.expiry, words.format.day(pack.expiry)],
          [said.product, words.format.productCode(pack.productCode)],
          [said.id, alert.id],
        ]}
      />
      <section class="screen-part">
        <h2>{said.whatTitle}</h2>
        <p>{said.what(alert)}</p>
        <ul class="rows">
          {response.acts.map(({ party, act }) => (
            <li key={party} class="row">
              {actLine(act, nowMs)}
            </li>
          ))}
        </ul>
        {response.distanceKm !== null && <p>{said.apart(response.distanceKm)}</p>}
        <p class="quiet">{said.raised(alert.raisedMs, nowMs)}</p>
        <Button label={said.journey} icon="journey" kind="quiet" onPress={() => run(app.trail.open(pack))} />
      </section>
      {alert.state !== 'closed' && (
        <section class="screen-part">
          <h2>{said.todoTitle}</h2>
          {alert.kind === 'copied-serial' && <p>{said.copied}</p>}
          <ol class="steps">
            {app.conflictSteps.map((step) => (
              <li key={step}>{conflictStep(step)}</li>
            ))}
          </ol>
        </section>
      )}
      <Findings response={response} />
      <AlertActions key={response.steps.length} alerts={alerts} detail={detail} />
      <History response={response} nowMs={nowMs} />
      <p class="quiet">{said.keptUntil(response.keptUntil)}</p>
    </>
  );
}

function actLine(act: AlertAct, nowMs: number): string {
  const { alerts: said } = laterWords;
  if (act.where === 'another-location') return said.otherAct;
  const { past } = words.operation(act.operation);
  if (act.where === 'this-site') return said.ownAct(past, act.timeMs, nowMs, act.user);
  return said.namedAct(act.organisation, act.site, words.role(act.role), past, act.timeMs, nowMs);
}

/** Those who see the sites' names are told which of the two said what. */
function isNamed({ acts }: AlertResponse): boolean {
  return acts.some(({ act }) => act.where === 'named');
}

function Findings({ response }: { readonly response: AlertResponse }) {
  const { alerts: said } = laterWords;
  const { standing, findings, isEarlierKnown } = response.alert;
  const parties = isEarlierKnown ? (['attempt', 'earlier'] as const) : (['attempt'] as const);
  return (
    <section class="screen-part">
      <h2>{said.findingsTitle}</h2>
      <Facts
        facts={parties.map((party) => [
          said.party(party, standing, isNamed(response)),
          said.finding(findings[party]),
        ])}
      />
    </section>
  );
}

function History({ response, nowMs }: { readonly response: AlertResponse; readonly nowMs: number }) {
  const { alerts: said } = laterWords;
  const { standing } = response.alert;
  const who = (step: AlertStepLine) =>
    said.party(step.standing, step.isOwn ? step.standing : standing, isNamed(response));
  return (
    <section class="screen-part">
      <h2>{said.historyTitle}</h2>
      {response.steps.length === 0 && <p>{said.noSteps}</p>}
      <ol class="rows">
        {response.steps.map((step, i) => (
          <li key={i} class="row">
            <strong>{said.step(step)}</strong>
            {step.note !== null && <p>{step.note}</p>}
            {step.isNoteWithheld && <p class="quiet">{said.withheld}</p>}
            <p class="quiet">{said.by(who(step), step.user, step.receivedMs, nowMs)}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
