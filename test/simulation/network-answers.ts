// What a bad network makes of an answer, and what stands in front of a server says in its place.
import { parseBase64, utf8ToBytes } from '../../src/domain/bytes.ts';
import { eventId } from '../../src/domain/event.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { parseJson } from '../../src/domain/shape.ts';
import { eventsResponseShape } from '../../src/domain/wire.ts';
import type { Chance } from './chance.ts';
import type { Answer, Request } from './http-door.ts';
import type { Tally } from './tally.ts';

/** Seconds; none, soon, later, and longer than anyone waits. */
const RETRY_AFTER_S = [undefined, 5, 120, 7_200] as const;
const PORTAL = utf8ToBytes('<!doctype html><title>Welcome to our network</title>');

/** By a proxy in its own words: sometimes it says when to come back, in seconds or as a date. */
export function refusal(chance: Chance, nowMs: number): Answer {
  const seconds = chance.pick(RETRY_AFTER_S);
  const date = new Date(nowMs + (seconds ?? 0) * 1_000).toUTCString();
  const words = chance.happens(0.5) ? String(seconds) : date;
  const headers: Record<string, string> = seconds === undefined ? {} : { 'retry-after': words };
  return { status: chance.pick([429, 500, 502, 503]), headers, bytes: PORTAL, isBroken: false };
}

/** The line breaks in the middle of it, or a proxy hands on the beginning for the whole. */
export function shortened(answer: Answer, chance: Chance): Answer {
  const bytes = answer.bytes.subarray(0, chance.below(answer.bytes.length + 1));
  return { ...answer, bytes, isBroken: chance.happens(0.5) };
}

/** Well-formed, and not true: the ledger has never heard of these events, and the tile is another one. */
export function forgedAnswer({ url, payload }: Request, chance: Chance): Answer {
  const good = { status: 200, headers: {}, isBroken: false };
  if (url.includes('/tile/')) return { ...good, bytes: chance.bytes(32) };
  if (url !== '/api/events') return { ...good, bytes: PORTAL };
  const { events } = JSON.parse(payload ?? '') as { readonly events: readonly { readonly bytes: string }[] };
  const receipts = events.map(({ bytes }) => forgedReceipt(bytes, chance));
  return { ...good, bytes: utf8ToBytes(JSON.stringify({ receipts })) };
}

function forgedReceipt(bytes: string, chance: Chance): Receipt {
  const parsed = parseBase64(bytes);
  const id = eventId(parsed.ok ? parsed.value : new Uint8Array(0));
  const place = { id, index: chance.below(8), parts: 1, receiptTimeMs: 1_800_000_000_000, undoesIndex: null };
  const more = {
    keyIds: [1],
    containerKeyIds: [],
    batchKeyIds: [],
    repeats: [],
    locked: [],
    unchanged: [],
    alerts: [],
  };
  return { kind: 'accepted', ...place, ...more };
}

/** What the server says, and its intake to each event. */
export function tallyAnswer({ url }: Request, { status, bytes }: Answer, tally: Tally): void {
  tally.add(`answers: HTTP ${status}`);
  if (url === '/api/session' && status === 200) tally.add('sessions opened');
  if (url !== '/api/events' || status !== 200) return;
  const answer = parseJson(new TextDecoder().decode(bytes), eventsResponseShape);
  for (const receipt of answer.ok ? answer.value.receipts : [])
    tally.add(`receipt: ${receipt.kind === 'rejected' ? `rejected, ${receipt.reason}` : receipt.kind}`);
}

export function toResponse({ status, headers, bytes, isBroken }: Answer, nowMs: number): Response {
  const whole = new Uint8Array(bytes);
  const body = isBroken ? breakingOff(whole) : whole;
  const init = { status, headers: { ...headers, date: new Date(nowMs).toUTCString() } };
  return new Response(status === 304 ? null : body, init);
}

function breakingOff(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isGiven = false;
  return new ReadableStream({
    pull(controller) {
      if (isGiven || bytes.length === 0) controller.error(new TypeError('terminated'));
      else controller.enqueue(bytes);
      isGiven = true;
    },
  });
}
