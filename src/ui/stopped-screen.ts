// What a fault of the app's own leaves on screen: a plain sentence, built without the framework, which may be what broke.
import { words } from './messages.ts';

/** Takes the place of `element`. The first fault counts; what follows from it is no news. */
export function showStopped(element: Element, fault: unknown): void {
  if (!element.isConnected) return;
  const { title, what, next, kept, again, details } = words.stopped;
  const main = make('main', 'screen');
  const advice = make('div', 'advice');
  advice.setAttribute('role', 'alert');
  const sentences = make('div', '');
  sentences.append(make('p', 'advice-what', what), make('p', '', next), make('p', 'quiet', kept));
  advice.append(sentences);
  const button = make('button', 'button button-primary', again);
  button.addEventListener('click', () => location.reload());
  const more = make('details', 'notes');
  more.append(make('summary', '', details), make('p', 'sent-text', textOf(fault)));
  main.append(make('h1', '', title), advice, button, more);
  // Whatever is still rendered goes into the element that has left the page.
  const shell = make('div', 'shell');
  shell.append(main);
  element.replaceWith(shell);
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function textOf(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? String(fault)) : String(fault);
}
