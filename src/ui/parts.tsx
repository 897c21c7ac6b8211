// Small pieces that many screens share.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';
import { type Advice, words } from './messages.ts';
import { useNavigation } from './navigation.ts';

/** A failure: what happened, what to do, what is safe. */
export function AdviceBox({ advice }: { readonly advice: Advice }) {
  return (
    <div class="advice" role="alert">
      <Icon name="warning" />
      <div>
        <p class="advice-what">{advice.what}</p>
        {advice.next !== '' && <p>{advice.next}</p>}
        <p class="quiet">{advice.kept}</p>
      </div>
    </div>
  );
}

type ButtonProps = {
  readonly label: string;
  readonly icon?: IconName;
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly isBusy?: boolean;
  readonly isPressed?: boolean;
  readonly controls?: string;
  onPress(): void;
};

export function Button({ label, icon, kind = 'plain', isBusy = false, isPressed, onPress }: ButtonProps) {
  return (
    <button
      type="button"
      class={`button button-${kind}`}
      aria-disabled={isBusy}
      aria-pressed={isPressed}
      onClick={() => {
        if (!isBusy) onPress();
      }}
    >
      {icon && <Icon name={icon} />}
      <span>{label}</span>
    </button>
  );
}

/** A screen behind the first one: its title takes the focus, so that a screen reader starts there. */
export function Screen({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  const navigation = useNavigation();
  return (
    <main class="screen">
      <div class="screen-head">
        <button type="button" class="icon-button" aria-label={words.home.back} onClick={navigation.back}>
          <Icon name="back" />
        </button>
        <FocusedTitle>{title}</FocusedTitle>
      </div>
      {children}
    </main>
  );
}

export function FocusedTitle({ children }: { readonly children: ComponentChildren }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={title} tabIndex={-1}>
      {children}
    </h1>
  );
}

export type Fact = readonly [name: string, value: ComponentChildren];

/** Labelled values; `codes` sets them in letters that tell 0 from O. */
export function Facts({
  facts,
  codes = false,
}: {
  readonly facts: readonly Fact[];
  readonly codes?: boolean;
}) {
  return (
    <dl class={codes ? 'facts facts-codes' : 'facts'}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A modal question. Its title has the focus, never a button: a scanner's Enter must not answer it. */
export function Dialog(props: {
  readonly title: string;
  readonly text?: string;
  readonly children: ComponentChildren;
  onClose(): void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    title.current?.focus();
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="dialog-title" onClose={props.onClose}>
      <h2 id="dialog-title" ref={title} tabIndex={-1}>
        {props.title}
      </h2>
      {props.text !== undefined && <p class="dialog-text">{props.text}</p>}
      <div class="dialog-body">{props.children}</div>
    </dialog>
  );
}

export function Busy({ label }: { readonly label: string }) {
  return (
    <p class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      {label}
    </p>
  );
}
