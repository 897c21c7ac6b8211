// The questions that stand before an act that cannot be taken back, or that the law allows only with a reason.
import { useState } from 'preact/hooks';
import type { Action } from './actions.ts';
import { laterWords } from './later-messages.ts';
import { Button, Dialog } from './parts.tsx';

type Answers = { onConfirm(): void; onClose(): void };
type Asked = { readonly action: Action; readonly isOutage: boolean };

/** `isOutage`: the technical problem has been stated for all packs already. */
export function ConfirmDialog({ action, isOutage, ...answers }: Answers & Asked) {
  const { card } = laterWords;
  switch (action.confirm) {
    case 'broken':
      return <Question {...card.broken} {...answers} />;
    case 'destroy':
      return <Question {...card.destroy} {...answers} />;
    case 'stolen':
      return <Question {...card.stolen} {...answers} />;
    case 'opened':
      return <Question {...card.opened} {...answers} />;
    case 'unlock':
      return <Question {...card.unlock} {...answers} />;
    case 'technical':
      return <TechnicalProblem isOutage={isOutage} {...answers} />;
    case 'broken-no-lock':
      return (
        <Dialog title={card.brokenNoLock.title} text={card.brokenNoLock.text} onClose={answers.onClose}>
          <Button label={card.close} onPress={answers.onClose} />
        </Dialog>
      );
    case undefined:
      return null;
  }
}

function Question(props: Answers & { title: string; text: string; confirm: string }) {
  return (
    <Dialog title={props.title} text={props.text} onClose={props.onClose}>
      <Button kind="danger" label={props.confirm} onPress={props.onConfirm} />
      <Button label={laterWords.card.cancel} onPress={props.onClose} />
    </Dialog>
  );
}

/** Delegated Regulation (EU) 2016/161 Art. 29: the user states the technical problem, and that the seal was looked at. */
function TechnicalProblem({ isOutage, onConfirm, onClose }: Answers & Pick<Asked, 'isOutage'>) {
  const [isProblem, setProblem] = useState(isOutage);
  const [isSealIntact, setSealIntact] = useState(false);
  const { technical, cancel } = laterWords.card;
  return (
    <Dialog title={technical.title} text={technical.text} onClose={onClose}>
      <Check label={technical.check} isChecked={isProblem} onChange={setProblem} />
      <Check label={technical.seal} isChecked={isSealIntact} onChange={setSealIntact} />
      <Button
        kind="danger"
        label={technical.confirm}
        isBusy={!isProblem || !isSealIntact}
        onPress={onConfirm}
      />
      <Button label={cancel} onPress={onClose} />
    </Dialog>
  );
}

function Check(props: { label: string; isChecked: boolean; onChange(isChecked: boolean): void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.isChecked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}
