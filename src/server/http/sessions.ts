// Sessions without a table: challenge and token are messages to ourselves, sealed with an HMAC, so that any replica
// that holds the secret can check them. A device proves its key by signing a challenge; what the device may do is
// looked up afresh at each request, so a revoked device is out at once.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '../../domain/result.ts';
import { sessionMessage } from '../../domain/wire.ts';
import { importDeviceKey, isSignedBy } from '../device-signature.ts';

export type Sessions = {
  challenge(device: string): string;
  /** Whether this device's key signed a challenge that we gave it within the last two minutes. */
  checkAnswer(
    device: string,
    challenge: string,
    publicKey: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
  open(device: string): { readonly token: string; readonly expiresMs: number };
  /** The device that the token was made for. */
  check(token: string): Result<string, 'not-ours' | 'expired'>;
};

const CHALLENGE_MS = 2 * 60_000;
const SESSION_MS = 12 * 3_600_000;

export function createSessions(secret: Uint8Array, clock: () => number): Sessions {
  // `purpose` keeps one kind of message from being passed off as the other.
  function seal(purpose: 'challenge' | 'session', device: string, lifeMs: number): string {
    const claim = `${purpose}.${device}.${clock() + lifeMs}.${randomBytes(9).toString('base64url')}`;
    return `${claim}.${macOf(claim)}`;
  }
  function unseal(purpose: string, sealed: string): Result<string, 'not-ours' | 'expired'> {
    const [, claim = '', mac = ''] = /^(.{1,200})\.([^.]{43})$/.exec(sealed) ?? [];
    const expected = Buffer.from(macOf(claim));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return err('not-ours');
    const [kind, device = '', expiresMs] = claim.split('.');
    if (kind !== purpose) return err('not-ours');
    return Number(expiresMs) > clock() ? ok(device) : err('expired');
  }
  const macOf = (claim: string) => createHmac('sha256', secret).update(claim).digest('base64url');

  return {
    challenge: (device) => seal('challenge', device, CHALLENGE_MS),
    async checkAnswer(device, challenge, publicKey, signature) {
      const asked = unseal('challenge', challenge);
      if (!asked.ok || asked.value !== device) return false;
      const message = Buffer.from(sessionMessage(device, challenge));
      const key = importDeviceKey(publicKey);
      return key !== undefined && isSignedBy(key, message, signature);
    },
    open(device) {
      const token = seal('session', device, SESSION_MS);
      return { token, expiresMs: Number(token.split('.')[2]) };
    },
    check: (token) => unseal('session', token),
  };
}
