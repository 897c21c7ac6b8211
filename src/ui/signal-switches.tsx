// Sound and vibration for what became of a scan, each with its switch.
import type { AppModel } from '../app/app-model.ts';
import { laterWords } from './later-messages.ts';
import { run } from './run.ts';

export function SignalSwitches({ app }: { readonly app: AppModel }) {
  const { signalling } = app;
  const choice = signalling.choice.value;
  const { guide } = laterWords;
  return (
    <fieldset class="switches">
      <legend class="sr-only">{guide.signals}</legend>
      <label>
        <input
          type="checkbox"
          checked={choice.sound}
          onChange={(event) => run(signalling.choose({ ...choice, sound: event.currentTarget.checked }))}
        />
        <span>{guide.sound}</span>
      </label>
      {signalling.canShake && (
        <label>
          <input
            type="checkbox"
            checked={choice.shake}
            onChange={(event) => run(signalling.choose({ ...choice, shake: event.currentTarget.checked }))}
          />
          <span>{guide.shake}</span>
        </label>
      )}
    </fieldset>
  );
}
