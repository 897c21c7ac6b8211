import { describe, expect, test } from 'vitest';
import { concatBytes, utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  COSIGNATURE_KEY,
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import { parsePolicy, trustUnderPolicy } from '../../../src/domain/ledger/policy.ts';
import { meetsQuorum, NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';

const keyOf = (name: string, type: 1 | 4, fill: number) =>
  verifierOf(createSignerKey(name, type, new Uint8Array(32).fill(fill)));
const log = keyOf('ledger.example/de', SIGNATURE_KEY, 1);
const [x1, x2, x3, y1] = [11, 12, 13, 21].map((fill) => keyOf(`w${fill}.example`, COSIGNATURE_KEY, fill)) as [
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
];
const vkey = encodeVerifierKey;

const POLICY = `# whom we follow
log ${vkey(log)}  https://ledger.example/de

witness X1 ${vkey(x1)}
\twitness\tX2 ${vkey(x2)} https://x2.example
witness X3 ${vkey(x3)}
group X 2 X1 X2 X3
witness Ÿ ${vkey(y1)}
group Y any Ÿ
  # both
group both all X Y
quorum both
`;

const parse = (text: string) => parsePolicy(utf8ToBytes(text));

describe('parsePolicy', () => {
  test('reads logs, witnesses and nested groups', () => {
    const policy = parse(POLICY);
    expect(policy.ok).toBe(true);
    if (!policy.ok) return;
    expect(policy.value.logs.map((peer) => peer.url)).toEqual(['https://ledger.example/de']);
    expect(policy.value.witnesses.map((peer) => [peer.key.name, peer.url])).toEqual([
      ['w11.example', undefined],
      ['w12.example', 'https://x2.example'],
      ['w13.example', undefined],
      ['w21.example', undefined],
    ]);
    expect(meetsQuorum(policy.value.quorum, [x1, x3, y1])).toBe(true);
    expect(meetsQuorum(policy.value.quorum, [x1, x2, x3])).toBe(false);
    expect(meetsQuorum(policy.value.quorum, [x1, y1])).toBe(false);
    const trust = trustUnderPolicy(policy.value, 'ledger.example/de');
    expect(trust.ok && trust.value.witnesses.length).toBe(4);
    expect(trustUnderPolicy(policy.value, 'ledger.example/fr')).toMatchObject({ error: 'unknown-log' });
  });

  test('only the quorum is mandatory', () => {
    expect(parse('quorum none\n')).toEqual({
      ok: true,
      value: { logs: [], witnesses: [], quorum: NO_QUORUM },
    });
  });

  test('names are octets: a Kelvin sign is no K, and a comment may be of any encoding', () => {
    const kelvin = `witness K ${vkey(x1)}\nwitness \u212a ${vkey(x2)}\nquorum \u212a\n`;
    const policy = parse(kelvin);
    expect(policy.ok && meetsQuorum(policy.value.quorum, [x2])).toBe(true);
    expect(policy.ok && meetsQuorum(policy.value.quorum, [x1])).toBe(false);
    expect(parsePolicy(concatBytes(Uint8Array.of(0x23, 0xff, 0x0a), utf8ToBytes('quorum none\n'))).ok).toBe(
      true,
    );
    expect(parse(`witness a\u00a0b ${vkey(x1)}\nquorum a\u00a0b\n`).ok).toBe(true);
  });

  test('32 logs, 32 witnesses and 32 groups fit', () => {
    const of32 = (line: (i: number) => string) => Array.from({ length: 32 }, (_, i) => line(i)).join('');
    const text =
      of32((i) => `log ${vkey(keyOf(`log${i}`, 1, 100 + i))} https://log${i}.example/\n`) +
      of32((i) => `witness w${i} ${vkey(keyOf(`witness${i}`, 4, 150 + i))}\n`) +
      of32((i) => `group g${i} 1 w${i}${i > 0 ? ` g${i - 1}` : ''}\n`);
    const policy = parse(`${text}quorum g31\n`);
    expect(policy.ok && meetsQuorum(policy.value.quorum, [keyOf('witness0', 4, 150)])).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['no quorum', `witness A ${vkey(x1)}\n`],
    ['two quorums', 'quorum none\nquorum none\n'],
    ['an undefined quorum', 'quorum A\n'],
    ['a quorum defined below', `quorum A\nwitness A ${vkey(x1)}\n`],
    ['a quorum of two', `witness A ${vkey(x1)}\nwitness B ${vkey(x2)}\nquorum A B\n`],
    ['a quorum of nobody', 'quorum\n'],
    ['no final newline', 'quorum none'],
    ['a carriage return', 'quorum none\r\n'],
    ['a control character in a comment', '# \u0001\nquorum none\n'],
    ['DEL', '# \u007f\nquorum none\n'],
    ['another keyword', 'monitor A\nquorum none\n'],
    ['a capital keyword', 'Quorum none\n'],
    ['a comment at the end of a line', 'quorum none # nobody\n'],
    ['a log without its key', 'log\nquorum none\n'],
    ['a log with a broken key', `log ${vkey(log)}x\nquorum none\n`],
    ['a log with too much', `log ${vkey(log)} a b\nquorum none\n`],
    ['a log twice', `log ${vkey(log)}\nlog ${vkey(keyOf('again', 1, 1))}\nquorum none\n`],
    ['a witness without its key', 'witness A\nquorum none\n'],
    ['a witness with the key of a log', `witness A ${vkey(log)}\nquorum none\n`],
    ['a witness twice', `witness A ${vkey(x1)}\nwitness B ${vkey(keyOf('again', 4, 11))}\nquorum A\n`],
    ['a name twice', `witness A ${vkey(x1)}\nwitness A ${vkey(x2)}\nquorum A\n`],
    ['the name none', `witness none ${vkey(x1)}\nquorum none\n`],
    ['a group called none', `witness A ${vkey(x1)}\ngroup none 1 A\nquorum none\n`],
    ['a group of none', `group G any none\nquorum G\n`],
    ['a group of nobody', 'group G any\nquorum G\n'],
    ['a group of itself', 'group G any G\nquorum G\n'],
    ['a member twice', `witness A ${vkey(x1)}\ngroup G 1 A A\nquorum G\n`],
    ['a member of two groups', `witness A ${vkey(x1)}\ngroup G 1 A\ngroup H 1 A\nquorum G\n`],
    ['a threshold of 0', `witness A ${vkey(x1)}\ngroup G 0 A\nquorum G\n`],
    ['a threshold above the members', `witness A ${vkey(x1)}\ngroup G 2 A\nquorum G\n`],
    ['a threshold that is no number', `witness A ${vkey(x1)}\ngroup G most A\nquorum G\n`],
    ['a threshold with a leading zero', `witness A ${vkey(x1)}\ngroup G 01 A\nquorum G\n`],
    ['too many bytes', `#${'x'.repeat(70_000)}\nquorum none\n`],
  ])('malformed: %s', (_, text) => {
    expect(parse(text)).toMatchObject({ error: 'malformed' });
  });

  test('a refusal names the line', () => {
    expect(parse('\n# two\nwitness A B\n')).toMatchObject({ detail: expect.stringMatching(/^line 3: /) });
  });

  test('every truncation is refused, and no flipped byte throws', () => {
    const bytes = utf8ToBytes(POLICY);
    for (let at = 0; at < bytes.length; at++) {
      expect(parsePolicy(bytes.slice(0, at)).ok).toBe(false);
      for (const mask of [0x01, 0x20, 0x80]) {
        const mangled = bytes.slice();
        mangled[at] = (mangled[at] as number) ^ mask;
        const policy = parsePolicy(mangled);
        // What still reads as a policy has not been talked into asking nobody.
        if (policy.ok) expect(meetsQuorum(policy.value.quorum, [])).toBe(false);
      }
    }
  });
});
