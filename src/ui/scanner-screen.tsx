// Sets up handheld scanners: shows the calibration codes, says what came of it, keeps what was learnt, and tries a scan
// without looking anything up. While it is open no scan reaches a verdict.
import { useEffect, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { ScannerSetupModel, SetupStep, ShownCode } from '../app/scanner-setup-model.ts';
import { CalibrationCode } from './calibration-code.tsx';
import { refusalWords, SETUP } from './english/scanner-setup.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { AdviceBox, Busy, Button, Facts, Screen } from './parts.tsx';
import { run } from './run.ts';
import { SentText } from './sent-text.tsx';

export function ScannerScreen({ app }: { readonly app: AppModel }) {
  const [setup, setSetup] = useState<ScannerSetupModel>();
  // Holds the scans for as long as the screen is open
  useEffect(() => {
    const opening = app.scanner.openSetup();
    run(opening.then((opened) => setSetup(opened.setup)));
    return () =>
      run(
        opening.then(({ setup: opened, release }) => {
          release();
          opened.cancel();
        }),
      );
  }, [app]);
  return (
    <Screen title={SETUP.title}>
      {setup ? <Setup setup={setup} nowMs={app.nowMs.value} /> : <Busy label={words.home.opening} />}
    </Screen>
  );
}

function Setup({ setup, nowMs }: { readonly setup: ScannerSetupModel; readonly nowMs: number }) {
  const step = setup.step.value;
  const isShowing = step.kind === 'baseline' || step.kind === 'dead-key';
  return (
    <>
      <section class="panel" aria-live="polite">
        <Step setup={setup} step={step} />
      </section>
      {!isShowing && step.kind !== 'learnt' && <Tested step={step} />}
      {!isShowing && <Known setup={setup} nowMs={nowMs} />}
    </>
  );
}

function Step({ setup, step }: { readonly setup: ScannerSetupModel; readonly step: SetupStep }) {
  switch (step.kind) {
    case 'idle':
    case 'tested':
      return (
        <>
          <p>{SETUP.intro}</p>
          <Button kind="primary" icon="scanner" label={SETUP.begin} onPress={setup.begin} />
        </>
      );
    case 'baseline':
      return (
        <>
          <h2>{step.part ? SETUP.scanPart(step.part) : SETUP.scanThis}</h2>
          <ShownSymbol setup={setup} step={step} hint={SETUP.scanThisHint} />
        </>
      );
    case 'dead-key':
      return (
        <>
          <h2>{SETUP.deadKeyTitle(step.number)}</h2>
          {step.part && <p>{SETUP.scanPart(step.part)}</p>}
          <ShownSymbol setup={setup} step={step} hint={SETUP.deadKey} />
        </>
      );
    case 'refused':
      return <Refused setup={setup} step={step} />;
    case 'learnt':
      return <Learnt setup={setup} step={step} />;
    case 'kept':
      return (
        <>
          <p>{SETUP.kept(step.name)}</p>
          <Button label={SETUP.begin} icon="scanner" onPress={setup.begin} />
        </>
      );
  }
}

function ShownSymbol(props: {
  readonly setup: ScannerSetupModel;
  readonly step: ShownCode;
  readonly hint: string;
}) {
  const { setup, step, hint } = props;
  return (
    <>
      <CalibrationCode text={step.code} label={SETUP.codeLabel} />
      {step.isWrong && <p class="field-error">{SETUP.wrongPart}</p>}
      <p>{hint}</p>
      {!step.part && <Button label={SETUP.showParts} onPress={setup.showParts} />}
      <Button label={SETUP.cancel} onPress={setup.cancel} />
    </>
  );
}

function Refused(props: {
  readonly setup: ScannerSetupModel;
  readonly step: Extract<SetupStep, { kind: 'refused' }>;
}) {
  const { title, what, next } = refusalWords(props.step);
  return (
    <>
      <h2>{title}</h2>
      <AdviceBox advice={{ what, next, kept: '' }} />
      <Button kind="primary" label={SETUP.again} onPress={props.setup.begin} />
      <Button label={SETUP.cancel} onPress={props.setup.cancel} />
    </>
  );
}

function Learnt(props: {
  readonly setup: ScannerSetupModel;
  readonly step: Extract<SetupStep, { kind: 'learnt' }>;
}) {
  const { setup, step } = props;
  const [name, setName] = useState('');
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        run(setup.keep(name.trim() || SETUP.defaultName));
      }}
    >
      <h2>{SETUP.learntTitle}</h2>
      <p>{step.isPlain ? SETUP.plain : SETUP.mended}</p>
      {!step.endsByKey && <p>{SETUP.noEnter}</p>}
      <div class="field">
        <label for="scanner-name">{SETUP.name}</label>
        <p id="scanner-name-hint" class="quiet">
          {SETUP.nameHint}
        </p>
        <input
          id="scanner-name"
          type="text"
          class="input"
          value={name}
          maxLength={40}
          placeholder={SETUP.defaultName}
          autocomplete="off"
          aria-describedby="scanner-name-hint"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <button type="submit" class="button button-primary">
        <span>{SETUP.keep}</span>
      </button>
      <Button label={SETUP.cancel} onPress={setup.cancel} />
    </form>
  );
}

function Tested({ step }: { readonly step: SetupStep }) {
  return (
    <section class="panel" aria-live="polite">
      <h2>{SETUP.testTitle}</h2>
      <p class="quiet">{SETUP.testHint}</p>
      {step.kind === 'tested' && <TestResult step={step} />}
    </section>
  );
}

function TestResult({ step: { reading, scan } }: { readonly step: Extract<SetupStep, { kind: 'tested' }> }) {
  if (!reading.ok)
    return (
      <>
        <AdviceBox
          advice={laterWords.scanFailure({ kind: 'keyed', problem: reading.error, text: scan.text })}
        />
        <SentText title={SETUP.testArrived} text={scan.text} isOpen />
      </>
    );
  const { text, scanner, isUnconfirmed } = reading.value;
  return (
    <>
      <p>{SETUP.testBy(scanner)}</p>
      {isUnconfirmed && <p>{SETUP.testUnsure}</p>}
      <SentText title={SETUP.testRead} text={text} isOpen />
      {scan.text !== text && <SentText title={SETUP.testArrived} text={scan.text} />}
    </>
  );
}

function Known({ setup, nowMs }: { readonly setup: ScannerSetupModel; readonly nowMs: number }) {
  const scanners = setup.scanners.value;
  return (
    <section class="panel">
      <h2>{SETUP.known}</h2>
      {scanners.length === 0 && <p class="quiet">{SETUP.none}</p>}
      {scanners.map(({ name, learntMs, basis }) => (
        <div key={name}>
          <Facts
            facts={[
              [
                name,
                `${SETUP.learnt(words.format.moment(learntMs, nowMs))}. ${basis === 'characters' ? SETUP.characters : SETUP.places}.`,
              ],
            ]}
          />
          <Button label={SETUP.forget(name)} onPress={() => run(setup.forget(name))} />
        </div>
      ))}
    </section>
  );
}
