// The verdict, readable at arm's length: colour, sign and one big word; then the pack, how certain this is and how old;
// then what can be done. The buttons stand at the bottom and do not move when the ledger's answer arrives.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { EventProgress } from '../app/outbox-model.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import { pznFromPpn } from '../domain/codes/check-digit.ts';
import type { Cause } from '../domain/misread.ts';
import type { Reason } from '../domain/reason.ts';
import { toneOf } from '../domain/verdict.ts';
import { ContestedLine, OpenAlertLine } from './contested.tsx';
import { Delivery } from './delivery.tsx';
import { type Headline, headlineOf } from './headline.ts';
import { Icon, Sign, type SignName } from './icons.tsx';
import { useBackGesture, useKeys } from './keyboard.ts';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { useNavigation } from './navigation.ts';
import { AdviceBox, Button, Facts } from './parts.tsx';
import { RecordedActions } from './recorded-actions.tsx';
import { refusalOf } from './refusal.ts';
import { run } from './run.ts';
import { VerdictActions } from './verdict-actions.tsx';

export function VerdictCard({ app, scan }: { readonly app: AppModel; readonly scan: JudgedScan }) {
  const headline = headlineOf(scan);
  const { recorded } = scan;
  const [reason, setReason] = useState<Reason | undefined>(undefined);
  const nowMs = app.nowMs.value;
  const progress = recorded && app.outbox.progressOf(recorded.eventId);
  // Active in the ledger, and yet not to be handed on: a green card would say otherwise.
  const alert = headline.tone === 'go' && !recorded && app.alerts.model.value?.openOn(scan.pack);
  const misread = misreadOf(scan, headline);
  const face = alert
    ? { sign: 'stop' as const, ...laterWords.alerts.onCard(alert.kind) }
    : misread
      ? { sign: 'ask' as const, ...laterWords.card.misread(laterWords.cause(misread)) }
      : faceOf(headline, scan, reason, progress, nowMs);
  const { dismiss } = app.scanner;
  useToldFace(app, face.sign, scan);
  useBackGesture(dismiss);
  useKeys(`${face.sign} ${scan.pack.serial}`, { onEscape: dismiss });
  return (
    <main class={`verdict tone-${face.sign}`}>
      <Banner {...face} />
      <div class="verdict-body">
        {recorded && progress ? (
          <Delivery app={app} recorded={recorded} progress={progress} />
        ) : (
          <Certainty app={app} scan={scan} headline={headline} />
        )}
        <PhotoPacks app={app} />
        {misread && <p>{laterWords.card.asRead(words.verdict(headline.judgment, nowMs))}</p>}
        {scan.cause && !recorded && !misread && <AdviceBox advice={laterWords.cause(scan.cause)} />}
        <h2 class="product">{scan.productName ?? laterWords.card.noName}</h2>
        <PackFacts scan={scan} />
        <Button
          label={laterWords.card.journey}
          icon="journey"
          kind="quiet"
          onPress={() => run(app.trail.open(scan.pack))}
        />
        <Notes scan={scan} />
      </div>
      {recorded && progress ? (
        <RecordedActions
          app={app}
          scan={scan}
          mayUndo={progress.kind === 'alerted' || !refusalOf(progress)}
        />
      ) : (
        <VerdictActions app={app} scan={scan} tone={alert ? 'stop' : headline.tone} onRecorded={setReason} />
      )}
      <p class="sr-only" role="status">
        {`${face.word}. ${face.meaning} ${recorded ? '' : opinionLine(scan, headline, nowMs)}`}
      </p>
    </main>
  );
}

const REREAD: ReadonlySet<Cause> = new Set([
  'caps-lock',
  'keyboard-layout',
  'lost-separator',
  'wrong-century',
]);

/** Why the pack was not found as it was read: then the code is read again before anything is said of the pack. */
function misreadOf({ cause, recorded }: JudgedScan, { judgment }: Headline): Cause | undefined {
  const isFound = !['not-in-data', 'unknown-pack', 'mismatch'].includes(judgment.verdict.kind);
  return isFound || recorded || !cause || !REREAD.has(cause) ? undefined : cause;
}

type Face = { sign: SignName; word: string; meaning: string; todo: string | undefined };

/** What is seen from afar: the verdict; after recording what was recorded; or that the ledger did not take it. */
function faceOf(
  { judgment, tone }: Headline,
  { recorded, undoable }: JudgedScan,
  reason: Reason | undefined,
  progress: EventProgress | undefined,
  nowMs: number,
): Face {
  if (!recorded || !progress)
    return { sign: tone, ...words.verdict(judgment, nowMs, undoable !== undefined) };
  const refusal = refusalOf(progress);
  return refusal
    ? {
        sign: refusal === 'repeated' ? 'ask' : 'stop',
        word: words.refused(refusal),
        meaning: laterWords.refusedMeaning(refusal),
        todo: undefined,
      }
    : {
        sign: 'done',
        ...words.recorded(recorded.operation, reason, progress.kind === 'proven'),
        todo: undefined,
      };
}

function Banner(props: Face) {
  const word = useRef<HTMLHeadingElement>(null);
  // The word is focused anew when it changes
  useEffect(() => word.current?.focus({ preventScroll: true }), [props.word]);
  return (
    <div class="banner">
      <Sign name={props.sign} />
      <h1 ref={word} tabIndex={-1} class="banner-word">
        {props.word}
      </h1>
      <p class="banner-meaning">{props.meaning}</p>
      {props.todo !== undefined && <p class="banner-todo">{props.todo}</p>}
    </div>
  );
}

function Certainty(props: {
  readonly app: AppModel;
  readonly scan: JudgedScan;
  readonly headline: Headline;
}) {
  const { app, scan, headline } = props;
  const nowMs = app.nowMs.value;
  const national = app.mode.kind === 'enrolled' ? app.mode.nationalSystem : undefined;
  const legal = laterWords.legal(headline.judgment.certainty, national);
  const said = headline.other && words.verdict(headline.other, nowMs).word;
  return (
    <div class="certainty">
      <OpenAlertLine app={app} pack={scan.pack} />
      {scan.contested && <ContestedLine app={app} contested={scan.contested} />}
      <p class="certainty-level">{laterWords.certainty(headline.judgment, nowMs, app.mode.kind)}</p>
      {scan.opinion.kind === 'disagrees' && !headline.isAnsweredLive ? (
        <p class="opinion opinion-disagrees">
          <Icon name="warning" />
          <span>
            <strong>{laterWords.opinion(scan.opinion, nowMs)}</strong>
            {said !== undefined && headline.other?.certainty === 'on-this-device' && (
              <span class="opinion-note">{laterWords.card.deviceSaid(said)}</span>
            )}
          </span>
        </p>
      ) : (
        <p class="opinion">
          {scan.opinion.kind === 'asking' && <span class="spinner" aria-hidden="true" />}
          {(scan.opinion.kind === 'agrees' || headline.isAnsweredLive) && <Icon name="check" />}
          {(scan.opinion.kind === 'offline' || scan.opinion.kind === 'no-answer') && <Icon name="offline" />}
          <span>
            {headline.isAnsweredLive ? laterWords.card.liveAnswer : laterWords.opinion(scan.opinion, nowMs)}
          </span>
        </p>
      )}
      {(scan.opinion.kind === 'offline' || scan.opinion.kind === 'no-answer') && (
        <Button label={laterWords.card.checkLive} icon="online" onPress={() => run(app.scanner.recheck())} />
      )}
      {legal !== undefined && <p class="quiet">{legal}</p>}
    </div>
  );
}

/** A photo of several packs has judged one of them. */
function PhotoPacks({ app }: { readonly app: AppModel }) {
  const navigation = useNavigation();
  const packs = app.scanner.photoPacks.value.length;
  if (packs === 0) return null;
  return (
    <div class="certainty">
      <p class="certainty-level">{laterWords.card.photoPacks(packs)}</p>
      <Button
        label={laterWords.card.listPhoto(packs)}
        icon="warehouse"
        onPress={() => {
          app.pallet.openWithPhoto();
          navigation.go('list');
        }}
      />
    </div>
  );
}

function opinionLine({ opinion }: JudgedScan, { isAnsweredLive }: Headline, nowMs: number): string {
  if (opinion.kind === 'asking') return '';
  return isAnsweredLive ? laterWords.card.liveAnswer : laterWords.opinion(opinion, nowMs);
}

function PackFacts({ scan }: { readonly scan: JudgedScan }) {
  const { labels } = laterWords.card;
  const { productCode, serial, batch, expiry } = scan.pack;
  const [scheme, code = ''] = productCode.split(':');
  const pzn = scheme === 'ppn' ? pznFromPpn(code) : undefined;
  return (
    <Facts
      codes
      facts={[
        [labels.serial, serial],
        [labels.batch, batch],
        [labels.expiry, words.format.expiry(expiry, scan.expiryDayUnspecified)],
        [scheme === 'ppn' ? labels.ppn : labels.gtin, code],
        ...(pzn === undefined ? [] : [[labels.pzn, pzn] as const]),
      ]}
    />
  );
}

function Notes({ scan }: { readonly scan: JudgedScan }) {
  return (
    <details class="notes">
      <summary>{laterWords.card.aboutCode}</summary>
      <ul>
        <li>{laterWords.card.entryMode[scan.entryMode]}</li>
        {scan.notes.map((note) => (
          <li key={`${note.code} ${note.ai}`}>{laterWords.note(note)}</li>
        ))}
      </ul>
    </details>
  );
}

/** The scan has told its own verdict; what the card comes to say after it, or instead, is heard and felt too. */
function useToldFace({ signalling }: AppModel, sign: SignName, { judgment, recorded }: JudgedScan): void {
  const told = useRef<SignName>(recorded ? sign : toneOf(judgment.verdict));
  // A new sign is what is told
  useEffect(() => {
    if (sign !== told.current && sign !== 'wait') signalling.tell(sign === 'done' ? 'go' : sign);
    told.current = sign;
  }, [sign]);
}
