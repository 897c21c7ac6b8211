// C2SP tlog-policy: the text file in which an operator says which logs to follow, which witnesses exist and how many
// of them are enough. Read once at set-up, so a mistake is refused with its line instead of being guessed around.
import { equalBytes, parseUtf8 } from '../bytes.ts';
import { assert, err, ok, type Result } from '../result.ts';
import type { CheckpointTrust } from './checkpoint.ts';
import { isSameKey } from './note.ts';
import { COSIGNATURE_KEY, encodeVerifierKey, parseVerifierKey, type VerifierKey } from './note-key.ts';
import { NO_QUORUM, type Quorum } from './quorum.ts';

/** C2SP asks for 32 logs, 32 witnesses and 32 groups; 64 KiB hold about ten times as many. */
export const POLICY_BYTES_MAX = 65_536;

export type PolicyPeer = { readonly key: VerifierKey; readonly url: string | undefined };

export type Policy = {
  readonly logs: readonly PolicyPeer[];
  readonly witnesses: readonly PolicyPeer[];
  readonly quorum: Quorum;
};

/** What the policy says about one log, whose origin is its key name. */
export function trustUnderPolicy(policy: Policy, origin: string): Result<CheckpointTrust, 'unknown-log'> {
  const logKeys = policy.logs.map((log) => log.key).filter((key) => key.name === origin);
  if (logKeys.length === 0) return err('unknown-log', origin);
  const witnesses = policy.witnesses.map((witness) => witness.key);
  return ok({ origin, logKeys, witnesses, quorum: policy.quorum });
}

/**
 * One spelling of a policy, which parses to the same again: witnesses are called w1, w2..., groups g1, g2... in the
 * order in which they are written. Every key of the quorum is one of the witnesses'.
 */
export function encodePolicy({ logs, witnesses, quorum }: Policy): string {
  const lines = logs.map((log) => peerLine('log', log));
  lines.push(...witnesses.map((witness, i) => peerLine(`witness w${i + 1}`, witness)));
  let groups = 0;

  function nameOf(member: Quorum): string {
    if (member.kind === 'witness') {
      const at = witnesses.findIndex(({ key }) => isSameKey(key, member.key));
      assert(at >= 0, `${member.key.name} is a witness of the policy`);
      return `w${at + 1}`;
    }
    const names = member.members.map(nameOf);
    groups += 1;
    lines.push(`group g${groups} ${member.threshold} ${names.join(' ')}`);
    return `g${groups}`;
  }

  const isNone = quorum.kind === 'group' && quorum.members.length === 0;
  const name = isNone ? 'none' : nameOf(quorum);
  return `${[...lines, `quorum ${name}`].join('\n')}\n`;
}

function peerLine(what: string, { key, url }: PolicyPeer): string {
  return `${what} ${encodeVerifierKey(key)}${url === undefined ? '' : ` ${url}`}`;
}

type Draft = {
  readonly logs: PolicyPeer[];
  readonly witnesses: PolicyPeer[];
  /** Witnesses and groups by name; a group may only name what stands above it, so no group holds itself. */
  readonly named: Map<string, Quorum>;
  readonly members: Set<string>;
  quorum: Quorum | undefined;
};

/** `detail` names the line. */
export function parsePolicy(bytes: Uint8Array): Result<Policy, 'malformed'> {
  if (bytes.length > POLICY_BYTES_MAX) return err('malformed', `a policy of ${bytes.length} bytes`);
  // Names are octets, compared as such: one character for each byte, so that no Unicode rule has a say.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) return err('malformed', 'a control character');
  const lines = text.split('\n');
  if (lines.pop() !== '') return err('malformed', 'the last line does not end');
  const draft: Draft = { logs: [], witnesses: [], named: new Map(), members: new Set(), quorum: undefined };
  for (const [at, line] of lines.entries()) {
    const fault = readLine(draft, line);
    if (fault !== undefined) return err('malformed', `line ${at + 1}: ${fault}`);
  }
  const { logs, witnesses, quorum } = draft;
  return quorum ? ok({ logs, witnesses, quorum }) : err('malformed', 'no quorum line');
}

/** Adds the line to the draft; a text in return says what is wrong with it. */
function readLine(draft: Draft, line: string): string | undefined {
  const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
  if (keyword === undefined || keyword.startsWith('#')) return undefined;
  if (keyword === 'log') return readLog(draft, items);
  if (keyword === 'witness') return readWitness(draft, items);
  if (keyword === 'group') return readGroup(draft, items);
  if (keyword === 'quorum') return readQuorum(draft, items);
  return 'not a log, witness, group or quorum';
}

function readLog({ logs }: Draft, [vkey = '', url, ...rest]: string[]): string | undefined {
  const key = parseVerifierKey(textOf(vkey));
  if (!key.ok || rest.length > 0) return 'not a log with its key';
  return addPeer(logs, { key: key.value, url: url && textOf(url) });
}

function readWitness(draft: Draft, [name = '', vkey = '', url, ...rest]: string[]): string | undefined {
  const key = parseVerifierKey(textOf(vkey));
  if (!key.ok || rest.length > 0) return 'not a witness with its name and key';
  if (key.value.type !== COSIGNATURE_KEY) return 'a witness has a cosignature key';
  return (
    define(draft, name, { kind: 'witness', key: key.value }) ??
    addPeer(draft.witnesses, { key: key.value, url: url && textOf(url) })
  );
}

/** One key under two names would count twice. */
function addPeer(peers: PolicyPeer[], peer: PolicyPeer): string | undefined {
  if (peers.some(({ key }) => equalBytes(key.publicKey, peer.key.publicKey)))
    return 'the key is listed twice';
  peers.push(peer);
  return undefined;
}

function readGroup(draft: Draft, [name = '', count = '', ...names]: string[]): string | undefined {
  const threshold = thresholdOf(count, names.length);
  if (threshold === undefined) return 'not a group with a threshold and as many members';
  const members: Quorum[] = [];
  for (const memberName of names) {
    const member = draft.named.get(memberName);
    if (!member) return `${textOf(memberName)} is not defined above`;
    // Each witness counts in one way only, so that k of n means k different ones.
    if (draft.members.has(memberName)) return `${textOf(memberName)} is already a member`;
    draft.members.add(memberName);
    members.push(member);
  }
  return define(draft, name, { kind: 'group', threshold, members });
}

function thresholdOf(count: string, members: number): number | undefined {
  if (members === 0) return undefined;
  if (count === 'all') return members;
  if (count === 'any') return 1;
  const threshold = /^[1-9]\d{0,3}$/.test(count) ? Number(count) : 0;
  return threshold >= 1 && threshold <= members ? threshold : undefined;
}

function define({ named }: Draft, name: string, quorum: Quorum): string | undefined {
  if (name === 'none' || named.has(name)) return `${textOf(name)} is already defined`;
  named.set(name, quorum);
  return undefined;
}

function readQuorum(draft: Draft, [name = '', ...rest]: string[]): string | undefined {
  if (draft.quorum) return 'a second quorum';
  const quorum = name === 'none' ? NO_QUORUM : draft.named.get(name);
  if (!quorum || rest.length > 0) return 'the quorum is one name defined above';
  draft.quorum = quorum;
  return undefined;
}

/** The text that the octets encode; octets that encode none stay one character each. */
function textOf(octets: string): string {
  const decoded = parseUtf8(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
  return decoded.ok ? decoded.value : octets;
}
