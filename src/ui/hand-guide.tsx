// Words for the hand while the camera reads nothing.
import type { AppModel } from '../app/app-model.ts';
import { KeepPicture } from './keep-picture.tsx';
import { laterWords } from './later-messages.ts';

export function HandGuide({ app }: { readonly app: AppModel }) {
  const advice = app.scanner.advice.value;
  const { guide } = laterWords;
  return (
    <div class="hand-guide">
      <p role="status">{advice && guide.advice(advice, app.pallet.state.value.kind === 'open')}</p>
      {advice && <KeepPicture app={app} />}
    </div>
  );
}
