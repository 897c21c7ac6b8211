import { expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { isAuditor } from '../../../src/domain/ledger/cosignature.ts';
import {
  COSIGNATURE_KEY,
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import { encodePolicy, type Policy, parsePolicy } from '../../../src/domain/ledger/policy.ts';
import { meetsQuorum, NO_QUORUM, type Quorum, shortfallsOf } from '../../../src/domain/ledger/quorum.ts';
import { makeTrust, openTrust } from '../../../src/domain/ledger/trust.ts';

const cosigner = (name: string, seed: number) =>
  verifierOf(createSignerKey(name, COSIGNATURE_KEY, new Uint8Array(32).fill(seed)));
const logKey = (name: string, seed: number) =>
  encodeVerifierKey(verifierOf(createSignerKey(name, SIGNATURE_KEY, new Uint8Array(32).fill(seed))));

const [W1, W2, W3] = [1, 2, 3].map((seed) => cosigner(`w${seed}.example`, seed)) as [
  ReturnType<typeof cosigner>,
  ReturnType<typeof cosigner>,
  ReturnType<typeof cosigner>,
];
const AUDITOR = cosigner('a.example/snapshot-audit-v1', 4);
const leaf = (key: typeof W1): Quorum => ({ kind: 'witness', key });
const peers = (...keys: (typeof W1)[]) => keys.map((key) => ({ key, url: `https://${key.name}` }));
const TWO_OF_THREE: Quorum = { kind: 'group', threshold: 2, members: [W1, W2, W3].map(leaf) };
const WITNESSES: Policy = { logs: [], witnesses: peers(W1, W2, W3), quorum: TWO_OF_THREE };
const AUDITORS: Policy = { logs: [], witnesses: peers(AUDITOR), quorum: leaf(AUDITOR) };
const KEYS = { number: 1, ledgerKeys: [logKey('l.example', 7)], snapshotKeys: [logKey('s.example', 8)] };

const MANY = Array.from({ length: 200 }, (_, i) => peers(cosigner(`${'n'.repeat(40)}${i}`, i + 20))).flat();

function trustOf(change: Partial<Parameters<typeof makeTrust>[0]>) {
  const text = makeTrust({ ...KEYS, ...change });
  const trust = text.ok ? openTrust(text.value) : text;
  if (!trust.ok) throw new Error(trust.detail);
  return trust.value;
}

test('without cosigners the log is enough', () => {
  const { ledger, snapshot } = trustOf({});
  expect([ledger.full.quorum, snapshot.full.quorum]).toEqual([NO_QUORUM, NO_QUORUM]);
});

test('both logs need the witnesses, the snapshot log its auditors as well', () => {
  const { ledger, snapshot } = trustOf({ witnesses: WITNESSES, auditors: AUDITORS });
  expect(meetsQuorum(ledger.full.quorum, [W1, W3])).toBe(true);
  expect(meetsQuorum(ledger.full.quorum, [W1, AUDITOR])).toBe(false);
  expect(meetsQuorum(snapshot.full.quorum, [W1, W2, W3])).toBe(false);
  expect(meetsQuorum(snapshot.full.quorum, [W1, W3, AUDITOR])).toBe(true);
  expect(meetsQuorum(trustOf({ auditors: AUDITORS }).snapshot.full.quorum, [AUDITOR])).toBe(true);
});

test('who is missing is told for witnesses and auditors apart', () => {
  const { quorum } = trustOf({ witnesses: WITNESSES, auditors: AUDITORS }).snapshot.full;
  const told = shortfallsOf(quorum, [W2]).map(({ have, need, missing }) => [
    ...[have, need, missing.map(({ name }) => name)],
    missing.some(isAuditor),
  ]);
  expect(told).toEqual([
    [1, 2, ['w1.example', 'w3.example'], false],
    [0, 1, [AUDITOR.name], true],
  ]);
  expect(shortfallsOf(quorum, [W2, W1, AUDITOR])).toEqual([]);
});

test('a retired key vouches for what the device has, and for nothing new', () => {
  const former = logKey('l.example', 9);
  const text = makeTrust(KEYS);
  const trust = text.ok ? openTrust(text.value, [former, 'nonsense']) : text;
  if (!trust.ok) throw new Error(trust.detail);
  expect(trust.value.ledger.full.logKeys).toHaveLength(1);
  expect(trust.value.ledger.kept.full.logKeys).toHaveLength(2);
  expect(trust.value.snapshot.kept.full.logKeys).toHaveLength(1);
});

test.each([
  ['one cosigner in two roles', { witnesses: AUDITORS, auditors: AUDITORS }],
  ['no key of a log', { ledgerKeys: [] }],
  ['keys of two logs in one', { ledgerKeys: [...KEYS.ledgerKeys, ...KEYS.snapshotKeys] }],
  ['a cosigner for a log', { ledgerKeys: [encodeVerifierKey(W1)] }],
  ['more than a device takes', { witnesses: { ...WITNESSES, witnesses: [...WITNESSES.witnesses, ...MANY] } }],
])('%s is refused', (_, change) => {
  expect(makeTrust({ ...KEYS, ...change })).toMatchObject({ ok: false, error: 'malformed' });
});

test('a policy that was written parses to the same', () => {
  const nested: Quorum = { kind: 'group', threshold: 2, members: [TWO_OF_THREE, leaf(AUDITOR)] };
  for (const quorum of [NO_QUORUM, leaf(W2), TWO_OF_THREE, nested]) {
    const policy: Policy = { logs: peers(W1).slice(1), witnesses: peers(W1, W2, W3, AUDITOR), quorum };
    const text = encodePolicy(policy);
    const again = parsePolicy(utf8ToBytes(text));
    if (!again.ok) throw new Error(again.detail);
    expect(encodePolicy(again.value)).toBe(text);
    for (const cosigned of [[], [W1, W2], [W2], [W1, W2, AUDITOR]])
      expect(meetsQuorum(again.value.quorum, cosigned)).toBe(meetsQuorum(quorum, cosigned));
  }
});
