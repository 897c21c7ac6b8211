// What a device trusts, where its logs never change their keys.
import type { TrustKeeper } from '../../src/app/trust-keeper.ts';
import { openTrust, type TrustText } from '../../src/domain/ledger/trust.ts';
import { assert, ok } from '../../src/domain/result.ts';

export function fixedTrust(text: TrustText): TrustKeeper {
  const trust = openTrust(text);
  assert(trust.ok, 'the trust of a test');
  return { current: () => trust.value, text: () => text, learnKeys: async () => ok(false) };
}
