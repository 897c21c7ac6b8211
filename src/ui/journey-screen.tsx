// A pack's journey: what, when, where and who, as far as this site may know, each step checked on this device.
import type { AppModel } from '../app/app-model.ts';
import type { TrailState, TrailStepView } from '../app/trail-model.ts';
import { Icon } from './icons.tsx';
import { useBackGesture, useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Busy, Button, FocusedTitle } from './parts.tsx';
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
      {state.kind === 'failed' && <AdviceBox advice={words.trailFailure(state.why)} />}
      {state.kind === 'shown' && <Journey state={state} nowMs={app.nowMs.value} />}
    </main>
  );
}

type Shown = Extract<TrailState, { kind: 'shown' }>;

function Journey({ state, nowMs }: { readonly state: Shown; readonly nowMs: number }) {
  const { pack, steps } = state;
  return (
    <>
      <p class="product">{state.productName ?? laterWords.card.noName}</p>
      <p class="code">{pack.serial}</p>
      {steps.length === 0 && <p>{laterWords.journey.empty}</p>}
      <ol class="steps">
        {steps.map((step) => (
          <Step key={step.index} step={step} nowMs={nowMs} />
        ))}
      </ol>
      <Evidence state={state} />
    </>
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

function Evidence({ state: { steps, logSize, checkpoint } }: { readonly state: Shown }) {
  return (
    <details class="evidence">
      <summary>{laterWords.journey.evidence}</summary>
      <p>{laterWords.journey.evidenceIntro(logSize)}</p>
      <ol class="proofs">
        {steps.map(({ index, operation, evidence }) => (
          <li key={index}>
            <Icon name="check" />
            <span>
              {words.operation(operation).past}: {laterWords.journey.place(index)}.{' '}
              {laterWords.journey.proven(evidence)}.
            </span>
          </li>
        ))}
      </ol>
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
