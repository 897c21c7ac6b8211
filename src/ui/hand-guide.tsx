// Words for the hand while the camera reads nothing, and a picture of what it sees for whoever has to report it. The
// picture is made when it is asked for and goes to a file of the user's; the app keeps none.
import { useEffect, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import { adviseHand, type HandAdvice } from '../domain/picture/frame-look.ts';
import { laterWords } from './later-messages.ts';
import { Button } from './parts.tsx';
import { run } from './run.ts';
import { saveBlob } from './save-file.ts';

const PERIOD_MS = 1_000;
/** Blurred for so many looks in a row, a still hand has not helped. */
const BLURRED_LOOKS_MAX = 5;

export function HandGuide({ app }: { readonly app: AppModel }) {
  const { scanner } = app;
  const [advice, setAdvice] = useState<HandAdvice | 'clean-lens'>();
  // For as long as the camera's picture is shown
  useEffect(() => {
    let blurredLooks = 0;
    const look = () => {
      const picture = document.visibilityState === 'visible' ? scanner.lookUnread() : undefined;
      const seen = picture && adviseHand(picture);
      blurredLooks = seen === 'hold-still' ? blurredLooks + 1 : 0;
      setAdvice(blurredLooks > BLURRED_LOOKS_MAX ? 'clean-lens' : seen);
    };
    look();
    const timer = setInterval(look, PERIOD_MS);
    return () => clearInterval(timer);
  }, [scanner]);
  const { guide } = laterWords;
  return (
    <div class="hand-guide">
      <p role="status">{advice && guide.advice(advice)}</p>
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
