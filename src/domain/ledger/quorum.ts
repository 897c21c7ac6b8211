// Which cosigners together are enough: nested k-of-n groups (C2SP tlog-policy), evaluated over keys whose
// cosignatures have been verified.
import { isSameKey, type KeyName } from './note.ts';

export type Quorum =
  | { readonly kind: 'witness'; readonly key: KeyName }
  | { readonly kind: 'group'; readonly threshold: number; readonly members: readonly Quorum[] };

/** `quorum none`: the log's own signature is enough. */
export const NO_QUORUM: Quorum = { kind: 'group', threshold: 0, members: [] };

export function meetsQuorum(quorum: Quorum, cosigned: readonly KeyName[]): boolean {
  if (quorum.kind === 'witness') return cosigned.some((key) => isSameKey(key, quorum.key));
  return quorum.members.filter((member) => meetsQuorum(member, cosigned)).length >= quorum.threshold;
}

/** Of a group that is not met: how many of its members are, how many it needs, and the cosigners that are not there. */
export type Shortfall = {
  readonly have: number;
  readonly need: number;
  readonly missing: readonly KeyName[];
};

/** Empty where the quorum is met. A group that needs all of its groups is told as those of them that are not met. */
export function shortfallsOf(quorum: Quorum, cosigned: readonly KeyName[]): readonly Shortfall[] {
  if (meetsQuorum(quorum, cosigned)) return [];
  if (quorum.kind === 'witness') return [{ have: 0, need: 1, missing: [quorum.key] }];
  const { threshold, members } = quorum;
  const unmet = members.filter((member) => !meetsQuorum(member, cosigned));
  if (threshold === members.length && members.every(({ kind }) => kind === 'group'))
    return unmet.flatMap((member) => shortfallsOf(member, cosigned));
  const missing = unmet.flatMap(cosignersOf).filter((key) => !cosigned.some((each) => isSameKey(each, key)));
  return [{ have: members.length - unmet.length, need: threshold, missing }];
}

function cosignersOf(quorum: Quorum): readonly KeyName[] {
  return quorum.kind === 'witness' ? [quorum.key] : quorum.members.flatMap(cosignersOf);
}

/** Both of them, where each demands somebody. */
export function bothQuorums(a: Quorum, b: Quorum): Quorum {
  const demanding = [a, b].filter((quorum) => !meetsQuorum(quorum, []));
  const [only = NO_QUORUM, other] = demanding;
  return other ? { kind: 'group', threshold: 2, members: demanding.map(asGroup) } : only;
}

/** A lone witness as a group, so that who is missing is told for each of two quorums by itself. */
function asGroup(quorum: Quorum): Quorum {
  return quorum.kind === 'group' ? quorum : { kind: 'group', threshold: 1, members: [quorum] };
}
