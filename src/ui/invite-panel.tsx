// A one-time code for another device of the same site, as a QR and as a link.
import { useEffect, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import { laterWords } from './later-messages.ts';
import { AdviceBox, Busy, Button } from './parts.tsx';
import { QrCode } from './qr-code.tsx';
import { run } from './run.ts';

export function InvitePanel({ app }: { readonly app: AppModel }) {
  const state = app.invite.value;
  const open = () => run(app.openInvite());
  // A code left on the screen is a code for whoever passes by.
  useEffect(() => () => app.closeInvite(), [app]);
  return (
    <section class="panel">
      <h2>{laterWords.device.inviteTitle}</h2>
      <p>{laterWords.device.inviteIntro}</p>
      {state.kind === 'closed' && <Button label={laterWords.device.invite} icon="device" onPress={open} />}
      {state.kind === 'loading' && <Busy label={laterWords.device.inviteLoading} />}
      {state.kind === 'failed' && (
        <>
          <AdviceBox advice={laterWords.inviteFailure(state.why)} />
          <Button label={laterWords.device.tryAgain} onPress={open} />
        </>
      )}
      {state.kind === 'shown' &&
        (app.nowMs.value < state.expiresMs ? (
          <Invitation link={state.link} expiresMs={state.expiresMs} onClose={app.closeInvite} />
        ) : (
          <>
            <p role="alert">{laterWords.device.inviteOver}</p>
            <Button label={laterWords.device.invite} onPress={open} />
          </>
        ))}
    </section>
  );
}

function Invitation(props: { readonly link: string; readonly expiresMs: number; onClose(): void }) {
  const [copy, setCopy] = useState<'not-yet' | 'copied' | 'refused'>('not-yet');
  const { device } = laterWords;
  return (
    <div class="invitation">
      <p>{device.inviteScan}</p>
      <QrCode text={props.link} label={device.inviteQr} />
      <p class="quiet">{device.inviteUntil(props.expiresMs)}</p>
      <Button
        label={copy === 'copied' ? device.inviteCopied : device.inviteCopy}
        onPress={() =>
          copied(props.link).then(
            () => setCopy('copied'),
            () => setCopy('refused'),
          )
        }
      />
      {copy === 'refused' && (
        <p role="status">
          {device.inviteNotCopied} <span class="code">{props.link}</span>
        </p>
      )}
      <Button kind="primary" label={device.inviteClose} onPress={props.onClose} />
    </div>
  );
}

/** Rejects where there is no clipboard (an old browser, an address that is not secure) and where it is refused. */
async function copied(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
