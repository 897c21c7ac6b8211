// Why an auditor does not cosign: a stable code for programs, words for people, and where it is.

/**
 * - `bad-log`: one of the two logs rolled back, forked, or does not lead to its signed root.
 * - `bad-entry`: an entry is not the one that was logged, or is not what the log may hold.
 * - `bad-leaf`: the snapshot log holds something that is neither a manifest nor a void leaf.
 * - `bad-manifest`: a field of a manifest is not what the entries, or the manifests before it, give.
 * - `page-differs`: a manifest names another page than the entries give.
 * - `file-differs`: a published file is not the one that the log names; whoever fetches it notices.
 * - `state-differs`: the auditor's own stored state is not what a replay from zero gives.
 * - `gone`: a manifest or a page is not published any more, so nobody can compare it.
 * - `unsupported`: newer software wrote it; this one cannot tell.
 */
export type AuditFaultCode =
  | 'bad-log'
  | 'bad-entry'
  | 'bad-leaf'
  | 'bad-manifest'
  | 'page-differs'
  | 'file-differs'
  | 'state-differs'
  | 'gone'
  | 'unsupported';

export type AuditFault = {
  readonly code: AuditFaultCode;
  readonly words: string;
  /** In the snapshot log: what `packtrail log void` takes. */
  readonly leaf?: number;
  /** In the ledger. */
  readonly entry?: number;
  /** Signed notes that contradict each other. */
  readonly evidence?: readonly string[];
};

/** Whether something is wrong, or could only not be compared. */
export function isMismatch({ code }: AuditFault): boolean {
  return code !== 'gone' && code !== 'unsupported';
}
