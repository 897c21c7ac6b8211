// The first screen: one thing to do, the other ways to do it, and where one works.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type AppModel, WORKPLACES } from '../app/app-model.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import { headlineOf } from './headline.ts';
import { Icon, type IconName, Sign } from './icons.tsx';
import { words } from './messages.ts';
import { hrefOf } from './navigation.ts';
import { Notices } from './notices.tsx';
import { PhotoButton } from './photo-button.tsx';
import { run } from './run.ts';

export function HomeScreen({ app, isUpdateWaiting, onUpdate }: Props) {
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
  const packs = app.scanner.history.value.slice(0, LAST_PACKS_SHOWN);
  if (packs.length === 0) return null;
  return (
    <section class="last">
      <h2>{words.home.lastPacks}</h2>
      <ul>
        {packs.map((scan, place) => (
          <LastPack key={`${scan.pack.serial} ${place}`} scan={scan} nowMs={app.nowMs.value} />
        ))}
      </ul>
    </section>
  );
}

function LastPack({ scan, nowMs }: { readonly scan: JudgedScan; readonly nowMs: number }): JSX.Element {
  const { judgment, tone } = headlineOf(scan);
  const { recorded } = scan;
  return (
    <li class={`last-pack tone-${recorded ? 'done' : tone}`}>
      <Sign name={recorded ? 'done' : tone} />
      <span class="last-name">{scan.productName ?? scan.pack.productCode}</span>
      <span class="last-word">
        {recorded ? words.recorded(recorded.operation, undefined).word : words.verdict(judgment, nowMs).word}
      </span>
      <span class="last-serial">{scan.pack.serial}</span>
    </li>
  );
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
