// Outages: declare one, end it, see what of the supplies needs attention, and print the log of what was supplied.
import { useEffect, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import { OUTAGE_MS_MAX } from '../app/journal.ts';
import {
  lastingOutage,
  OUTAGE_REASONS,
  type Outage,
  type OutageAttention,
  type OutageReason,
  type OutageSupply,
} from '../app/outage-model.ts';
import type { RecordFailure } from '../app/outbox-model.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Button, Screen } from './parts.tsx';
import { run } from './run.ts';

export function OutageScreen({ app }: { readonly app: AppModel }) {
  const { outages, attention, uncheckedCount, mayDeclare } = app.outages;
  const [failure, setFailure] = useState<RecordFailure | undefined>(undefined);
  const { outage: said } = laterWords;
  const current = lastingOutage(outages.value);
  return (
    <Screen title={said.title}>
      <div class="screen-part no-print">
        <p>{said.intro}</p>
        {failure && <AdviceBox advice={laterWords.recordFailure(failure)} />}
        {!mayDeclare && <p>{said.notHere}</p>}
        {mayDeclare && current && <Lasting app={app} outage={current} onFailure={setFailure} />}
        {mayDeclare && !current && <Declaration app={app} onFailure={setFailure} />}
        {uncheckedCount.value > 0 && <p role="status">{said.unchecked(uncheckedCount.value)}</p>}
        {attention.value.length > 0 && <Attention app={app} items={attention.value} />}
      </div>
      {outages.value.length > 0 && <Log app={app} outages={outages.value} />}
    </Screen>
  );
}

type OnFailure = { onFailure(failure: RecordFailure | undefined): void };

function Lasting({ app, outage, onFailure }: OnFailure & { app: AppModel; outage: Outage }) {
  const { outage: said } = laterWords;
  return (
    <div class="panel">
      <p>
        <strong>{said.reason(outage.reason)}</strong>
      </p>
      <p>{said.since(outage.startMs, app.nowMs.value)}</p>
      <Button kind="primary" label={said.end} onPress={() => run(app.outages.end().then(onFailure))} />
    </div>
  );
}

function Declaration({ app, onFailure }: OnFailure & { app: AppModel }) {
  const [reason, setReason] = useState<OutageReason>('no-network');
  const [start, setStart] = useState(localMinute(app.nowMs.value));
  const { outage: said } = laterWords;
  const nowMs = app.nowMs.value;
  // While a year is typed it is one of the first centuries.
  const earliestMs = nowMs - OUTAGE_MS_MAX;
  const startMs = Math.min(Date.parse(start), nowMs);
  return (
    <div class="panel">
      <label class="field">
        <span>{said.reasonLabel}</span>
        <select
          class="input"
          value={reason}
          onChange={({ currentTarget: { value } }) =>
            setReason(OUTAGE_REASONS.find((each) => each === value) ?? reason)
          }
        >
          {OUTAGE_REASONS.map((each) => (
            <option key={each} value={each}>
              {said.reason(each)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{said.start}</span>
        <input
          class="input"
          type="datetime-local"
          value={start}
          min={localMinute(earliestMs)}
          max={localMinute(nowMs)}
          onInput={({ currentTarget: { value } }) => setStart(value)}
        />
      </label>
      <Button
        kind="primary"
        label={said.declare}
        isBusy={!(startMs >= earliestMs)}
        onPress={() => run(app.outages.declare(reason, startMs).then(onFailure))}
      />
    </div>
  );
}

/** As an input of local time wants it. */
function localMinute(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Attention({ app, items }: { readonly app: AppModel; readonly items: readonly OutageAttention[] }) {
  const { outage: said } = laterWords;
  const nowMs = app.nowMs.value;
  return (
    <section class="screen-part">
      <h2>{said.attentionTitle}</h2>
      <p>{said.attentionIntro}</p>
      <ul class="rows">
        {items.map(({ supply, judgment, conflict }) => (
          <li key={`${supply.eventId} ${supply.pack.serial}`} class="row tone-stop">
            <strong>{supply.productName ?? words.format.productCode(supply.pack.productCode)}</strong>
            <span class="last-serial">{supply.pack.serial}</span>
            <span>
              {conflict ? laterWords.conflict(conflict, nowMs) : words.verdict(judgment, nowMs).meaning}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Log({ app, outages }: { readonly app: AppModel; readonly outages: readonly Outage[] }) {
  const [chosen, setChosen] = useState(0);
  const [supplies, setSupplies] = useState<readonly OutageSupply[]>([]);
  const outage = outages[chosen] ?? outages[0];
  const { outage: said } = laterWords;
  const nowMs = app.nowMs.value;
  useEffect(() => {
    if (outage) run(app.outages.suppliesIn(outage).then(setSupplies));
  }, [app, outage]);
  if (!outage) return null;
  return (
    <section class="screen-part">
      <h2>{said.logTitle}</h2>
      {outages.length > 1 && (
        <label class="field no-print">
          <span>{said.choose}</span>
          <select class="input" value={chosen} onChange={(e) => setChosen(Number(e.currentTarget.value))}>
            {outages.map((each, i) => (
              <option key={each.startMs} value={i}>
                {said.span(each.startMs, each.endMs, nowMs)}
              </option>
            ))}
          </select>
        </label>
      )}
      <p>
        {app.mode.kind === 'enrolled' && `${app.mode.siteName}. `}
        {said.reason(outage.reason)}. {said.span(outage.startMs, outage.endMs, nowMs)}
      </p>
      {supplies.length === 0 ? <p>{said.logNone}</p> : <Table supplies={supplies} nowMs={nowMs} />}
      <div class="no-print">
        <p class="quiet">{said.logKept}</p>
        <Button label={said.print} onPress={() => window.print()} />
      </div>
    </section>
  );
}

function Table({ supplies, nowMs }: { readonly supplies: readonly OutageSupply[]; readonly nowMs: number }) {
  const { outage: said, card } = laterWords;
  return (
    <table class="log">
      <thead>
        <tr>
          {Object.entries(said.head).map(([name, label]) => (
            <th key={name} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {supplies.map(({ eventId, claimedTimeMs, pack, productName, reference, user, opened }) => (
          <tr key={`${eventId} ${pack.serial}`}>
            <td data-label={said.head.time}>{words.format.moment(claimedTimeMs, nowMs)}</td>
            <td data-label={said.head.product}>{productName ?? ''}</td>
            <td data-label={said.head.code}>
              {words.format.productCode(pack.productCode)} {pack.serial}
            </td>
            <td data-label={said.head.batch}>
              {pack.batch}, {words.format.day(pack.expiry)}
            </td>
            <td data-label={said.head.seal}>
              {said.seal[pack.seal]}, {card.entryMode[pack.entryMode]}
              {opened && `, ${said.opened}`}
            </td>
            <td data-label={said.head.reference}>
              {reference !== null && `${reference}, `}
              {user}. {said.event(eventId)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
