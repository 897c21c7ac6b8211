// Demo packs to try the app on, without any pack at hand.
import type { AppModel } from '../app/app-model.ts';
import { Icon } from './icons.tsx';
import { words } from './messages.ts';
import { Screen } from './parts.tsx';
import { run } from './run.ts';

export function PracticeScreen({ app }: { readonly app: AppModel }) {
  return (
    <Screen title={words.home.practiceTitle}>
      <p>{app.demoPacks.length > 0 ? words.home.practiceIntro : words.home.practiceNone}</p>
      <ul class="packs">
        {app.demoPacks.map(({ id, title, text }) => (
          <li key={id}>
            <button type="button" class="pack" onClick={() => run(app.scanner.readText(text, 'scanned'))}>
              <Icon name="practise" />
              <span>{title}</span>
              <Icon name="next" />
            </button>
          </li>
        ))}
      </ul>
      <p>
        <a href="/demo">{words.home.practiceShelf}</a>
      </p>
    </Screen>
  );
}
