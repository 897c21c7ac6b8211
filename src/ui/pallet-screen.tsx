// A list of packs and one act on all of them: what is on it, what each pack is, and after recording what became of it.
import { useEffect, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { BulkOutcome } from '../app/outbox-model.ts';
import type { PalletContainer, PalletLine, PalletOffer } from '../app/pallet-model.ts';
import { BULK_PACKS_MAX } from '../domain/limits.ts';
import type { Seal } from '../domain/pack.ts';
import { headlineOf } from './headline.ts';
import { Icon, Sign, type SignName } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { hrefOf, useNavigation } from './navigation.ts';
import { Busy, Button, Dialog, Screen } from './parts.tsx';
import { run } from './run.ts';

export function PalletScreen({ app }: { readonly app: AppModel }) {
  const { pallet } = app;
  const navigation = useNavigation();
  const state = pallet.state.value;
  const { list } = laterWords;
  // Once when the screen opens
  useEffect(() => pallet.open(), [pallet]);
  if (state.kind === 'closed') return <Screen title={list.title}>{null}</Screen>;
  const { lines, last, isRecording } = state;
  function finish(): void {
    pallet.close();
    navigation.go('');
  }
  return (
    <Screen title={list.title}>
      <p>{list.intro}</p>
      <a class="button button-primary" href={hrefOf('scan')}>
        <Icon name="camera" />
        <span>{list.camera}</span>
      </a>
      <p role="status">
        <strong>{list.count(lines.length, BULK_PACKS_MAX)}</strong> {list.last(last)}
      </p>
      <Summary app={app} lines={lines} />
      {isRecording ? <Busy label={list.recording} /> : <Acts app={app} lines={lines} />}
      <ul class="rows">
        {state.containers.map((container) => (
          <Container key={container.sscc} app={app} container={container} />
        ))}
        {lines.map((line) => (
          <Line key={`${line.scan.pack.productCode} ${line.scan.pack.serial}`} app={app} line={line} />
        ))}
      </ul>
      <Finish
        packs={unrecorded(lines.filter(({ scan }) => !scan.undoable))}
        containers={unrecorded(state.containers)}
        onFinish={finish}
      />
    </Screen>
  );
}

/** Before and after an act: thirty lines do not fit a screen, and the one that is not like the others may be the last. */
function Summary({ app, lines }: { readonly app: AppModel; readonly lines: readonly PalletLine[] }) {
  const signs = lines.map((line) => wordOf(app, line).sign);
  const count = (sign: SignName) => signs.filter((each) => each === sign).length;
  const said = laterWords.list.summary(count('done'), count('go'), count('stop'), count('ask'));
  return <p role="status">{said}</p>;
}

/** What is on a list is nowhere else, and to finish it could be taken for recording it. */
function Finish(props: { readonly packs: number; readonly containers: number; onFinish(): void }) {
  const { packs, containers, onFinish } = props;
  const [isAsking, setAsking] = useState(false);
  const { list, card } = laterWords;
  const press = () => (packs + containers > 0 ? setAsking(true) : onFinish());
  return (
    <>
      <Button icon="check" label={list.done} onPress={press} />
      {isAsking && (
        <Dialog
          title={list.unrecorded(packs, containers)}
          text={list.unrecordedText}
          onClose={() => setAsking(false)}
        >
          <Button kind="danger" label={list.doneAll} onPress={onFinish} />
          <Button label={card.cancel} onPress={() => setAsking(false)} />
        </Dialog>
      )}
    </>
  );
}

function unrecorded(lines: readonly Pick<PalletLine, 'outcome'>[]): number {
  return lines.filter(({ outcome }) => !outcome?.ok).length;
}

function Acts({ app, lines }: { readonly app: AppModel; readonly lines: readonly PalletLine[] }) {
  const [seal, setSeal] = useState<Exclude<Seal, 'broken'>>('not-checked');
  // With the lines as they were when the question was asked: a handheld scanner may add to the list behind it.
  const [asked, setAsked] = useState<(PalletOffer & { readonly lines: readonly PalletLine[] }) | undefined>();
  const { list, card } = laterWords;
  const waiting = unrecorded(lines);
  const offers = app.pallet.offers();
  const undoable = app.pallet.undoable();
  const undoAll = undoable > 0 && <UndoAll app={app} lines={lines} undoable={undoable} />;
  if (offers.length === 0) return undoAll || null;
  const isFinal = asked?.operation === 'destroy' || asked?.operation === 'stolen';
  return (
    <>
      <fieldset class="segments">
        <legend>{list.seal}</legend>
        <div class="segments-row">
          {(['intact', 'not-checked'] as const).map((each) => (
            <label key={each} class="segment">
              <input
                class="sr-only"
                type="radio"
                name="seal"
                checked={seal === each}
                onChange={() => setSeal(each)}
              />
              <span>{list.seals[each]}</span>
            </label>
          ))}
        </div>
        <p class="quiet">{list.sealHint}</p>
      </fieldset>
      {offers.map((offer) => (
        <Button
          key={offer.operation}
          label={list.act(words.operation(offer.operation).act, offer.packs, waiting, offer.containers)}
          onPress={() => setAsked({ ...offer, lines })}
        />
      ))}
      {undoAll}
      {asked && (
        <Dialog
          title={list.sure(words.operation(asked.operation).act, asked.packs, asked.containers)}
          text={[...(isFinal ? [list.sureFinal] : []), list.sureSeals[seal], list.sureText].join(' ')}
          onClose={() => setAsked(undefined)}
        >
          <Button
            kind={isFinal ? 'danger' : 'primary'}
            label={list.record}
            onPress={() => {
              setAsked(undefined);
              const { operation } = asked;
              run(
                app.pallet.record({ operation, seal, reason: undefined, reference: undefined }, asked.lines),
              );
            }}
          />
          <Button label={card.cancel} onPress={() => setAsked(undefined)} />
        </Dialog>
      )}
    </>
  );
}

/** The question of Art. 13 is about every pack of the list: those that left are taken off it first. */
function UndoAll(props: {
  readonly app: AppModel;
  readonly lines: readonly PalletLine[];
  readonly undoable: number;
}) {
  const { app, lines, undoable } = props;
  const [asked, setAsked] = useState<{ readonly lines: typeof lines; readonly packs: number }>();
  const { list, card } = laterWords;
  const answer = (handedOver: boolean) => {
    setAsked(undefined);
    if (asked) run(app.pallet.undo(handedOver, asked.lines));
  };
  return (
    <>
      <Button icon="undo" label={list.undo(undoable)} onPress={() => setAsked({ lines, packs: undoable })} />
      {asked && (
        <Dialog title={list.undoTitle} text={list.undoText} onClose={() => setAsked(undefined)}>
          {!app.online.value && (
            <p class="quiet">{card.undoQuestion.offline(app.nowMs.value, app.clockSkew.value)}</p>
          )}
          <Button icon="undo" label={list.undoNo(asked.packs)} onPress={() => answer(false)} />
          <Button label={list.undoYes} onPress={() => answer(true)} />
          <Button kind="quiet" label={card.cancel} onPress={() => setAsked(undefined)} />
        </Dialog>
      )}
    </>
  );
}

function Container({ app, container }: { readonly app: AppModel; readonly container: PalletContainer }) {
  const { sscc, outcome } = container;
  const { list } = laterWords;
  const { sign, word } = outcome
    ? outcomeOf(app, outcome, 'receive')
    : { sign: 'wait' as const, word: list.containerNote };
  return (
    <li class={`row tone-${sign}`}>
      <div class="list-line">
        <Sign name={sign} />
        <div>
          <p>
            <strong>{list.container(sscc)}</strong>
          </p>
          <p>{word}</p>
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label={list.remove(sscc)}
          onClick={() => app.pallet.removeContainer(sscc)}
        >
          <Icon name="cross" />
        </button>
      </div>
    </li>
  );
}

function Line({ app, line }: { readonly app: AppModel; readonly line: PalletLine }) {
  const { scan } = line;
  const { sign, word } = wordOf(app, line);
  return (
    <li class={`row tone-${sign}`}>
      <div class="list-line">
        <Sign name={sign} />
        <div>
          <p>
            <strong>{scan.productName ?? words.format.productCode(scan.pack.productCode)}</strong>
          </p>
          <p class="last-serial">{scan.pack.serial}</p>
          <p>{word}</p>
          {line.isTwin && (
            <p class="opinion opinion-disagrees">
              <Icon name="warning" />
              <strong>{laterWords.list.twin}</strong>
            </p>
          )}
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label={laterWords.list.remove(scan.pack.serial)}
          onClick={() => app.pallet.remove(line)}
        >
          <Icon name="cross" />
        </button>
      </div>
    </li>
  );
}

/** What became of the pack in the last act on the list, or else its verdict. */
function wordOf(app: AppModel, { scan, isTwin, outcome, act }: PalletLine): { sign: SignName; word: string } {
  const nowMs = app.nowMs.value;
  if (!outcome) {
    const { tone, judgment } = headlineOf(scan);
    // As it is marked in the picture: a tick beside a warning would say otherwise.
    return { sign: isTwin ? 'stop' : tone, word: words.verdict(judgment, nowMs).word };
  }
  return outcomeOf(app, outcome, act);
}

function outcomeOf(
  app: AppModel,
  outcome: BulkOutcome,
  act: PalletLine['act'],
): { sign: SignName; word: string } {
  const nowMs = app.nowMs.value;
  if (!outcome.ok) return { sign: 'stop', word: laterWords.recordFailure(outcome.failure).what };
  const { at, eventId } = outcome;
  const progress = app.outbox.progressOf(eventId);
  if (progress.kind === 'rejected') return { sign: 'stop', word: laterWords.rejection(progress.reason).what };
  const said = 'alerts' in progress && laterWords.said(progress, nowMs).find(({ pack }) => pack === at);
  if (said) return { sign: 'stop', word: said.text };
  const alert = 'alerts' in progress && progress.alerts.find(({ pack }) => pack === at);
  if (alert) return { sign: 'stop', word: laterWords.alerts.raisedAs(alert.kind, alert.id) };
  const isInLedger = progress.kind === 'proven' || 'alerts' in progress;
  const { outbox } = laterWords;
  const how = isInLedger ? outbox.inLedger(app.mode.kind) : outbox.progress(progress);
  return { sign: 'done', word: act ? laterWords.list.became(words.operation(act).past, how) : how };
}
