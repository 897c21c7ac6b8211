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
