// What else can be recorded on the pack on screen, and the reference that goes with whatever is recorded next.
import { REASON_LENGTH_MAX } from '../domain/limits.ts';
import { iconOf, labelOf } from './action-labels.ts';
import type { Action } from './actions.ts';
import { laterWords } from './later-messages.ts';
import { NoCheckButton } from './no-check.tsx';
import { Button, Dialog } from './parts.tsx';

export function MoreDialog(props: {
  readonly actions: readonly Action[];
  readonly reference: string;
  onReference(text: string): void;
  onPress(action: Action): void;
  onClose(): void;
}) {
  return (
    <Dialog title={laterWords.card.moreTitle} onClose={props.onClose}>
      {props.actions.map((action) => (
        <Button
          key={action.label}
          icon={iconOf(action)}
          kind={action.confirm ? 'danger' : 'plain'}
          label={labelOf(action)}
          onPress={() => props.onPress(action)}
        />
      ))}
      <NoCheckButton />
      <div class="field">
        <label for="reference">{laterWords.card.reference}</label>
        <p id="reference-hint" class="quiet">
          {laterWords.card.referenceHint}
        </p>
        <input
          id="reference"
          type="text"
          class="input"
          value={props.reference}
          maxLength={REASON_LENGTH_MAX}
          aria-describedby="reference-hint"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => props.onReference(event.currentTarget.value)}
        />
      </div>
      <Button label={laterWords.card.close} kind="quiet" onPress={props.onClose} />
    </Dialog>
  );
}
