// What the server answers to each call of the ledger's client port: the HTTP API's endpoints without HTTP.
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { parseBase64 } from '../../src/domain/bytes.ts';
import { epochKeysOf } from '../../src/domain/epoch-keys.ts';
import { eventId } from '../../src/domain/event.ts';
import { parseProofFile } from '../../src/domain/ledger/proof-file.ts';
import { parseSnapshotLeaf } from '../../src/domain/snapshot/manifest.ts';
import type { DeviceRecord, Ledger, SignedBytes } from '../../src/server/ledger/ledger.ts';
import { readPublished } from './server.ts';

/** Alerts are people's work, and the simulated ones do none of it. */
export type Method = Exclude<keyof LedgerClient, 'clockSkew' | 'heldOfDevice' | 'alerts'>;
export type Answer<M extends Method> = Awaited<ReturnType<LedgerClient[M]>>;
type Endpoints = { readonly [M in Method]: (...args: Parameters<LedgerClient[M]>) => Promise<Answer<M>> };

/** Throws LedgerError; and whatever a ledger throws that is dying. */
export function answerOf<M extends Method>(
  ledger: Ledger,
  device: string,
  method: M,
  args: Parameters<LedgerClient[M]>,
): Promise<Answer<M>> {
  return endpointsOf(ledger, device)[method](...args);
}

function endpointsOf(ledger: Ledger, device: string): Endpoints {
  const folderOf = (log: string) => (log === 'ledger' ? ledger.logFolder : ledger.snapshotFolder);
  const textOf = (folder: string, path: string) => {
    const bytes = readPublished(folder, path);
    return bytes && new TextDecoder().decode(bytes);
  };

  /** As the session's door: who is revoked is out at once. */
  function asking(): DeviceRecord {
    const known = ledger.device(device);
    if (!known || known.revoked) throw new LedgerError('refused', { refusal: 'not-enrolled' });
    return known;
  }

  return {
    enrol: async () => refuse('code-not-valid'),
    invite: async () => refuse('too-many-requests'),
    async keys({ keyIds, products }) {
      asking();
      const asked = ledger.masters.filter(({ keyId }) => keyIds.includes(keyId));
      return {
        keyIds: ledger.masters.map(({ keyId }) => keyId),
        keys: asked.map((epoch) => epochKeysOf(epoch, products)),
      };
    },
    async postEvents(events, afterLoss = []) {
      const signed = events.map(({ bytes, signature }): SignedBytes => {
        const event = decoded(bytes);
        const isAfterLoss = afterLoss.includes(eventId(event));
        return { bytes: event, signature: decoded(signature), isAfterLoss };
      });
      try {
        return await ledger.acceptEvents(signed);
      } catch (cause) {
        throw new LedgerError('refused', { refusal: 'unavailable', cause });
      }
    },
    async verify(pack) {
      asking();
      return ledger.verify(pack);
    },
    async trail(pack) {
      const trail = ledger.trail(pack, asking());
      return trail.ok ? trail.value : refuse('unavailable');
    },
    async tightenings(from, tag) {
      asking();
      const answer = ledger.tightenings(from);
      if (!answer.ok) return refuse('unavailable');
      return answer.value.tag === tag ? undefined : answer.value;
    },
    async catalogue() {
      asking();
      return ledger.catalogue();
    },
    checkpoint: async (log) => textOf(folderOf(log), 'checkpoint') ?? refuse('not-found'),
    cosignedCheckpoint: async (log) => textOf(folderOf(log), 'checkpoint.cosigned'),
    logKeys: async (number) => textOf(ledger.logFolder, `keys/${number}`),
    tile: async (log, path) => readPublished(folderOf(log), path) ?? refuse('not-found'),
    async latestSnapshot() {
      asking();
      const proof = textOf(ledger.snapshotFolder, 'latest.tlog-proof') ?? refuse('not-found');
      const id = manifestNamedBy(proof);
      const manifest = readPublished(ledger.snapshotFolder, `manifest/${id}`) ?? refuse('not-found');
      return { manifest, proof };
    },
    async bundle(id, from, length) {
      asking();
      const bytes = readPublished(ledger.snapshotFolder, `bundle/${id}`) ?? refuse('not-found');
      return inTwo(bytes.subarray(from, from + length));
    },
  };
}

function refuse(refusal: LedgerError['refusal']): never {
  throw new LedgerError('refused', { refusal });
}

function decoded(base64: string): Uint8Array {
  const bytes = parseBase64(base64);
  return bytes.ok ? bytes.value : refuse('malformed');
}

function manifestNamedBy(proof: string): string {
  const file = parseProofFile(new TextEncoder().encode(proof));
  const leaf = file.ok ? parseSnapshotLeaf(file.value.extra ?? new Uint8Array(0)) : undefined;
  if (!leaf?.ok || leaf.value.kind !== 'manifest') throw new LedgerError('malformed');
  return leaf.value.id;
}

async function* inTwo(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = Math.floor(bytes.length / 2);
  yield bytes.subarray(0, half);
  yield bytes.subarray(half);
}
