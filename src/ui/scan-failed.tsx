// A code that gave no verdict: why, and what to do. Says nothing about the pack, because nothing is known about it.
import type { AppModel } from '../app/app-model.ts';
import type { ScanFailure, TypedCode } from '../app/scan-model.ts';
import { Icon, Sign } from './icons.tsx';
import { KeepPicture } from './keep-picture.tsx';
import { useBackGesture, useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { hrefOf } from './navigation.ts';
import { NoCheckButton } from './no-check.tsx';
import { Button, Facts, FocusedTitle } from './parts.tsx';
import { PhotoButton } from './photo-button.tsx';
import { run } from './run.ts';
import { SentText } from './sent-text.tsx';
import { TypedForm } from './typed-screen.tsx';

export function ScanFailed({ app, failure }: { readonly app: AppModel; readonly failure: ScanFailure }) {
  const { scanner } = app;
  const advice = laterWords.scanFailure(failure);
  const isIncomplete = failure.kind === 'incomplete';
  const isSeen = failure.kind === 'unreadable' && scanner.camera.value.kind === 'on';
  useBackGesture(scanner.dismiss);
  useKeys(`failed ${failure.kind}`, {
    onEnter: isIncomplete ? undefined : scanner.dismiss,
    onEscape: scanner.dismiss,
  });
  return (
    <main class="verdict verdict-failed tone-ask">
      <div class="banner">
        <Sign name="ask" />
        <FocusedTitle>{isIncomplete ? words.typed.incompleteTitle : words.typed.readTitle}</FocusedTitle>
        <p class="banner-meaning">{advice.what}</p>
      </div>
      <div class="verdict-body">
        <p class="next-step">{advice.next}</p>
        {!isIncomplete && <p class="quiet">{advice.kept}</p>}
        {(failure.kind === 'unreadable' || failure.kind === 'keyed') && (
          <SentText title={words.typed.readText} text={failure.text} />
        )}
        {isSeen && <KeepPicture app={app} />}
        {isIncomplete && <Incomplete app={app} pack={failure.pack} />}
      </div>
      <div class={isIncomplete ? 'dock dock-after' : 'dock'}>
        <Button
          kind={isIncomplete ? 'plain' : 'primary'}
          label={words.typed.tryAgain}
          onPress={scanner.dismiss}
        />
        <div class="dock-row">
          <NoCheckButton />
          <PhotoButton
            class="button button-plain"
            label={words.home.photo}
            onPhoto={(file) => run(scanner.readPhoto(file))}
          />
          {!isIncomplete && (
            <a class="button button-plain" href={hrefOf('type')} onClick={scanner.dismiss}>
              <Icon name="keyboard" />
              <span>{words.home.type}</span>
            </a>
          )}
        </div>
      </div>
      <p class="sr-only" role="status">
        {`${advice.what} ${advice.next}`}
      </p>
    </main>
  );
}

function Incomplete(props: {
  readonly app: AppModel;
  readonly pack: Extract<ScanFailure, { kind: 'incomplete' }>['pack'];
}) {
  const { labels } = laterWords.card;
  const { productCode, serial, batch, expiry } = props.pack;
  const [scheme, code = productCode] = productCode.split(':');
  const known: Partial<TypedCode> = {
    ...{ productCode: code, serial },
    ...(batch === undefined ? {} : { batch }),
    ...(expiry === undefined ? {} : { expiry }),
  };
  return (
    <>
      <Facts
        codes
        facts={[
          [labels.serial, serial],
          ...(batch === undefined ? [] : [[labels.batch, batch] as const]),
          ...(expiry === undefined ? [] : [[labels.expiry, words.format.day(expiry)] as const]),
          [scheme === 'ppn' ? labels.ppn : labels.gtin, code],
        ]}
      />
      {/* Another pack gets a form of its own: what was typed belongs to the one before. */}
      <TypedForm key={JSON.stringify(known)} app={props.app} known={known} />
    </>
  );
}
