// The link that enrols another device of the same site, shown as a QR code on this one's screen.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { trustHash } from '../domain/wire.ts';
import type { InviteState } from './app-model.ts';
import { failureOf } from './failure.ts';
import type { LedgerClient } from './ports.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type Invite = {
  readonly state: ReadonlySignal<InviteState>;
  open(): Promise<void>;
  close(): void;
};

/** `linkOrigin`: the address under which the other device reaches the app. */
export function createInvite(
  ledger: Pick<LedgerClient, 'invite'>,
  trust: Pick<TrustKeeper, 'text'>,
  linkOrigin: string,
): Invite {
  const state = signal<InviteState>({ kind: 'closed' });
  let newest = 0;

  async function open(): Promise<void> {
    const mine = ++newest;
    state.value = { kind: 'loading' };
    const next = await ask();
    if (mine === newest) state.value = next;
  }

  async function ask(): Promise<InviteState> {
    try {
      const { code, expiresMs } = await ledger.invite();
      const link = `${linkOrigin}/#/enrol/${code}/${trustHash(trust.text())}`;
      return { kind: 'shown', link, expiresMs };
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      const isUnreachable = failure === 'offline' || failure === 'timeout';
      return { kind: 'failed', why: isUnreachable ? 'offline' : 'server' };
    }
  }

  function close(): void {
    newest += 1;
    state.value = { kind: 'closed' };
  }

  return { state, open, close };
}
