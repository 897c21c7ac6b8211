import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  encodeNote,
  isKeyName,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  parseNote,
  parseSignatureLines,
  signatureLine,
  signNote,
} from '../../../src/domain/ledger/note.ts';
import { createSignerKey, SIGNATURE_KEY, signerOf, verifierOf } from '../../../src/domain/ledger/note-key.ts';

const SEED = 20260924;

const ledger = createSignerKey('ledger.example', SIGNATURE_KEY, new Uint8Array(32).fill(1));
const other = createSignerKey('other.example', SIGNATURE_KEY, new Uint8Array(32).fill(2));
const text = 'ledger.example\n7\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n';

function signed(noteText = text, signers = [signerOf(ledger), signerOf(other)]): string {
  const note = signNote(noteText, signers);
  if (!note.ok) throw new Error(note.detail);
  return note.value;
}

const open = (note: string, known: readonly NoteVerifier[]) => openNote(utf8ToBytes(note), known);

describe('openNote', () => {
  test('believes known keys and carries the others along', () => {
    const opened = open(signed(), [verifierOf(ledger)]);
    expect(opened.ok && opened.value.text).toBe(text);
    expect(opened.ok && opened.value.verified.map((s) => s.name)).toEqual(['ledger.example']);
    expect(opened.ok && opened.value.unverified.map((s) => s.name)).toEqual(['other.example']);
    expect(open(signed(), [])).toMatchObject({ error: 'no-known-key' });
  });

  test('a text may hold empty lines; the last one is where the signatures begin', () => {
    const poem = 'ed è subito sera.\n\n\n— not a signature\n\nend\n';
    const opened = open(signed(poem), [verifierOf(ledger)]);
    expect(opened.ok && opened.value.text).toBe(poem);
  });

  test('one failing signature of a known key refuses the whole note', () => {
    const mangled = signed().replace('ledger.example\n7\n', 'ledger.example\n8\n');
    expect(open(mangled, [verifierOf(ledger)])).toMatchObject({ error: 'bad-signature' });
    const good = signed(text, [signerOf(ledger)]);
    const forged: NoteSigner = { ...signerOf(other), sign: () => new Uint8Array(64) };
    const both = good + signed(text, [forged]).slice(text.length + 1);
    expect(open(both, [verifierOf(ledger)]).ok).toBe(true);
    expect(open(both, [verifierOf(ledger), verifierOf(other)])).toMatchObject({ error: 'bad-signature' });
  });

  test('a second, failing signature under the same key is not overlooked', () => {
    const forged: NoteSigner = { ...signerOf(ledger), sign: () => new Uint8Array(64) };
    const both = signed(text, [signerOf(ledger)]) + signed(text, [forged]).slice(text.length + 1);
    expect(open(both, [verifierOf(ledger)])).toMatchObject({ error: 'bad-signature' });
  });

  test('the same name with another id, or the same id under another name, is another key', () => {
    const verifier = verifierOf(ledger);
    const never = {
      verify: () => {
        throw new Error('asked');
      },
    };
    expect(open(signed(), [{ ...verifier, ...never, keyId: '00000000' }])).toMatchObject({
      error: 'no-known-key',
    });
    expect(open(signed(), [{ ...verifier, ...never, name: 'ledger' }])).toMatchObject({
      error: 'no-known-key',
    });
    expect(open(signed(), [verifier, { ...verifier }])).toMatchObject({ error: 'ambiguous-key' });
  });

  test('100 signatures pass, 101 do not; the same line counts once', () => {
    const line = signed(text, [signerOf(ledger)]).slice(text.length + 1);
    const opened = open(`${text}\n${line.repeat(100)}`, [verifierOf(ledger)]);
    expect(opened.ok && opened.value.verified.length).toBe(1);
    expect(open(`${text}\n${line.repeat(101)}`, [verifierOf(ledger)])).toMatchObject({ error: 'malformed' });
  });

  test('16 unknown signatures of post-quantum size pass', () => {
    const pq = Array.from({ length: 16 }, (_, i) =>
      signatureLine({ name: `w${i}`, keyId: 'abcdef01', signature: new Uint8Array(5000).fill(i) }),
    ).join('');
    expect(open(signed() + pq, [verifierOf(ledger)]).ok).toBe(true);
    expect(open(`${'x'.repeat(131_072)}\n\n`, [])).toMatchObject({ error: 'malformed' });
  });
});

describe('parseNote', () => {
  const line = signed().split('\n')[4] as string;

  test.each([
    ['nothing', ''],
    ['no blank line', `${text}${line}\n`],
    ['no signature', `${text}\n`],
    ['no text', `\n${line}\n`],
    ['no final newline', `${text}\n${line}`],
    ['a hyphen for the dash', `${text}\n${line.replace('—', '-')}\n`],
    ['two spaces', `${text}\n${line.replace('— ', '—  ')}\n`],
    ['a no-break space in the name', `${text}\n${line.replace('ledger.example', 'ledger\u00a0example')}\n`],
    ['a plus in the name', `${text}\n${line.replace('ledger', 'led+ger')}\n`],
    ['a trailing space', `${text}\n${line} \n`],
    ['a carriage return', `${text}\n${line}\r\n`],
    ['a tab in the text', `a\tb\n\n${line}\n`],
    ['a null in the text', `a\u0000b\n\n${line}\n`],
    ['an empty signature', `${text}\n— ledger.example \n`],
    ['a key id alone', `${text}\n— ledger.example AAAAAA==\n`],
    ['base64 with stray bits', `${text}\n— ledger.example AAAAAAB=\n`],
    ['a line that is no signature', `${text}\n${line}\nmore\n`],
  ])('malformed: %s', (_, note) => {
    expect(parseNote(utf8ToBytes(note))).toMatchObject({ error: 'malformed' });
  });

  test('bytes that are not UTF-8', () => {
    const bytes = utf8ToBytes(signed());
    bytes[2] = 0xff;
    expect(parseNote(bytes)).toMatchObject({ error: 'malformed' });
  });

  test('every truncation and every flipped byte is refused, or is another note that encodes back to itself', () => {
    const bytes = utf8ToBytes(signed());
    const known = [verifierOf(ledger), verifierOf(other)];
    for (let at = 0; at < bytes.length; at++) {
      for (const mangled of [bytes.slice(0, at), flipped(bytes, at, 0x01), flipped(bytes, at, 0x80)]) {
        const parsed = parseNote(mangled);
        if (!parsed.ok) continue;
        expect(utf8ToBytes(encodeNote(parsed.value))).toEqual(mangled);
        const opened = openNote(mangled, known);
        // What still opens has lost a signature, never gained a text.
        if (opened.ok) expect([opened.value.text, opened.value.verified.length]).toEqual([text, 1]);
      }
    }
  });

  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), (bytes, string) => {
        parseNote(bytes);
        parseNote(utf8ToBytes(`${string}\n\n— ${string} AAAAAAA=\n`));
        parseSignatureLines(string);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('signNote', () => {
  test('what was signed opens, whatever its text', () => {
    const line = fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[\x00-\x1f]|\p{Surrogate}/gu, ''));
    const body = fc.array(line, { minLength: 1 }).map((lines) => `${lines.join('\n')}\n`);
    fc.assert(
      fc.property(body, (noteText) => {
        const opened = open(signed(noteText), [verifierOf(ledger)]);
        expect(opened.ok && opened.value.text).toBe(noteText);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test('keeps what is there, and replaces what it signs anew', () => {
    const first = parseNote(utf8ToBytes(signed()));
    if (!first.ok) throw new Error(first.detail);
    const again = signNote(text, [signerOf(ledger)], first.value.signatures);
    expect(again.ok && again.value).toBe(signed(text, [signerOf(other), signerOf(ledger)]));
  });

  test('refuses a text that is none, and signing by nobody', () => {
    for (const bad of ['', 'abc', 'a\u0001\n', 'a\ud800\n', 'a\r\n'])
      expect(signNote(bad, [signerOf(ledger)])).toMatchObject({ error: 'malformed' });
    expect(signNote(text, [])).toMatchObject({ error: 'malformed' });
  });
});

test('key names hold neither spaces nor pluses', () => {
  for (const name of ['a', 'ledger.example/log', 'è', 'a\u200bb']) expect(isKeyName(name), name).toBe(true);
  for (const name of [
    '',
    'a b',
    'a+b',
    'a\u0085b',
    'a\u2003b',
    'a\u3000',
    'a\nb',
    'a\u0001b',
    '\ud800',
    undefined,
  ])
    expect(isKeyName(name), String(name)).toBe(false);
});

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
}
