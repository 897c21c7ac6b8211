import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { announceLogKeys, openLogKeys, openSelfSigned } from '../../../src/domain/ledger/log-keys.ts';
import {
  COSIGNATURE_KEY,
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  type SignerKey,
  signerOf,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import { meetsQuorum } from '../../../src/domain/ledger/quorum.ts';
import { makeTrust, openTrust, type Trust, trustTextShape } from '../../../src/domain/ledger/trust.ts';
import { mangled } from '../../support/mangle.ts';

const key = (name: string, seed: number) =>
  createSignerKey(name, SIGNATURE_KEY, new Uint8Array(32).fill(seed));
const vkey = (signer: SignerKey) => encodeVerifierKey(verifierOf(signer));
const [A, B, C] = [1, 2, 3].map((seed) => key('log.example/ledger', seed)) as [
  SignerKey,
  SignerKey,
  SignerKey,
];
const [P, Q] = [11, 12].map((seed) => key('log.example/snapshots', seed)) as [SignerKey, SignerKey];
const witness = verifierOf(createSignerKey('w.example', COSIGNATURE_KEY, new Uint8Array(32).fill(21)));

const cosigned = {
  logs: [],
  witnesses: [{ key: witness, url: 'https://w.example' }],
  quorum: { kind: 'witness', key: witness },
} as const;

function trustIn(ledger: readonly SignerKey[], snapshots: readonly SignerKey[], number = 1): Trust {
  const keys = { ledgerKeys: ledger.map(vkey), snapshotKeys: snapshots.map(vkey) };
  const text = makeTrust({ number, ...keys, witnesses: cosigned });
  const trust = text.ok ? openTrust(text.value) : text;
  if (!trust.ok) throw new Error(trust.detail);
  return trust.value;
}

function announce(number: number, ledger: readonly SignerKey[], snapshots: readonly SignerKey[]): string {
  const keys = { number, ledger: ledger.map(vkey), snapshot: snapshots.map(vkey) };
  return announceLogKeys(keys, [...ledger, ...snapshots].map(signerOf));
}

describe('an announcement of keys', () => {
  test('leads from key to key, and the demands on cosigners stay', () => {
    const joined = openLogKeys(announce(2, [A, B], [P]), trustIn([A], [P]));
    if (!joined.ok) throw new Error(joined.detail);
    expect(joined.value.retired).toEqual([]);
    expect(joined.value.trust.ledger).toContain(`log ${vkey(A)}\nlog ${vkey(B)}\nwitness w1 `);
    expect(joined.value.trust.ledger).not.toContain('https://');
    const then = openTrust(joined.value.trust);
    if (!then.ok) throw new Error(then.detail);
    expect(meetsQuorum(then.value.ledger.full.quorum, [])).toBe(false);
    expect(meetsQuorum(then.value.ledger.full.quorum, [witness])).toBe(true);
    const left = openLogKeys(announce(3, [B], [P, Q]), then.value);
    expect(left).toMatchObject({ ok: true, value: { retired: [vkey(A)], trust: { number: 3 } } });
    expect(trustTextShape(left.ok && left.value.trust, 'trust').ok).toBe(true);
  });

  test.each([
    ['by keys of nobody', announce(2, [B], [P]), 'unknown-key'],
    [
      'for one log alone',
      announceLogKeys({ number: 2, ledger: [vkey(A)], snapshot: [vkey(P)] }, [signerOf(A)]),
      'unknown-key',
    ],
    ['that comes too early', announce(3, [A, B], [P]), 'malformed'],
    ['that is old', announce(1, [A], [P]), 'malformed'],
    ['of another log', announce(2, [A, key('other.example', 5)], [P]), 'malformed'],
    ['of a key named twice', announce(2, [A, A], [P]), 'malformed'],
    ['too long', `${'x'.repeat(20_000)}\n`, 'malformed'],
  ])('%s is not taken', (_, note, error) => {
    expect(openLogKeys(note, trustIn([A], [P]))).toMatchObject({ ok: false, error });
  });

  test('no mangled byte of it is taken', () => {
    const note = announce(2, [A, B], [P]);
    const trust = trustIn([A], [P]);
    for (const bytes of mangled(utf8ToBytes(note))) {
      const opened = openLogKeys(Buffer.from(bytes).toString('latin1'), trust);
      // A signature by a key that the reader does not know yet may be damaged without harm.
      if (opened.ok) expect(opened.value.trust.ledger).toContain(vkey(B));
      expect(openSelfSigned(Buffer.from(bytes).toString('latin1')).ok).toBe(false);
    }
  });

  test('by itself shows that whoever it names has signed it', () => {
    expect(openSelfSigned(announce(2, [A, B], [P]))).toMatchObject({ ok: true, value: { number: 2 } });
    const forB = { number: 2, ledger: [vkey(A), vkey(B)], snapshot: [vkey(P)] };
    expect(openSelfSigned(announceLogKeys(forB, [A, P].map(signerOf)))).toMatchObject({
      error: 'bad-signature',
    });
    expect(openSelfSigned(announce(2, [A, C], [P])).ok).toBe(true);
  });
});
