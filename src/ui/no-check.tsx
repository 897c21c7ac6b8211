// Packs that need no check: says why, and sends nothing. Checking them would raise alerts for nothing.
import { useState } from 'preact/hooks';
import { laterWords } from './later-messages.ts';
import { Button, Dialog } from './parts.tsx';

const REASONS = ['out-of-scope', 'unlicensed-import', 'opened'] as const;

export function NoCheckButton() {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState<(typeof REASONS)[number] | undefined>(undefined);
  const { noCheck, card } = laterWords;
  function close(): void {
    setOpen(false);
    setReason(undefined);
  }
  return (
    <>
      <Button icon="info" label={noCheck.open} onPress={() => setOpen(true)} />
      {isOpen && (
        <Dialog
          key={reason}
          title={reason ? noCheck.reasons[reason].label : noCheck.title}
          text={reason ? noCheck.reasons[reason].note : noCheck.text}
          onClose={close}
        >
          {!reason &&
            REASONS.map((each) => (
              <Button key={each} label={noCheck.reasons[each].label} onPress={() => setReason(each)} />
            ))}
          <Button kind="quiet" label={card.close} onPress={close} />
        </Dialog>
      )}
    </>
  );
}
