// Instead of a blank page: why this device could not be opened, what to do, and that nothing was lost.
import type { RootModel, StartFailure } from '../app/root-model.ts';
import { EnrolScreen } from './enrol-screen.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { useNavigation } from './navigation.ts';
import { AdviceBox, Button, FocusedTitle } from './parts.tsx';
import { run } from './run.ts';
import { saveFile } from './save-file.ts';

type Props = { readonly root: RootModel; readonly failure: StartFailure };

export function StartFailedScreen({ root, failure }: Props) {
  // Enrolling again is the way out where identity or key are gone.
  const mayEnrol = useNavigation().route.value === 'enrol';
  return mayEnrol ? (
    <EnrolScreen root={root} app={undefined} />
  ) : (
    <main class="screen">
      <FocusedTitle>{words.start.title}</FocusedTitle>
      <AdviceBox advice={words.startFailure(failure)} />
      <Button kind="primary" label={words.start.again} onPress={() => run(root.start())} />
      {failure.kind !== 'practice' && (
        <Button label={laterWords.outbox.save} onPress={() => run(saveOutbox(root))} />
      )}
      {canPractise(failure) && (
        <>
          <Button icon="practise" label={words.start.practise} onPress={() => run(root.practise())} />
          <p class="quiet">{words.start.practiseHint}</p>
        </>
      )}
    </main>
  );
}

async function saveOutbox(root: RootModel): Promise<void> {
  for (const { name, text } of (await root.exportOutbox()) ?? []) saveFile(name, 'application/json', text);
}

/** Where the browser itself stands in the way, the device may never have been enrolled. */
function canPractise({ code }: StartFailure): boolean {
  return code === 'refused' || code === 'unsupported';
}
