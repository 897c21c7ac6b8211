// What this device is, what data it holds, whether its storage will last, and what it saw of a forked ledger.
import type { AppModel } from '../app/app-model.ts';
import type { ForkEvidence } from '../app/ports.ts';
import type { DataState, SyncState } from '../app/sync-model.ts';
import { Icon } from './icons.tsx';
import { InvitePanel } from './invite-panel.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { hrefOf } from './navigation.ts';
import { AdviceBox, Button, Facts, Screen } from './parts.tsx';
import { run } from './run.ts';
import { saveFile } from './save-file.ts';
import { SignalSwitches } from './signal-switches.tsx';

export function DeviceScreen({ app }: { readonly app: AppModel }) {
  return (
    <Screen title={laterWords.device.title}>
      <Evidence evidence={app.sync.evidence.value} nowMs={app.nowMs.value} />
      <Mode app={app} />
      <Data app={app} />
      {app.mode.kind === 'enrolled' && (
        <section class="panel">
          <h2>{laterWords.device.storageTitle}</h2>
          <p>{app.outbox.persisted.value ? laterWords.device.persisted : laterWords.device.notPersisted}</p>
        </section>
      )}
      {app.mode.kind === 'enrolled' && <InvitePanel app={app} />}
      <section class="panel">
        <h2>{laterWords.guide.signals}</h2>
        <SignalSwitches app={app} />
      </section>
      <section class="panel">
        <h2>{laterWords.device.scannersTitle}</h2>
        <p>{laterWords.device.scanners}</p>
        <a class="button button-plain" href={hrefOf('scanner')}>
          <Icon name="scanner" />
          <span>{laterWords.device.setUpScanner}</span>
        </a>
      </section>
      <section class="panel">
        <h2>{laterWords.device.moreTitle}</h2>
        <ul class="links">
          <li>
            <a href="/demo">{laterWords.device.shelf}</a>
          </li>
          <li>
            <a href="/threat-model.html">{laterWords.device.threats}</a>
          </li>
          <li>
            <a href="/third-party-notices.txt">{laterWords.device.notices}</a>
          </li>
        </ul>
      </section>
    </Screen>
  );
}

function Mode({ app }: { readonly app: AppModel }) {
  const { mode } = app;
  const { device } = laterWords;
  if (mode.kind === 'practice')
    return (
      <section class="panel">
        <h2>{device.modeTitle}</h2>
        <p>{device.practice}</p>
        <h3>{device.leaveTitle}</h3>
        <p>{device.leave}</p>
      </section>
    );
  return (
    <section class="panel">
      <h2>{device.modeTitle}</h2>
      <Facts
        facts={[
          [device.site, mode.siteName],
          [device.role, words.role(mode.role)],
          [device.market, mode.marketName],
          [device.national, mode.nationalSystem ?? device.noNational],
          [laterWords.device.clock, laterWords.device.clockSkew(app.clockSkew.value)],
          ...(mode.former
            ? [[laterWords.device.former, laterWords.device.formerHeld(mode.former.sequence)] as const]
            : []),
        ]}
      />
    </section>
  );
}

function Data({ app }: { readonly app: AppModel }) {
  const { sync } = app;
  const state = sync.state.value;
  const data = sync.data.value;
  const nowMs = app.nowMs.value;
  const isBusy = state.kind === 'checking' || state.kind === 'loading';
  return (
    <section class="panel">
      <h2>{laterWords.device.dataTitle}</h2>
      <p>{words.status.data(data, nowMs).long}</p>
      {data.kind === 'held' && <HeldFacts data={data} nowMs={nowMs} />}
      <Facts facts={[[laterWords.device.cosigners, demandsOf(sync)]]} />
      <SyncProgress state={state} />
      {sync.missing.value.map((lacking) => (
        <p key={`${lacking.log} ${lacking.who}`}>{laterWords.device.missing(lacking)}</p>
      ))}
      <p>
        <a class="button" href={hrefOf('scope')}>
          {laterWords.device.chooseScope}
        </a>
      </p>
      <Button
        label={laterWords.device.sync}
        icon="data"
        isBusy={isBusy}
        onPress={() => run(sync.syncNow())}
      />
    </section>
  );
}

function demandsOf({ demands }: AppModel['sync']): string {
  if (demands.length === 0) return laterWords.device.nobody;
  return demands.map(({ who, need, names }) => laterWords.device.demand(who, need, names.length)).join(', ');
}

type Held = Extract<DataState, { kind: 'held' }>;
const MANIFEST_LETTERS_SHOWN = 12;

function HeldFacts({ data, nowMs }: { readonly data: Held; readonly nowMs: number }) {
  const { device } = laterWords;
  const { format } = words;
  return (
    <Facts
      facts={[
        [device.published, format.moment(data.publishedMs, nowMs)],
        [device.validUntil, format.moment(data.expiresMs, nowMs)],
        [device.scope, device.scopeOf(data.scope)],
        [device.packsHeld, format.amount(data.packs)],
        [device.bytesHeld, format.bytes(data.bytes)],
        [device.logSize, format.amount(data.logSize)],
        [device.manifest, <code key="manifest">{data.manifestId.slice(0, MANIFEST_LETTERS_SHOWN)}</code>],
      ]}
    />
  );
}

function SyncProgress({ state }: { readonly state: SyncState }) {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'checking':
      return <p role="status">{laterWords.device.syncChecking}</p>;
    case 'failed':
      return <AdviceBox advice={laterWords.syncFailure(state.why)} />;
    case 'loading': {
      const { bytesDone, bytesTotal, msLeft } = state;
      const label = laterWords.device.syncLoading(bytesDone, bytesTotal, msLeft);
      return (
        <label class="progress">
          <span>{label}</span>
          <progress max={bytesTotal} value={bytesDone} aria-valuetext={label} />
        </label>
      );
    }
  }
}

function Evidence({
  evidence,
  nowMs,
}: {
  readonly evidence: readonly ForkEvidence[];
  readonly nowMs: number;
}) {
  const { device } = laterWords;
  if (evidence.length === 0) return null;
  return (
    <section class="panel panel-danger">
      <h2>{device.evidenceTitle}</h2>
      <p>{device.evidenceText}</p>
      <ul class="forks">
        {evidence.map((fork) => (
          <li key={`${fork.log} ${fork.foundMs}`}>
            <details>
              <summary>{device.evidenceItem(fork.log, fork.foundMs, nowMs)}</summary>
              <h3>{device.evidenceSeen}</h3>
              <pre class="checkpoint">{fork.seen}</pre>
              <h3>{device.evidenceOffered}</h3>
              <pre class="checkpoint">{fork.offered}</pre>
            </details>
          </li>
        ))}
      </ul>
      <Button
        kind="danger"
        label={device.evidenceSave}
        onPress={() =>
          saveFile('packtrail-fork-evidence.json', 'application/json', JSON.stringify(evidence, null, 2))
        }
      />
    </section>
  );
}
