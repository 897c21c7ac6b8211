// Enrolment: a one-time code from a link makes this device known to a ledger. The link also names the ledger's keys
// and cosigners, so that nobody on the way can put others in their place.
import { encodeBase64 } from '../domain/bytes.ts';
import { openTrust } from '../domain/ledger/trust.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { enrolRequestShape, trustHash } from '../domain/wire.ts';
import { KeyError, LedgerError, type Ports, StoreError } from './ports.ts';
import type { EnrolState } from './root-model.ts';

export type EnrolFailure = Extract<EnrolState, { readonly kind: 'failed' }>['why'];

/**
 * Resolves when identity and keys are stored. Nothing is stored on a failure. What waits in the outbox stays there,
 * under the key that signed it; the new key starts a chain of its own.
 */
export async function enrolDevice(
  { enrolments, ledger, clock }: Pick<Ports, 'enrolments' | 'ledger' | 'clock'>,
  code: string,
  keyHash: string,
): Promise<Result<undefined, EnrolFailure>> {
  try {
    const former = (await formerDevice(enrolments)) ?? null;
    const key = await enrolments.createKey();
    const request = enrolRequestShape({ code, publicKey: encodeBase64(key.publicKey), former }, 'enrol');
    if (!request.ok) return err('code-not-valid');
    const response = await ledger.enrol(request.value);
    const isNamed = trustHash(response.trust) === keyHash;
    if (!isNamed || !openTrust(response.trust).ok) return err('wrong-key');
    await enrolments.save(key, response, clock.nowMs());
    return ok(undefined);
  } catch (error) {
    const failure = enrolFailureOf(error);
    if (failure === undefined) throw error;
    return err(failure, String(error));
  }
}

/** An identity that cannot be opened is a reason to enrol, not an obstacle to it. */
async function formerDevice(enrolments: Ports['enrolments']): Promise<string | undefined> {
  try {
    return (await enrolments.load())?.enrolment.device;
  } catch (error) {
    if (error instanceof KeyError || error instanceof StoreError) return undefined;
    throw error;
  }
}

function enrolFailureOf(error: unknown): EnrolFailure | undefined {
  if (error instanceof KeyError) return 'unsupported';
  if (error instanceof StoreError) return error.code === 'full' ? 'storage-full' : 'storage-failed';
  if (!(error instanceof LedgerError)) return undefined;
  if (error.code === 'refused') return error.refusal === 'code-not-valid' ? 'code-not-valid' : 'server';
  return error.code === 'malformed' ? 'server' : 'offline';
}
