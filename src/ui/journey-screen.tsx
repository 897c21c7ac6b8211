// A pack's journey: what, when, where and who, as far as this site may know, each step checked on this device.
import { useSignal } from '@preact/signals';
import type { AppModel } from '../app/app-model.ts';
import { isSamePack } from '../app/journal.ts';
import type { SyncFailure } from '../app/sync-model.ts';
import type { TrailState, TrailStepView } from '../app/trail-model.ts';
import { Icon } from './icons.tsx';
import { useBackGesture, useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Busy, Button, FocusedTitle } from './parts.tsx';
import { UndoButton } from './recorded-actions.tsx';
import { run } from './run.ts';
import { saveFile } from './save-file.ts';

export function JourneyScreen({ app }: { readonly app: AppModel }) {
  const state = app.trail.state.value;
  useBackGesture(app.trail.close);
  useKeys('journey', { onEscape: app.trail.close });
  return (
    <main class="screen">
      <div class="screen-head">
        <button type="button" class="icon-button" aria-label={words.home.back} onClick={app.trail.close}>
          <Icon name="back" />
        </button>
        <FocusedTitle>{laterWords.journey.title}</FocusedTitle>
      </div>
      {state.kind === 'loading' && <Busy label={laterWords.journey.loading} />}
      {state.kind === 'failed' && <AdviceBox advice={laterWords.trailFailure(state.why)} />}
      {state.kind === 'shown' && <Journey app={app} state={state} />}
    </main>
  );
}

type Shown = Extract<TrailState, { kind: 'shown' }>;

type JourneyProps = { readonly app: AppModel; readonly state: Shown };

function Journey({ app, state }: JourneyProps) {
  const nowMs = app.nowMs.value;
  const { pack, steps } = state;
  return (
    <>
      <p class="product">{state.productName ?? laterWords.card.noName}</p>
      <p class="code">{pack.serial}</p>
      {steps.length === 0 && <p>{laterWords.journey.empty}</p>}
      <ol class="journey">
        {steps.map((step) => (
          <Step key={step.index} step={step} nowMs={nowMs} />
        ))}
      </ol>
      <SiteUndo app={app} state={state} />
      <Evidence app={app} state={state} />
    </>
  );
}

/** What another device of this site did can be undone here, from the card of the pack. */
function SiteUndo({ app, state: { pack, undoable } }: JourneyProps) {
  const card = app.scanner.state.value;
  const scan = card.kind === 'judged' && isSamePack(card.scan.pack, pack) ? card.scan : undefined;
  if (!undoable || !scan || scan.undoable) return null;
  return (
    <section class="screen-part">
      <p>{laterWords.journey.undoHint}</p>
      <UndoButton app={app} scan={scan} act={undoable} onUndone={app.trail.close} />
    </section>
  );
}

function Step({ step, nowMs }: { readonly step: TrailStepView; readonly nowMs: number }) {
  const { where, receiptTimeMs, user, container } = step;
  const isWithheld = receiptTimeMs === undefined && where === undefined;
  return (
    <li class={where?.own ? 'step step-own' : 'step'}>
      <h2>{words.operation(step.operation).past}</h2>
      {isWithheld ? (
        <p class="quiet">{laterWords.journey.withheld}</p>
      ) : (
        <p>
          {receiptTimeMs === undefined
            ? laterWords.journey.noTime
            : words.format.moment(receiptTimeMs, nowMs)}
          {' · '}
          {where ? laterWords.journey.at(where.organisation, where.site) : laterWords.journey.withheldWhere}
          {user !== undefined && `, ${laterWords.journey.by(user)}`}
        </p>
      )}
      <p class="step-tags">
        {where && <span class="tag">{words.role(where.role)}</span>}
        {where?.own && <span class="tag tag-own">{laterWords.journey.own}</span>}
      </p>
      {container !== undefined && <p class="quiet code">{laterWords.journey.inContainer(container)}</p>}
    </li>
  );
}

function Evidence({ app, state: { steps, logSize, checkpoint } }: JourneyProps) {
  const why = useSignal<SyncFailure | undefined>(undefined);
  const save = async (step: TrailStepView) => {
    const proof = await app.trail.exportProof(step);
    why.value = proof.ok ? undefined : proof.error;
    if (proof.ok) saveFile(`packtrail-entry-${step.index}.tlog-proof`, 'text/plain', proof.value);
  };
  return (
    <details class="evidence">
      <summary>{laterWords.journey.evidence}</summary>
      <p>{laterWords.journey.evidenceIntro(logSize)}</p>
      <ol class="proofs">
        {steps.map((step) => (
          <li key={step.index}>
            <Icon name="check" />
            <span>
              {words.operation(step.operation).past}: {laterWords.journey.place(step.index)}.{' '}
              {laterWords.journey.proven(step.evidence)}.
            </span>
            <Button label={laterWords.journey.saveProof(step.index)} onPress={() => run(save(step))} />
          </li>
        ))}
      </ol>
      {why.value && <AdviceBox advice={laterWords.syncFailure(why.value)} />}
      <h2>{laterWords.journey.checkpoint}</h2>
      <pre class="checkpoint">{checkpoint}</pre>
      <Button
        icon="data"
        label={laterWords.journey.save}
        onPress={() => saveFile(`packtrail-checkpoint-${logSize}.txt`, 'text/plain', checkpoint)}
      />
    </details>
  );
}
