// Shows one story, named in the address: `?story=active#/`. Built for tests and served by Vite for eyes, never shipped.
import '../../../src/ui/styles.css';
import { render } from 'preact';
import { renderApp } from '../../../src/ui/render-app.tsx';
import { showStopped } from '../../../src/ui/stopped-screen.ts';
import type { Call } from '../../support/fake-app.ts';
import { createFakeApp } from '../../support/fake-app.ts';
import { STORIES } from './stories.ts';

declare global {
  interface Window {
    /** What the screens have called, for tests to read. */
    calls: readonly Call[];
    /** Puts another story in the place of the one on screen: to load a page takes longer than to look at one. */
    showStory(name: string): Promise<void>;
  }
}

let shown = document.querySelector('#app');

window.showStory = async (name) => {
  const story = STORIES.find((other) => other.name === name);
  if (!story) throw new Error(`no story ${name}`);
  if (shown) render(null, shown);
  const element = document.createElement('div');
  shown = element;
  element.id = 'app';
  document.body.replaceChildren(element);
  history.replaceState(null, '', location.pathname + location.search);
  const fake = createFakeApp(story.state);
  window.calls = fake.calls;
  renderApp(fake.root, element);
  // Leads to the screen as a user gets there: the app itself never opens on some of them.
  if (story.fault !== undefined) showStopped(element, new Error(story.fault));
  if (story.route === undefined) return;
  const isThere = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
  location.hash = `#/${story.route}`;
  await isThere;
};

const name = new URLSearchParams(location.search).get('story');
if (name !== null) void window.showStory(name);
else {
  const links = STORIES.map((other) => `<p><a href="?story=${other.name}">${other.name}</a></p>`);
  document.body.innerHTML = links.join('');
}
