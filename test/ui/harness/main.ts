// Shows one story, named in the address: `?story=active#/`. Built for tests and served by Vite for eyes, never shipped.
import '../../../src/ui/styles.css';
import { renderApp } from '../../../src/ui/render-app.tsx';
import { showStopped } from '../../../src/ui/stopped-screen.ts';
import type { Call } from '../../support/fake-app.ts';
import { createFakeApp } from '../../support/fake-app.ts';
import { STORIES } from './stories.ts';

declare global {
  interface Window {
    /** What the screens have called, for tests to read. */
    calls: readonly Call[];
  }
}

const name = new URLSearchParams(location.search).get('story') ?? '';
const story = STORIES.find((other) => other.name === name);
const element = document.querySelector('#app');
if (element && story) {
  const fake = createFakeApp(story.state);
  window.calls = fake.calls;
  renderApp(fake.root, element);
  // Leads to the screen as a user gets there: the app itself never opens on some of them.
  if (story.fault !== undefined) showStopped(element, new Error(story.fault));
  if (story.route !== undefined) location.hash = `#/${story.route}`;
} else if (element) {
  element.innerHTML = STORIES.map((other) => `<p><a href="?story=${other.name}">${other.name}</a></p>`).join(
    '',
  );
}
