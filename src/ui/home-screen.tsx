// The first screen: one thing to do, the other ways to do it, and where one works.
import { useEffect, useState } from 'preact/hooks';
import { type AppModel, WORKPLACES } from '../app/app-model.ts';
import { isSamePack } from '../app/journal.ts';
import { lastingOutage } from '../app/outage-model.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import { headlineOf } from './headline.ts';
import { Icon, type IconName, Sign, type SignName } from './icons.tsx';
import { words } from './messages.ts';
import { hrefOf } from './navigation.ts';
import { Notices } from './notices.tsx';
import { PhotoButton } from './photo-button.tsx';
import { refusalOf } from './refusal.ts';
import { run } from './run.ts';

export function HomeScreen({ app, isUpdateWaiting, onUpdate }: Props) {
  const { pallet } = app;
  // Whoever has only looked at the list's screen wants to see the next pack that is scanned
  useEffect(() => {
    const list = pallet.state.peek();
    if (list.kind === 'open' && list.lines.length + list.containers.length === 0) pallet.close();
  }, [pallet]);
  return (
    <main class="home">
      <h1 class="home-title">
        {words.home.title}
        <span class="sr-only"> - </span>
        <span class="home-subtitle">{words.home.subtitle}</span>
      </h1>
      <Notices app={app} isUpdateWaiting={isUpdateWaiting} onUpdate={onUpdate} />
      <a class="hero" href={hrefOf('scan')}>
        <Viewfinder />
        <span class="hero-label">{words.home.camera}</span>
        <span class="hero-hint">{words.home.cameraHint}</span>
      </a>
      <OtherWays app={app} />
      <Workplaces app={app} />
      <LastPacks app={app} />
    </main>
  );
}

type Props = { readonly app: AppModel; readonly isUpdateWaiting: boolean; onUpdate(): void };

function OtherWays({ app }: { readonly app: AppModel }) {
  const [isHintOpen, setHintOpen] = useState(false);
  const isPractice = app.mode.kind === 'practice';
  const attention = app.outages.attention.value.length;
  const isOut = lastingOutage(app.outages.outages.value) !== undefined;
  return (
    <section class="ways" aria-label={words.home.otherWays}>
      {isPractice && (
        <WayLink class="way-wide" href={hrefOf('practice')} icon="practise" label={words.home.practise} />
      )}
      <WayLink href={hrefOf('type')} icon="keyboard" label={words.home.type} />
      <PhotoButton
        class="way"
        label={words.home.photo}
        onPhoto={(file) => run(app.scanner.readPhoto(file))}
      />
      <button
        type="button"
        class="way"
        aria-expanded={isHintOpen}
        aria-controls="scanner-hint"
        onClick={() => setHintOpen(!isHintOpen)}
      >
        <Icon name="scanner" />
        <span>{words.home.scanner}</span>
      </button>
      <WayLink href={hrefOf('list')} icon="warehouse" label={words.home.list} />
      {(app.outages.mayDeclare || attention > 0) && (
        <WayLink href={hrefOf('outage')} icon="offline" label={words.home.outage(isOut, attention)} />
      )}
      <p id="scanner-hint" class="way-hint" role="status" hidden={!isHintOpen}>
        {words.home.scannerHint}
      </p>
    </section>
  );
}

function WayLink(props: { href: string; icon: IconName; label: string; class?: string }) {
  return (
    <a class={`way ${props.class ?? ''}`} href={props.href}>
      <Icon name={props.icon} />
      <span>{props.label}</span>
    </a>
  );
}

function Workplaces({ app }: { readonly app: AppModel }) {
  const chosen = app.workplace.value;
  return (
    <fieldset class="segments">
      <legend>{words.home.workplaceQuestion}</legend>
      <div class="segments-row">
        {WORKPLACES.map((workplace) => (
          <label key={workplace} class="segment">
            <input
              class="sr-only"
              type="radio"
              name="workplace"
              checked={workplace === chosen}
              onChange={() => run(app.chooseWorkplace(workplace))}
            />
            <Icon name={workplace} />
            <span>{words.home.workplace[workplace]}</span>
          </label>
        ))}
      </div>
      <p class="quiet">{words.home.workplaceHint}</p>
    </fieldset>
  );
}

const LAST_PACKS_SHOWN = 8;

function LastPacks({ app }: { readonly app: AppModel }) {
  const packs = newestOfEach(app.scanner.history.value, LAST_PACKS_SHOWN);
  if (packs.length === 0) return null;
  return (
    <section class="last">
      <h2>{words.home.lastPacks}</h2>
      <ul>
        {packs.map((scan) => (
          <LastPack key={`${scan.pack.productCode} ${scan.pack.serial}`} app={app} scan={scan} />
        ))}
      </ul>
    </section>
  );
}

/** Of each pack its newest scan, no further back than that many packs. */
function newestOfEach(history: readonly JudgedScan[], packsMax: number): readonly JudgedScan[] {
  const newest: JudgedScan[] = [];
  for (const scan of history) {
    if (newest.length === packsMax) break;
    if (!newest.some((other) => isSamePack(other.pack, scan.pack))) newest.push(scan);
  }
  return newest;
}

function LastPack({ app, scan }: { readonly app: AppModel; readonly scan: JudgedScan }) {
  const { tone, word } = lastWord(app, scan);
  return (
    <li>
      <button type="button" class={`last-pack tone-${tone}`} onClick={() => run(app.scanner.reopen(scan))}>
        <Sign name={tone} />
        <span class="last-name">{scan.productName ?? words.format.productCode(scan.pack.productCode)}</span>
        <span class="last-word">{word}</span>
        <span class="last-serial">{scan.pack.serial}</span>
      </button>
    </li>
  );
}

/** What was done to the pack, or else its verdict. */
function lastWord(app: AppModel, scan: JudgedScan): { readonly tone: SignName; readonly word: string } {
  const { recorded } = scan;
  const refusal = recorded && refusalOf(app.outbox.progressOf(recorded.eventId));
  if (refusal) return { tone: 'stop', word: words.refused(refusal) };
  if (recorded) return { tone: 'done', word: words.recorded(recorded.operation, undefined, false).word };
  const { judgment, tone } = headlineOf(scan);
  return { tone, word: words.verdict(judgment, app.nowMs.value).word };
}

function Viewfinder() {
  return (
    <svg class="viewfinder" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
      <path class="viewfinder-corners" d="M8 28V8h20M68 8h20v20M88 68v20H68M28 88H8V68" />
      <path
        class="viewfinder-code"
        d="M28 28h5v40h-5zM33 63h35v5H33zM38 28h5v5h-5zM48 28h5v5h-5zM58 28h5v5h-5zM63 33h5v5h-5zM63 43h5v5h-5zM63 53h5v5h-5zM38 38h5v5h-5zM43 43h10v5H43zM53 33h5v5h-5zM38 53h5v5h-5zM48 53h10v5H48zM43 33h5v5h-5zM58 48h5v5h-5zM33 48h5v5h-5z"
      />
    </svg>
  );
}
