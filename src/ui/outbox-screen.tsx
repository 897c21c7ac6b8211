// What was recorded here and is not yet proven to be in the ledger, and what the ledger did not apply.
import { useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { OutboxItem, Said } from '../app/outbox-model.ts';
import { ConflictSteps } from './contested.tsx';
import { Icon, type IconName } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Button, Screen } from './parts.tsx';
import { RaisedAlerts } from './raised-alerts.tsx';
import { refusalOf } from './refusal.ts';
import { run } from './run.ts';
import { saveFile } from './save-file.ts';

export function OutboxScreen({ app }: { readonly app: AppModel }) {
  const { outbox } = app;
  const items = inOrderOfNeed(outbox.items.value);
  const unsent = outbox.unsentCount.value;
  const state = outbox.flushState.value;
  const damaged = outbox.damagedCount.value;
  const missing = outbox.missing.value;
  const [shownCount, setShownCount] = useState(ROWS_SHOWN);
  const isSending = state.kind === 'sending';
  const advice = laterWords.flush(state);
  const nowMs = app.nowMs.value;
  const untilMs = state.kind === 'failed' ? state.untilMs : undefined;
  return (
    <Screen title={laterWords.outbox.title}>
      {missing && <AdviceBox advice={laterWords.outbox.missing(missing)} />}
      {damaged > 0 && (
        <>
          <AdviceBox advice={laterWords.outbox.damaged(damaged)} />
          <Button
            icon="check"
            label={laterWords.outbox.seen}
            onPress={() => run(outbox.acknowledgeDamaged())}
          />
        </>
      )}
      <p>{introOf(items.length, unsent)}</p>
      {unsent > 0 && (
        <div class="outbox-head">
          {state.kind === 'failed' ? (
            <AdviceBox advice={advice} />
          ) : (
            <p class="quiet" role="status">
              {advice.what} {advice.next}
            </p>
          )}
          {untilMs !== undefined && untilMs > nowMs ? (
            <p class="quiet">{laterWords.outbox.leftAlone(untilMs, nowMs)}</p>
          ) : (
            <Button
              kind="primary"
              icon="outbox"
              label={isSending ? laterWords.outbox.sending : laterWords.outbox.send}
              isBusy={isSending}
              onPress={() => run(outbox.flush())}
            />
          )}
        </div>
      )}
      {items.some(({ progress }) => progress.kind === 'conflict') && (
        <section class="panel">
          <p>{laterWords.outbox.contested}</p>
          <ConflictSteps app={app} />
        </section>
      )}
      <ol class="rows">
        {items.slice(0, shownCount).map((item) => (
          <Row key={item.eventId} app={app} item={item} />
        ))}
      </ol>
      {items.length > shownCount && (
        <Button
          label={laterWords.outbox.more(Math.min(ROWS_SHOWN, items.length - shownCount))}
          onPress={() => setShownCount(shownCount + ROWS_SHOWN)}
        />
      )}
      {items.length > 0 && app.mode.kind === 'enrolled' && <SaveToFile app={app} />}
    </Screen>
  );
}

/** Ten thousand rows would take seconds to draw, and nobody reads them. */
const ROWS_SHOWN = 50;

/** What needs a person comes first. */
function inOrderOfNeed(items: readonly OutboxItem[]): readonly OutboxItem[] {
  const needsPerson = ({ progress }: OutboxItem) => refusalOf(progress) !== undefined;
  return [...items.filter(needsPerson), ...items.filter((item) => !needsPerson(item))];
}

function SaveToFile({ app }: { readonly app: AppModel }) {
  const [hasFailed, setFailed] = useState(false);
  async function save(): Promise<void> {
    const files = await app.outbox.exportFiles();
    setFailed(files === undefined);
    for (const { name, text } of files ?? []) saveFile(name, 'application/json', text);
  }
  return (
    <section class="panel">
      <p>{laterWords.outbox.saveHint(new URL('/hand-in.html', location.href).href)}</p>
      {hasFailed && <p role="alert">{laterWords.outbox.saveFailed}</p>}
      <Button label={laterWords.outbox.save} onPress={() => run(save())} />
    </section>
  );
}

function introOf(held: number, unsent: number): string {
  if (unsent > 0) return laterWords.outbox.intro;
  return held > 0 ? laterWords.outbox.refused : laterWords.outbox.empty;
}

function Row({ app, item }: { readonly app: AppModel; readonly item: OutboxItem }) {
  const { progress, packs } = item;
  const nowMs = app.nowMs.value;
  const first = packs[0];
  const needsPerson = refusalOf(progress) !== undefined;
  return (
    <li class={needsPerson ? 'row row-attention' : 'row'}>
      <div class="row-head">
        <Icon name={ICONS[progress.kind]} />
        <h2>{words.operation(item.operation).past}</h2>
        <span class="quiet">{laterWords.outbox.number(item.sequence)}</span>
      </div>
      <p>
        {packs.length > 0 && (item.productName ?? laterWords.outbox.packs(packs.length))}
        {packs.length === 1 && first && <span class="code"> {first.serial}</span>}
      </p>
      {item.containers.map((sscc) => (
        <p key={sscc}>{laterWords.list.container(sscc)}</p>
      ))}
      <p class="quiet">
        {laterWords.outbox.recordedAt(item.claimedTimeMs, nowMs)}
        {!needsPerson && ` · ${laterWords.outbox.waitingFor(item.claimedTimeMs, nowMs)}`}
      </p>
      {item.isFormer && <p class="quiet">{laterWords.outbox.former}</p>}
      <p class="row-progress">{laterWords.outbox.progress(progress)}</p>
      {'alerts' in progress && <SaidOf packs={packs} said={progress} nowMs={nowMs} />}
      {'alerts' in progress && (
        <RaisedAlerts
          app={app}
          alerts={progress.alerts}
          serialOf={packs.length > 1 ? (at) => packs[at]?.serial : undefined}
        />
      )}
      {progress.kind === 'rejected' && <AdviceBox advice={laterWords.rejection(progress.reason)} />}
      {refusalOf(progress) === 'held' && (
        <Button
          icon="data"
          label={laterWords.outbox.askAgain}
          isBusy={app.outbox.flushState.value.kind === 'sending'}
          onPress={() => run(app.outbox.flush())}
        />
      )}
      {needsPerson && (
        <Button
          icon="check"
          label={laterWords.outbox.seen}
          onPress={() => run(app.outbox.acknowledge(item.place))}
        />
      )}
    </li>
  );
}

const ICONS: { readonly [K in OutboxItem['progress']['kind']]: IconName } = {
  waiting: 'clock',
  proving: 'outbox',
  conflict: 'warning',
  locked: 'warning',
  unchanged: 'warning',
  alerted: 'warning',
  repeated: 'warning',
  rejected: 'cross',
};

function SaidOf(props: { readonly packs: OutboxItem['packs']; readonly said: Said; readonly nowMs: number }) {
  const isMany = props.packs.length > 1;
  return (
    <ul class="conflicts">
      {laterWords.said(props.said, props.nowMs).map(({ pack, text }) => (
        <li key={pack}>
          {isMany && <span class="code">{props.packs[pack]?.serial} </span>}
          {text}
        </li>
      ))}
    </ul>
  );
}
