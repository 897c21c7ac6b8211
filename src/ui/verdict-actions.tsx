// What can be recorded for the pack on screen. The button is the seal question; what cannot be undone asks once more.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import { lastingOutage } from '../app/outage-model.ts';
import type { RecordFailure } from '../app/outbox-model.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import type { Reason } from '../domain/reason.ts';
import type { Tone } from '../domain/verdict.ts';
import { iconOf, labelOf } from './action-labels.ts';
import { type Action, planActions } from './actions.ts';
import { STANDING_MS_MIN, useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { MoreDialog } from './more-dialog.tsx';
import { AdviceBox, Button } from './parts.tsx';
import { ConfirmDialog } from './record-dialogs.tsx';
import { UndoButton } from './recorded-actions.tsx';
import { run } from './run.ts';

type Open = { readonly kind: 'more' } | { readonly kind: 'confirm'; readonly action: Action } | undefined;

export function VerdictActions({ app, scan, tone, onRecorded }: Props) {
  const [open, setOpen] = useState<Open>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [reference, setReference] = useState('');
  const [failure, setFailure] = useState<RecordFailure | undefined>(undefined);
  const plan = planActions(scan, tone, app.workplace.value, app.offers(scan));
  const isArmed = useArming(`${tone} ${plan.primary?.label}`);

  // A question that was open when the ledger spoke up is about another situation.
  // A new tone is what closes it
  useEffect(() => setOpen(undefined), [tone]);

  async function record({ request }: Action): Promise<void> {
    setOpen(undefined);
    if (!request || isBusy) return;
    setBusy(true);
    onRecorded(request.reason);
    try {
      setFailure(await app.outbox.record({ scan, ...request, reference: reference.trim() || undefined }));
    } finally {
      setBusy(false);
    }
  }
  function press(action: Action): void {
    if (!isArmed()) return;
    if (action.confirm) setOpen({ kind: 'confirm', action });
    else run(record(action));
  }
  const { primary, variant, sealBroken, more } = plan;
  useKeys(`${tone} ${scan.pack.serial} ${primary?.label}`, {
    onEnter: primary && (() => press(primary)),
    onEscape: () => undefined,
  });
  return (
    <div class="dock">
      {failure && <AdviceBox advice={laterWords.recordFailure(failure)} />}
      {reference.trim() !== '' && (
        <p class="dock-reference">{laterWords.card.referenceGiven(reference.trim())}</p>
      )}
      {primary && (
        <Button
          kind={tone === 'go' ? 'primary' : 'plain'}
          icon={iconOf(primary)}
          label={isBusy ? laterWords.card.recording : labelOf(primary)}
          isBusy={isBusy}
          onPress={() => press(primary)}
        />
      )}
      {variant && (
        <Button
          icon={iconOf(variant)}
          label={labelOf(variant)}
          isBusy={isBusy}
          onPress={() => press(variant)}
        />
      )}
      <div class="dock-row">
        {sealBroken && (
          <Button
            icon={iconOf(sealBroken)}
            label={labelOf(sealBroken)}
            isBusy={isBusy}
            onPress={() => press(sealBroken)}
          />
        )}
        <UndoButton app={app} scan={scan} />
        {(primary || more.length > 0) && (
          <Button icon="more" label={laterWords.card.more} onPress={() => setOpen({ kind: 'more' })} />
        )}
        <Button
          icon="next"
          kind={primary ? 'plain' : 'primary'}
          label={laterWords.card.next}
          onPress={app.scanner.dismiss}
        />
      </div>
      {open?.kind === 'more' && (
        <MoreDialog
          actions={more}
          reference={reference}
          onReference={setReference}
          onPress={press}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open?.kind === 'confirm' && (
        <ConfirmDialog
          key={open.action.label}
          action={open.action}
          isOutage={lastingOutage(app.outages.outages.value) !== undefined}
          onConfirm={() => run(record(open.action))}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

type Props = {
  readonly app: AppModel;
  readonly scan: JudgedScan;
  readonly tone: Tone;
  onRecorded(reason: Reason | undefined): void;
};

/** The ledger's answer may change the buttons under a thumb: a tap right after a change was meant for the old ones. */
function useArming(scene: string): () => boolean {
  const sinceMs = useRef(Number.POSITIVE_INFINITY);
  // A new scene is what disarms the buttons, before it can be seen
  useLayoutEffect(() => {
    sinceMs.current = Number.POSITIVE_INFINITY;
  }, [scene]);
  useEffect(() => {
    sinceMs.current = performance.now();
  }, [scene]);
  return () => performance.now() - sinceMs.current >= STANDING_MS_MIN;
}
