// What was recorded here and is not yet proven to be in the ledger, and what the ledger did not apply.
import type { AppModel } from '../app/app-model.ts';
import type { OutboxItem } from '../app/outbox-model.ts';
import { Icon, type IconName } from './icons.tsx';
import { words } from './messages.ts';
import { AdviceBox, Button, Screen } from './parts.tsx';
import { refusalOf } from './refusal.ts';
import { run } from './run.ts';

export function OutboxScreen({ app }: { readonly app: AppModel }) {
  const { outbox } = app;
  const items = outbox.items.value;
  const unsent = outbox.unsentCount.value;
  const state = outbox.flushState.value;
  const isSending = state.kind === 'sending';
  const advice = words.flush(state);
  return (
    <Screen title={words.outbox.title}>
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
          <Button
            kind="primary"
            icon="outbox"
            label={isSending ? words.outbox.sending : words.outbox.send}
            isBusy={isSending}
            onPress={() => run(outbox.flush())}
          />
        </div>
      )}
      <ol class="rows">
        {items.map((item) => (
          <Row key={item.sequence} app={app} item={item} />
        ))}
      </ol>
    </Screen>
  );
}

function introOf(held: number, unsent: number): string {
  if (unsent > 0) return words.outbox.intro;
  return held > 0 ? words.outbox.refused : words.outbox.empty;
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
        <span class="quiet">{words.outbox.number(item.sequence)}</span>
      </div>
      <p>
        {item.productName ?? words.outbox.packs(packs.length)}
        {packs.length === 1 && first && <span class="code"> {first.serial}</span>}
      </p>
      <p class="quiet">{words.outbox.recordedAt(item.claimedTimeMs, nowMs)}</p>
      <p class="row-progress">{words.outbox.progress(progress)}</p>
      {progress.kind === 'conflict' && <Conflicts item={item} conflicts={progress.conflicts} nowMs={nowMs} />}
      {progress.kind === 'rejected' && <AdviceBox advice={words.rejection(progress.reason)} />}
      {needsPerson && (
        <Button
          icon="check"
          label={words.outbox.seen}
          onPress={() => run(app.outbox.acknowledge(item.sequence))}
        />
      )}
    </li>
  );
}

const ICONS: { readonly [K in OutboxItem['progress']['kind']]: IconName } = {
  waiting: 'clock',
  proving: 'outbox',
  conflict: 'warning',
  rejected: 'cross',
};

type Progress = Extract<OutboxItem['progress'], { kind: 'conflict' }>;

function Conflicts(props: {
  readonly item: OutboxItem;
  readonly conflicts: Progress['conflicts'];
  readonly nowMs: number;
}) {
  const isMany = props.item.packs.length > 1;
  return (
    <ul class="conflicts">
      {props.conflicts.map((conflict) => (
        <li key={conflict.pack}>
          {isMany && <span class="code">{props.item.packs[conflict.pack]?.serial} </span>}
          {words.conflict(conflict, props.nowMs)}
        </li>
      ))}
    </ul>
  );
}
