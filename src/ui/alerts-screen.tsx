// Alerts worked through by people: the list by state with age, and behind each line its case.
import { useEffect, useState } from 'preact/hooks';
import type { AlertList, AlertsModel } from '../app/alerts-model.ts';
import type { AppModel } from '../app/app-model.ts';
import type { AlertLine } from '../domain/alerts/alert-wire.ts';
import { AlertCase } from './alert-case.tsx';
import { Icon } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Busy, Button, Screen } from './parts.tsx';
import { run } from './run.ts';

export function AlertsScreen({ app }: { readonly app: AppModel }) {
  const { model } = app.alerts;
  const [isMissing, setMissing] = useState(false);
  const { alerts: said } = laterWords;
  useEffect(() => {
    run(
      app.alerts.load().then(async (loaded) => {
        setMissing(loaded === undefined);
        await loaded?.refresh();
      }),
    );
    return () => model.value?.leave();
  }, [app, model]);
  const alerts = model.value;
  if (alerts && alerts.detail.value.kind !== 'none') return <AlertCase app={app} alerts={alerts} />;
  return (
    <Screen title={said.title}>
      {app.mode.kind === 'practice' && <p>{said.practice}</p>}
      {app.mode.kind === 'enrolled' && isMissing && <AdviceBox advice={words.later.advice} />}
      {alerts && <Lists app={app} alerts={alerts} />}
    </Screen>
  );
}

type Props = { readonly app: AppModel; readonly alerts: AlertsModel };

function Lists({ app, alerts }: Props) {
  const [isClosed, setClosed] = useState(false);
  const { alerts: said } = laterWords;
  const list = (isClosed ? alerts.closed : alerts.open).value;
  const nowMs = app.nowMs.value;
  const show = (closed: boolean) => {
    setClosed(closed);
    run(closed ? alerts.refreshClosed() : alerts.refresh());
  };
  return (
    <>
      <p>{said.intro}</p>
      <fieldset class="choices">
        <legend class="sr-only">{said.lists}</legend>
        <Button label={said.open} isPressed={!isClosed} onPress={() => show(false)} />
        <Button label={said.closed} isPressed={isClosed} onPress={() => show(true)} />
      </fieldset>
      {list.failure && <AdviceBox advice={said.failure(list.failure)} />}
      {list.asOfMs !== undefined && (
        <p class="quiet" role="status">
          {said.asOf(list.asOfMs, nowMs)}
        </p>
      )}
      {list.isLoading && list.lines.length === 0 && <Busy label={said.loading} />}
      {list.lines.length === 0 && list.asOfMs !== undefined && !list.isLoading && (
        <p>{isClosed ? said.none.closed : said.none.open}</p>
      )}
      <Rows app={app} alerts={alerts} list={list} />
      {list.hasMore && (
        <Button label={said.more} isBusy={list.isLoading} onPress={() => run(alerts.more(isClosed))} />
      )}
      <Button icon="data" label={said.refresh} isBusy={list.isLoading} onPress={() => show(isClosed)} />
    </>
  );
}

function Rows({ app, alerts, list }: Props & { readonly list: AlertList }) {
  return (
    <ol class="rows">
      {list.lines.map((line) => (
        <li key={line.id} class={line.state === 'new' ? 'row row-attention' : 'row'}>
          <Line app={app} line={line} onOpen={() => run(alerts.read(line.id))} />
        </li>
      ))}
    </ol>
  );
}

function Line(props: { readonly app: AppModel; readonly line: AlertLine; onOpen(): void }) {
  const { app, line } = props;
  const { alerts: said, card } = laterWords;
  const nowMs = app.nowMs.value;
  return (
    <>
      <div class="row-head">
        <Icon name={line.state === 'closed' ? 'check' : 'warning'} />
        <h2>{said.kind(line.kind)}</h2>
      </div>
      <p>
        {app.nameOf(line.pack.productCode) ?? card.noName} <span class="code">{line.pack.serial}</span>
      </p>
      <p class="row-progress">{said.state(line.state)}</p>
      <p class="quiet">{said.raised(line.raisedMs, nowMs)}</p>
      <p class="quiet code">{line.id}</p>
      <Button icon="next" label={said.goTo} onPress={props.onOpen} />
    </>
  );
}
