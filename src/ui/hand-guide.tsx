// Words for the hand while the camera reads nothing, and a picture of what it sees for whoever has to report it. The
// picture is made when it is asked for and goes to a file of the user's; the app keeps none.
import type { AppModel } from '../app/app-model.ts';
import { laterWords } from './later-messages.ts';
import { Button } from './parts.tsx';
import { run } from './run.ts';
import { saveBlob } from './save-file.ts';

export function HandGuide({ app }: { readonly app: AppModel }) {
  const advice = app.scanner.advice.value;
  const { guide } = laterWords;
  return (
    <div class="hand-guide">
      <p role="status">{advice && guide.advice(advice, app.pallet.state.value.kind === 'open')}</p>
      {advice && <Button label={guide.keep} icon="photo" onPress={() => run(keepPicture(app))} />}
    </div>
  );
}

async function keepPicture({ scanner, nowMs }: AppModel): Promise<void> {
  const picture = await scanner.takeStill();
  if (!(picture instanceof Blob)) return;
  const moment = new Date(nowMs.value).toISOString().slice(0, 19).replaceAll(':', '');
  saveBlob(`packtrail-unread-${moment}Z.jpg`, picture);
}
