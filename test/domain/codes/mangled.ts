// Every way to damage a text by one character: cut off anywhere, or one character replaced, doubled or dropped.

const REPLACEMENTS = ['\x1d', '\x1e', '\x04', '\0', '0', '9', 'A', '%', '/', ' ', '€', '[', ']'];

export function* mangled(text: string): Generator<string> {
  for (let i = 0; i < text.length; i++) {
    yield text.slice(0, i);
    yield text.slice(i);
    yield text.slice(0, i) + text.slice(i + 1);
    yield text.slice(0, i + 1) + text.slice(i);
    for (const replacement of REPLACEMENTS) yield text.slice(0, i) + replacement + text.slice(i + 1);
  }
}
