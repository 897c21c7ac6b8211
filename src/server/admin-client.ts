// How another process of the operator reaches the running server: by the address and the token that lie in the data
// folder, as long as a server holds that folder's lock.
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import { parseJson, record, type Shape, type Shaped, text } from '../domain/shape.ts';
import { errorResponseShape } from '../domain/wire.ts';
import { heldShape } from './admin-wire.ts';
import { readAdminToken, readSecret } from './http/secret-file.ts';
import { isWriterLocked } from './ledger/writer-lock.ts';

const addressShape = record({
  /** Where browsers reach the server. */
  origin: text(300, /^https?:\/\/[^/\s]+$/),
  /** Where this machine does. */
  local: text(300, /^https?:\/\/[^/\s]+$/),
  trust: text(32, /^[0-9a-f]{32}$/),
});
export type ServerAddress = Shaped<typeof addressShape>;

export const addressFile = (dataFolder: string): string => join(dataFolder, 'server.json');

export type AdminFailure = 'not-running' | 'refused' | 'malformed';

export type AdminClient = {
  readonly address: ServerAddress;
  get<T>(path: string, shape: Shape<T>): Promise<Result<T, AdminFailure>>;
  post<T>(path: string, body: object, shape: Shape<T>): Promise<Result<T, AdminFailure>>;
};

const TIMEOUT_MS = 60_000;
/** Receipts of a whole batch of events. */
const ANSWER_BYTES_MAX = 16 * 1_048_576;

/** `not-running`: no server answers there, or not the one of this folder. */
export async function openAdmin(dataFolder: string): Promise<Result<AdminClient, 'not-running'>> {
  // A killed server leaves its address behind, and another program may be there now: it must not be told the token.
  if (!isWriterLocked(dataFolder)) return err('not-running', `no server runs on ${dataFolder}`);
  const address = parseJson(readSecret(addressFile(dataFolder)) ?? '', addressShape);
  const token = readAdminToken(dataFolder);
  if (!address.ok || token === undefined) return err('not-running', `no server has run on ${dataFolder}`);
  const { local } = address.value;
  const client: AdminClient = {
    address: address.value,
    get: (path, shape) => ask(local + path, token, undefined, shape),
    post: (path, body, shape) => ask(local + path, token, JSON.stringify(body), shape),
  };
  const alive = await client.get(`/api/admin/held?device=${'0'.repeat(32)}`, heldShape);
  return alive.ok ? ok(client) : err('not-running', alive.detail);
}

async function ask<T>(
  url: string,
  token: string,
  body: string | undefined,
  shape: Shape<T>,
): Promise<Result<T, AdminFailure>> {
  try {
    const { status, text: answer } = await request(url, token, body);
    if (status !== 200) {
      const refusal = parseJson(answer, errorResponseShape);
      return err('refused', refusal.ok ? refusal.value.error : `status ${status}`);
    }
    return parseJson(answer, shape);
  } catch (error) {
    return err('not-running', String(error));
  }
}

function request(
  url: string,
  token: string,
  body: string | undefined,
): Promise<{ status: number; text: string }> {
  const { protocol } = new URL(url);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const options = { method: body === undefined ? 'GET' : 'POST', headers, timeout: TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    const answered = (response: http.IncomingMessage) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > ANSWER_BYTES_MAX) response.destroy(new Error('too long an answer'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    };
    // This machine's own door: a certificate there names the server as others reach it.
    const sent =
      protocol === 'https:'
        ? https.request(url, { ...options, rejectUnauthorized: false }, answered)
        : http.request(url, options, answered);
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(body);
  });
}
