// Answers to what never reaches a route: bytes that are no HTTP, headers without end, addresses that no route can
// match. Node and Fastify would answer these in words of their own, before any hook has set a header.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PERMISSIONS_POLICY } from './headers.ts';
import { refusalOf } from './refusal.ts';

const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': PERMISSIONS_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  connection: 'close',
};

const MALFORMED = JSON.stringify({ error: 'malformed' });

/** Fastify's `frameworkErrors`. */
export function answerUnroutable(error: Error, _: FastifyRequest, reply: FastifyReply): void {
  const { code, statusCode } = refusalOf(error);
  reply.code(statusCode).headers(HEADERS).send({ error: code });
}

/** Fastify's `clientErrorHandler`: there is no request, only the socket. */
export function answerNoRequest(error: Error, socket: Socket): void {
  if (Reflect.get(error, 'code') === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const head = Object.entries({ ...HEADERS, 'content-length': String(MALFORMED.length) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  // Closed once it is written: what else the sender has to say is not read.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${statusOf(error)}\r\n${head}\r\n${MALFORMED}`);
}

/** A browser asks again after a 408, as it must where a connection that it opened ahead has waited too long. */
function statusOf(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
}
