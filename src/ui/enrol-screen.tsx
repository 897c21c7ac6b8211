// Enrolment by the one-time link: asks before it acts, because the link makes this device speak for a site.
import type { AppModel } from '../app/app-model.ts';
import type { EnrolState, RootModel } from '../app/root-model.ts';
import { laterWords } from './later-messages.ts';
import { hrefOf, useNavigation } from './navigation.ts';
import { AdviceBox, Busy, Button, Screen } from './parts.tsx';
import { run } from './run.ts';

type Props = { readonly root: RootModel; readonly app: AppModel | undefined };

/** `app` is undefined where this device could not be opened. */
export function EnrolScreen({ root, app }: Props) {
  const navigation = useNavigation();
  const link = navigation.enrolLink.value;
  const state = stateOf(root.enrol.value, link?.code);
  function leave(): void {
    navigation.forgetEnrolLink();
    navigation.go('');
  }
  const enrol = link && (() => run(root.enrolWith(link.code, link.keyHash)));
  return (
    <Screen title={laterWords.enrol.title}>
      {state.kind === 'done' ? (
        <Done app={app} onLeave={leave} />
      ) : (
        <>
          {state.kind === 'failed' && <AdviceBox advice={laterWords.enrolFailure(state.why)} />}
          {enrol ? <Consequences app={app} /> : <p>{laterWords.enrol.noLink}</p>}
          {state.kind === 'working' && <Busy label={laterWords.enrol.working} />}
          {state.kind !== 'working' && enrol && (
            <Button
              kind="primary"
              label={state.kind === 'failed' ? laterWords.enrol.tryAgain : laterWords.enrol.act}
              onPress={enrol}
            />
          )}
          {state.kind !== 'working' && (
            <Button kind="quiet" label={laterWords.enrol.notNow} onPress={leave} />
          )}
        </>
      )}
    </Screen>
  );
}

function stateOf(state: EnrolState, code: string | undefined): EnrolState {
  const isOfAnother = code !== undefined && state.kind !== 'idle' && state.code !== code;
  return isOfAnother && state.kind !== 'working' ? { kind: 'idle' } : state;
}

function Consequences({ app }: Pick<Props, 'app'>) {
  const unsent = app?.outbox.unsentCount.value ?? 0;
  const isEnrolled = app?.mode.kind === 'enrolled';
  return (
    <>
      <p>{laterWords.enrol.intro}</p>
      {app && (
        <p>
          {app.mode.kind === 'enrolled'
            ? laterWords.enrol.already(app.mode.siteName)
            : laterWords.enrol.leavesPractice}
        </p>
      )}
      {isEnrolled && unsent > 0 && (
        <>
          <p>{laterWords.enrol.unsent(unsent)}</p>
          <OutboxLink />
        </>
      )}
      <p class="quiet">{laterWords.enrol.consequence}</p>
    </>
  );
}

function OutboxLink() {
  return (
    <a class="button button-plain" href={hrefOf('outbox')}>
      {laterWords.enrol.outbox}
    </a>
  );
}

function Done({ app, onLeave }: Pick<Props, 'app'> & { onLeave(): void }) {
  return (
    <>
      <p role="status">
        {laterWords.enrol.done} {app?.mode.kind === 'enrolled' && laterWords.enrol.doneAt(app.mode.siteName)}
      </p>
      <Button kind="primary" label={laterWords.enrol.go} onPress={onLeave} />
    </>
  );
}
