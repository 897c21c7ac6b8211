// A handheld scanner at a real browser's keyboard. No key waits until the page has dealt with the one before: a busy
// machine would make a slow typist of it.
import type { Page } from 'playwright-core';

export type ScannerKey = {
  readonly key: string;
  readonly code?: string;
  readonly modifiers?: number;
  readonly text?: string;
  readonly windowsVirtualKeyCode?: number;
};

const CONTROL = 2;
/** With what presses the button that has the focus. */
export const ENTER_KEY: ScannerKey = { key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 };
export const ARROW_LEFT_KEY: ScannerKey = { key: 'ArrowLeft', code: 'ArrowLeft', windowsVirtualKeyCode: 37 };
export const CONTROL_BRACKET_KEY: ScannerKey = { key: ']', code: 'BracketRight', modifiers: CONTROL };

export const charactersOf = (text: string): readonly ScannerKey[] =>
  [...text].map((character) => ({ key: character, text: character }));

export async function pressAtOnce(page: Page, keys: readonly ScannerKey[]): Promise<void> {
  const keyboard = await page.context().newCDPSession(page);
  const presses = keys.flatMap((key) =>
    (['keyDown', 'keyUp'] as const).map((type) =>
      keyboard.send('Input.dispatchKeyEvent', { type, ...key, ...(type === 'keyUp' ? { text: '' } : {}) }),
    ),
  );
  await Promise.all(presses);
  await keyboard.detach();
}
