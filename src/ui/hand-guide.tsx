// Words for the hand in front of the camera: what its picture lacks, or what the code in it is that is no pack's.
import type { AppModel } from '../app/app-model.ts';
import { Icon } from './icons.tsx';
import { KeepPicture } from './keep-picture.tsx';
import { laterWords } from './later-messages.ts';

export function HandGuide({ app }: { readonly app: AppModel }) {
  const { scanner, pallet } = app;
  const advice = scanner.advice.value;
  const isMany = pallet.state.value.kind === 'open';
  // A list says so itself.
  const passed = isMany || advice ? undefined : scanner.passedOver.value;
  const { guide, scanFailure } = laterWords;
  const failure = passed && passed.kind !== 'taken-off' ? scanFailure(passed) : undefined;
  return (
    <div class={isMany ? 'hand-guide' : 'hand-guide hand-guide-one'}>
      <p role="status">
        {advice ? guide.advice(advice, isMany) : failure && `${failure.what} ${failure.next}`}
      </p>
      {failure && (
        <button
          type="button"
          class="icon-button"
          aria-label={passed?.kind === 'incomplete' ? guide.complete : guide.explain}
          onClick={scanner.explain}
        >
          <Icon name="info" />
        </button>
      )}
      {advice && <KeepPicture app={app} />}
    </div>
  );
}
