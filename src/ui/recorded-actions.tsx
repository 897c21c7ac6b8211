// After recording: on to the next pack, or take it back if it never left (Art. 13).
import { useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { RecordFailure, SiteAct } from '../app/outbox-model.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import { useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { AdviceBox, Button, Dialog } from './parts.tsx';
import { run } from './run.ts';

export function RecordedActions({ app, scan, mayUndo }: Props) {
  const next = app.scanner.dismiss;
  useKeys(`recorded ${scan.recorded?.eventId}`, { onEnter: next, onEscape: () => undefined });
  return (
    <div class="dock">
      <Button kind="primary" icon="next" label={laterWords.card.next} onPress={next} />
      <div class="dock-row">{mayUndo && <UndoButton app={app} scan={scan} />}</div>
      <p class="quiet dock-hint">{laterWords.card.nextHint}</p>
    </div>
  );
}

type Props = {
  readonly app: AppModel;
  readonly scan: JudgedScan;
  /** The ledger took what was recorded, as far as is known. */
  readonly mayUndo: boolean;
};

/** Nothing where the rules allow no undo. */
export function UndoButton({ app, scan, act, onUndone }: UndoProps) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RecordFailure | undefined>(undefined);
  async function answer(handedOver: boolean): Promise<void> {
    setAsking(false);
    setBusy(true);
    try {
      const failed = await app.outbox.undo({ scan, handedOver, act });
      setFailure(failed);
      if (!failed) onUndone?.();
    } finally {
      setBusy(false);
    }
  }
  const { undoQuestion, undo, cancel } = laterWords.card;
  return (
    <>
      {failure && <AdviceBox advice={laterWords.recordFailure(failure)} />}
      {(act ?? scan.undoable) && (
        <Button icon="undo" label={undo} isBusy={isBusy} onPress={() => setAsking(true)} />
      )}
      {isAsking && (
        <Dialog title={undoQuestion.title} text={undoQuestion.text} onClose={() => setAsking(false)}>
          {!app.online.value && (
            <p class="quiet">{undoQuestion.offline(app.nowMs.value, app.clockSkew.value)}</p>
          )}
          <Button icon="undo" label={undoQuestion.no} onPress={() => run(answer(false))} />
          <Button label={undoQuestion.yes} onPress={() => run(answer(true))} />
          <Button kind="quiet" label={cancel} onPress={() => setAsking(false)} />
        </Dialog>
      )}
    </>
  );
}

type UndoProps = {
  readonly app: AppModel;
  readonly scan: JudgedScan;
  /** Another device of this site recorded it. */
  readonly act?: SiteAct;
  readonly onUndone?: () => void;
};
