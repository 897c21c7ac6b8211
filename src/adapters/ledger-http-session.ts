// The session behind requests that need to know the device: it signs a challenge, and the token that it gets is kept
// in memory alone, shared by all requests, and made anew once when the server no longer takes it.
import { type DeviceKey, type HeldByLedger, LedgerError } from '../app/ports.ts';
import { encodeBase64, utf8ToBytes } from '../domain/bytes.ts';
import { challengeResponseShape, sessionMessage, sessionResponseShape } from '../domain/wire.ts';
import { openJson, type Transport } from './ledger-http-transport.ts';

export type SessionDevice = { readonly id: string; readonly key: DeviceKey };

export type Session = {
  /** Runs the work with a token, and once more with a new one if the first had lapsed. Throws LedgerError. */
  run<T>(work: (token: string) => Promise<T>): Promise<T>;
  /** Another device speaks from now on. */
  forget(): void;
  /** What the server said to hold of the device when the latest session was opened. */
  held(): HeldByLedger | undefined;
};

const LIMITS = { bytesMax: 4_096, timeoutMs: 15_000 };

export function createSession(
  send: Transport,
  findDevice: () => Promise<SessionDevice | undefined>,
): Session {
  let opening: Promise<string> | undefined;
  let held: HeldByLedger | undefined;

  async function open(): Promise<string> {
    const device = await findDevice();
    if (!device) throw new LedgerError('refused', { refusal: 'not-enrolled' });
    const { id, key } = device;
    const asked = await send({ path: '/api/challenge', body: { device: id }, ...LIMITS });
    const { challenge } = openJson(asked, challengeResponseShape);
    const signature = encodeBase64(await key.sign(utf8ToBytes(sessionMessage(id, challenge))));
    const answer = await send({
      path: '/api/session',
      body: { device: id, challenge, signature },
      ...LIMITS,
    });
    const { token, nextSequence } = openJson(answer, sessionResponseShape);
    held = { device: id, sequence: nextSequence - 1 };
    return token;
  }

  /** Requests that start together wait for one session. */
  async function current(): Promise<{ readonly token: string; forget(): void }> {
    opening ??= open();
    const mine = opening;
    const forget = () => {
      if (opening === mine) opening = undefined;
    };
    try {
      return { token: await mine, forget };
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    async run(work) {
      const first = await current();
      try {
        return await work(first.token);
      } catch (error) {
        if (!hasLapsed(error)) throw error;
        first.forget();
        return work((await current()).token);
      }
    },
    forget() {
      opening = undefined;
    },
    held: () => held,
  };
}

function hasLapsed(error: unknown): boolean {
  if (!(error instanceof LedgerError)) return false;
  return error.refusal === 'session-expired' || error.refusal === 'not-enrolled';
}
