// What wants to be known but must not stand in the way of a scan: a new version, a fork, events that need a person.
import type { ComponentChildren } from 'preact';
import type { AppModel } from '../app/app-model.ts';
import type { ClockSkew } from '../app/ports.ts';
import { Icon, type IconName } from './icons.tsx';
import { words } from './messages.ts';
import { hrefOf } from './navigation.ts';
import { countRefused } from './refusal.ts';

export function Notices({ app, isUpdateWaiting, onUpdate }: Props) {
  const { outbox, sync } = app;
  const unsent = outbox.unsentCount.value;
  const attention = countRefused(app);
  const skew = shownSkew(app.clockSkew.value);
  const isEvictable = unsent > 0 && app.mode.kind === 'enrolled' && !outbox.persisted.value;
  return (
    <div class="notices" aria-live="polite">
      {sync.evidence.value.length > 0 && (
        <Notice icon="warning" kind="danger" text={words.notices.fork}>
          <a class="notice-act" href={hrefOf('device')}>
            {words.notices.forkAct}
          </a>
        </Notice>
      )}
      {attention > 0 && (
        <Notice icon="warning" kind="danger" text={words.notices.attention(attention)}>
          <a class="notice-act" href={hrefOf('outbox')}>
            {words.notices.attentionAct}
          </a>
        </Notice>
      )}
      {(outbox.missing.value || outbox.damagedCount.value > 0) && (
        <Notice
          icon="warning"
          kind="danger"
          text={outbox.missing.value ? words.notices.missing : words.notices.damaged}
        >
          <a class="notice-act" href={hrefOf('outbox')}>
            {words.notices.attentionAct}
          </a>
        </Notice>
      )}
      {skew && (
        <Notice icon="clock" kind="warn" text={words.notices.skew(skew.aheadMs)}>
          <a class="notice-act" href={hrefOf('device')}>
            {words.notices.skewAct}
          </a>
        </Notice>
      )}
      {isEvictable && (
        <Notice icon="outbox" kind="warn" text={words.notices.evictable(unsent)}>
          <a class="notice-act" href={hrefOf('outbox')}>
            {words.notices.attentionAct}
          </a>
        </Notice>
      )}
      {isUpdateWaiting && <UpdateNotice onUpdate={onUpdate} />}
    </div>
  );
}

/** Two minutes: what people do not notice, and what no event's time suffers from. */
const SKEW_MS_MAX = 120_000;

function shownSkew(skew: ClockSkew | undefined): ClockSkew | undefined {
  return skew && Math.abs(skew.aheadMs) - skew.uncertainMs > SKEW_MS_MAX ? skew : undefined;
}

type Props = { readonly app: AppModel; readonly isUpdateWaiting: boolean; onUpdate(): void };

function UpdateNotice({ onUpdate }: { onUpdate(): void }) {
  return (
    <Notice icon="info" kind="info" text={words.notices.update}>
      <button type="button" class="notice-act" onClick={onUpdate}>
        {words.notices.updateAct}
      </button>
    </Notice>
  );
}

function Notice(props: {
  readonly icon: IconName;
  readonly kind: 'danger' | 'warn' | 'info';
  readonly text: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`notice notice-${props.kind}`}>
      <Icon name={props.icon} />
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}
