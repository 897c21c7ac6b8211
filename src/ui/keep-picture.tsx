// Keeps what the camera sees, for whoever has to report it: into a file of the user's; the app keeps none.
import { useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import { laterWords } from './later-messages.ts';
import { Button } from './parts.tsx';
import { run } from './run.ts';
import { saveBlob } from './save-file.ts';

export function KeepPicture({ app }: { readonly app: AppModel }) {
  const [hasFailed, setFailed] = useState(false);
  const { keep, notKept } = laterWords.guide;
  return (
    <Button
      label={hasFailed ? notKept : keep}
      icon="photo"
      onPress={() => run(keepPicture(app).then((isKept) => setFailed(!isKept)))}
    />
  );
}

async function keepPicture({ scanner, nowMs }: AppModel): Promise<boolean> {
  const picture = await scanner.takeStill();
  if (!(picture instanceof Blob)) return false;
  const moment = new Date(nowMs.value).toISOString().slice(0, 19).replaceAll(':', '');
  saveBlob(`packtrail-unread-${moment}Z.jpg`, picture);
  return true;
}
