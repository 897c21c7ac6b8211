// The ledger's server over HTTP. Every answer is bounded while it arrives and parsed into its type before anyone sees
// it; whether it is true, the use cases prove. Nothing is tried again here: who asks knows whether that makes sense.
import { type LedgerClient, LedgerError, type LogName } from '../app/ports.ts';
import { PROOF_FILE_BYTES_MAX, parseProofFile } from '../domain/ledger/proof-file.ts';
import { parseTilePath, TILE_BYTES, TILE_WIDTH } from '../domain/ledger/tile.ts';
import {
  CHECKPOINT_BYTES_MAX,
  ENTRY_BYTES_MAX,
  KEYS_BYTES_MAX,
  LOG_KEYS_BYTES_MAX,
  MANIFEST_BYTES_MAX,
  TIGHTENINGS_BYTES_MAX,
  TIGHTENINGS_MAX,
} from '../domain/limits.ts';
import type { Pack } from '../domain/pack.ts';
import { assert } from '../domain/result.ts';
import type { Shape } from '../domain/shape.ts';
import { parseSnapshotLeaf } from '../domain/snapshot/manifest.ts';
import {
  catalogueShape,
  enrolResponseShape,
  eventsResponseShape,
  invitationResponseShape,
  keysResponseShape,
  tighteningsResponseShape,
  trailResponseShape,
  verifyResponseShape,
} from '../domain/wire.ts';
import { createContactMeter } from './ledger-http-contact.ts';
import { createSession, type SessionDevice } from './ledger-http-session.ts';
import { createByteStream } from './ledger-http-stream.ts';
import {
  createTransport,
  type Fetch,
  malformed,
  NOT_MODIFIED,
  openJson,
  openText,
} from './ledger-http-transport.ts';

/** A signature, some ids and names, two policies, and at most 16 masters. */
const SMALL_BYTES_MAX = 65_536;
/** A request of 4 MiB names some 18,500 packs at most; a conflict and two alerts over each are about 500 bytes. */
const RECEIPTS_BYTES_MAX = 12 * 1_048_576;
/** Up to 500 steps; the entry of a full commissioning is 53 kB of base64. */
const TRAIL_BYTES_MAX = 16 * 1_048_576;
/** Base64 is a third more; a proof is 53 hashes at most. */
const TIGHTENINGS_ANSWER_BYTES_MAX =
  CHECKPOINT_BYTES_MAX + 2 * TIGHTENINGS_BYTES_MAX + TIGHTENINGS_MAX * 4_096;
/** 100,000 names of up to 120 characters with their codes. */
const CATALOGUE_BYTES_MAX = 20_000_000;
const BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX);

/** Somebody waits for these. */
const ANSWER_MS_MAX = 15_000;
/** 4 MiB over a bad line. */
const UPLOAD_MS_MAX = 120_000;
const FILE_MS_MAX = 60_000;

export type LedgerHttpOptions = {
  /** Takes paths of our own origin; the browser's by default. */
  readonly fetch?: Fetch | undefined;
  /** The device's clock; the browser's by default. */
  readonly nowMs?: () => number;
  /** Asked for when a session is opened. While there is none, only enrolment and the public files answer. */
  device(): Promise<SessionDevice | undefined>;
  /** The part for alerts, which few visits need; the service worker does without. */
  readonly loadAlerts?: () => Promise<typeof import('./ledger-http-alerts.ts')>;
};

export function createLedgerHttp({ fetch, nowMs, device, loadAlerts }: LedgerHttpOptions): LedgerClient {
  const contact = createContactMeter();
  const fetchOrOwn: Fetch = fetch ?? ((path, init) => globalThis.fetch(path, init));
  const send = createTransport(fetchOrOwn, contact, nowMs);
  const stream = createByteStream(fetchOrOwn);
  const session = createSession(send, device);

  async function post<T>(path: string, body: object, shape: Shape<T>, bytesMax: number): Promise<T> {
    const timeoutMs = ANSWER_MS_MAX;
    return openJson(await session.run((token) => send({ path, body, token, bytesMax, timeoutMs })), shape);
  }

  /** An immutable file may come from the browser's cache; its name is its hash, or its tree proves it. */
  function publicFile(path: string, bytesMax: number, isImmutable: boolean): Promise<Uint8Array> {
    return send({ path, bytesMax, timeoutMs: FILE_MS_MAX, isImmutable });
  }

  function snapshotFile(name: string, bytesMax: number, isImmutable: boolean): Promise<Uint8Array> {
    const request = { path: `/snapshot/${name}`, bytesMax, timeoutMs: FILE_MS_MAX, isImmutable };
    return session.run((token) => send({ ...request, token }));
  }

  return {
    async enrol(request) {
      const limits = { bytesMax: KEYS_BYTES_MAX, timeoutMs: ANSWER_MS_MAX };
      const answer = await send({ path: '/api/enrol', body: request, ...limits });
      session.forget();
      return openJson(answer, enrolResponseShape);
    },

    keys: (request) => post('/api/keys', request, keysResponseShape, KEYS_BYTES_MAX),

    invite: () => post('/api/invitations', {}, invitationResponseShape, SMALL_BYTES_MAX),

    async postEvents(events, afterLoss = []) {
      const limits = { bytesMax: RECEIPTS_BYTES_MAX, timeoutMs: UPLOAD_MS_MAX };
      const answer = await send({ path: '/api/events', body: { events, afterLoss }, ...limits });
      const { receipts } = openJson(answer, eventsResponseShape);
      if (receipts.length !== events.length)
        throw malformed(`${receipts.length} receipts for ${events.length} events`);
      return receipts;
    },

    verify: (pack) => post('/api/verify', { pack: bare(pack) }, verifyResponseShape, SMALL_BYTES_MAX),

    trail: (pack) => post('/api/trail', { pack: bare(pack) }, trailResponseShape, TRAIL_BYTES_MAX),

    async tightenings(from, tag) {
      const limits = { bytesMax: TIGHTENINGS_ANSWER_BYTES_MAX, timeoutMs: FILE_MS_MAX };
      const request = { path: `/api/tightenings?from=${from}`, tag, ...limits };
      const answer = await session.run((token) => send({ ...request, token }));
      return answer === NOT_MODIFIED ? undefined : openJson(answer, tighteningsResponseShape);
    },

    async catalogue() {
      const request = { path: '/api/catalogue', bytesMax: CATALOGUE_BYTES_MAX, timeoutMs: FILE_MS_MAX };
      return openJson(await session.run((token) => send({ ...request, token })), catalogueShape);
    },

    async alerts() {
      const loaded = await loadAlerts?.().catch((cause: unknown) => {
        throw new LedgerError('offline', { cause });
      });
      if (!loaded) throw new LedgerError('refused', { refusal: 'unavailable' });
      return loaded.createAlertsHttp(send, session);
    },

    checkpoint: async (log) =>
      openText(await publicFile(`/${FOLDERS[log]}/checkpoint`, CHECKPOINT_BYTES_MAX, false)),

    cosignedCheckpoint: (log) =>
      orUndefined(publicFile(`/${FOLDERS[log]}/checkpoint.cosigned`, CHECKPOINT_BYTES_MAX, false)),

    logKeys: (number) => orUndefined(publicFile(`/log/keys/${number}`, LOG_KEYS_BYTES_MAX, false)),

    async tile(log, path) {
      const tile = parseTilePath(path);
      assert(tile.ok, `${path} is the path of a tile`);
      const bytesMax = tile.value.kind === 'tile' ? TILE_BYTES : BUNDLE_BYTES_MAX;
      return publicFile(`/${FOLDERS[log]}/${path}`, bytesMax, true);
    },

    async latestSnapshot() {
      const proof = await snapshotFile('latest.tlog-proof', PROOF_FILE_BYTES_MAX, false);
      const id = manifestNamedBy(proof);
      const manifest = await snapshotFile(`manifest/${id}`, MANIFEST_BYTES_MAX, true);
      return { manifest, proof: openText(proof) };
    },

    async bundle(id, from, length) {
      assert(/^[0-9a-f]{64}$/.test(id), `${id} is a SHA-256`);
      return session.run((token) => stream({ path: `/snapshot/bundle/${id}`, token, from, length }));
    },

    clockSkew: contact.skew,
    isReached: contact.isReached,
    heldOfDevice: session.held,
  };
}

const FOLDERS: Readonly<Record<LogName, string>> = { ledger: 'log', snapshot: 'snapshot' };

/** One out of an event says more of itself, and the server refuses what it does not know. */
function bare({ productCode, serial, batch, expiry }: Pack): Pack {
  return { productCode, serial, batch, expiry };
}

async function orUndefined(file: Promise<Uint8Array>): Promise<string | undefined> {
  try {
    return openText(await file);
  } catch (error) {
    if (error instanceof LedgerError && error.refusal === 'not-found') return undefined;
    throw error;
  }
}

/** A hint only: the manifest's own hash has to be the proven leaf. */
function manifestNamedBy(proof: Uint8Array): string {
  const file = parseProofFile(proof);
  if (!file.ok) throw malformed(file.detail);
  const leaf = parseSnapshotLeaf(file.value.extra ?? new Uint8Array(0));
  if (!leaf.ok || leaf.value.kind !== 'manifest') throw malformed('the proof names no manifest');
  return leaf.value.id;
}
