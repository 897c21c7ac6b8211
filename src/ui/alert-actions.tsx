// The steps that a reader may take on a case: those that the rules allow now, by the same rules as the server's.
import { useState } from 'preact/hooks';
import type { AlertDetail, AlertsModel } from '../app/alerts-model.ts';
import {
  type AlertAction,
  CLOSE_REASONS,
  type CloseReason,
  FINDINGS,
  type Finding,
  isParty,
  whyNoStep,
} from '../domain/alerts/workflow.ts';
import { REASON_LENGTH_MAX } from '../domain/limits.ts';
import { laterWords } from './later-messages.ts';
import { AdviceBox, Busy, Button } from './parts.tsx';
import { run } from './run.ts';

type Shown = Extract<AlertDetail, { kind: 'shown' }>;

export function AlertActions({ alerts, detail }: { readonly alerts: AlertsModel; readonly detail: Shown }) {
  const { alert } = detail.response;
  const [note, setNote] = useState('');
  const [isAsked, setAsked] = useState(false);
  const { alerts: said } = laterWords;
  const may = (action: AlertAction) => whyNoStep(alert, action, alert.standing) === undefined;
  const written = note.trim() === '' ? null : note.trim();
  const take = (action: AlertAction) => run(alerts.take(action));
  const mayInvestigate = may({ kind: 'investigate', note: null });
  const mayEscalate = may({ kind: 'escalate', note: 'x' });
  const reasons = CLOSE_REASONS.filter((reason) => may({ kind: 'close', reason, note: 'x' }));
  const isOpen = alert.state !== 'closed';
  if (!isOpen && !mayInvestigate) return null;

  function needingNote(work: (text: string) => void): void {
    setAsked(written === null);
    if (written !== null) work(written);
  }

  return (
    <section class="panel">
      <h2>{said.actTitle}</h2>
      {detail.refused && <p role="alert">{said.refused(detail.refused)}</p>}
      {detail.failure && <AdviceBox advice={said.notSent(detail.failure)} />}
      {detail.isSending && <Busy label={said.sending} />}
      <Note value={note} isMissing={isAsked && written === null} onChange={setNote} />
      {isOpen && isParty(alert.standing) && (
        <FindingForm
          current={alert.findings[alert.standing]}
          isBusy={detail.isSending}
          onState={(finding) => take({ kind: 'finding', finding, note: written })}
        />
      )}
      {mayInvestigate && (
        <Button
          label={isOpen ? said.investigate : said.reopen}
          isBusy={detail.isSending}
          onPress={() => take({ kind: 'investigate', note: written })}
        />
      )}
      {mayEscalate && (
        <>
          <p class="quiet">{said.escalateHint}</p>
          <Button
            kind="danger"
            icon="warning"
            label={said.escalate}
            isBusy={detail.isSending}
            onPress={() => needingNote((text) => take({ kind: 'escalate', note: text }))}
          />
        </>
      )}
      {isOpen && reasons.length > 0 && (
        <CloseForm
          reasons={reasons}
          isBusy={detail.isSending}
          onClose={(reason) => {
            const close = (text: string | null) => take({ kind: 'close', reason, note: text });
            if (reason === 'other') needingNote(close);
            else close(written);
          }}
        />
      )}
      {isOpen && reasons.length === 0 && <p class="quiet">{whyNotClosed(alert)}</p>}
    </section>
  );
}

function whyNotClosed(alert: Shown['response']['alert']): string {
  const why = whyNoStep(alert, { kind: 'close', reason: 'process-error', note: null }, alert.standing);
  return why === 'cause-not-found' ? laterWords.alerts.closeNot : laterWords.alerts.closeNotHere;
}

function Note(props: { readonly value: string; readonly isMissing: boolean; onChange(text: string): void }) {
  const { alerts: said } = laterWords;
  return (
    <div class="field">
      <label for="alert-note">{said.note}</label>
      <textarea
        id="alert-note"
        class="input"
        rows={3}
        maxLength={REASON_LENGTH_MAX}
        value={props.value}
        aria-invalid={props.isMissing}
        aria-describedby={props.isMissing ? 'alert-note-missing' : undefined}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
      {props.isMissing && (
        <p id="alert-note-missing" class="field-error" role="alert">
          {said.noteNeeded}
        </p>
      )}
    </div>
  );
}

function FindingForm(props: {
  readonly current: Finding;
  readonly isBusy: boolean;
  onState(finding: Finding): void;
}) {
  const [finding, setFinding] = useState(props.current);
  const { alerts: said } = laterWords;
  return (
    <>
      <label class="field">
        <span>{said.findingLabel}</span>
        <select
          class="input"
          value={finding}
          onChange={({ currentTarget: { value } }) =>
            setFinding(FINDINGS.find((each) => each === value) ?? finding)
          }
        >
          {FINDINGS.map((each) => (
            <option key={each} value={each}>
              {said.finding(each)}
            </option>
          ))}
        </select>
      </label>
      <Button label={said.stateFinding} isBusy={props.isBusy} onPress={() => props.onState(finding)} />
    </>
  );
}

function CloseForm(props: {
  readonly reasons: readonly CloseReason[];
  readonly isBusy: boolean;
  onClose(reason: CloseReason): void;
}) {
  const [chosen, setChosen] = useState(props.reasons[0]);
  const { alerts: said } = laterWords;
  if (!chosen) return null;
  return (
    <>
      <h3>{said.closeTitle}</h3>
      <label class="field">
        <span>{said.closeLabel}</span>
        <select
          class="input"
          value={chosen}
          onChange={({ currentTarget: { value } }) =>
            setChosen(props.reasons.find((each) => each === value) ?? chosen)
          }
        >
          {props.reasons.map((each) => (
            <option key={each} value={each}>
              {said.reason(each)}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet">{said.reasonHint(chosen)}</p>
      <Button label={said.close} isBusy={props.isBusy} onPress={() => props.onClose(chosen)} />
    </>
  );
}
