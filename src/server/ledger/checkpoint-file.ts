// A published checkpoint, the newest or the newest that met its quorum: signed by every key of the log (two while one
// replaces the other), and followed by the witnesses' cosignatures as far as they have come in. Nothing is written that
// has not been verified.
import { utf8ToBytes } from '../../domain/bytes.ts';
import { encodeCheckpoint, openCheckpoint, signCheckpoint } from '../../domain/ledger/checkpoint.ts';
import {
  encodeNote,
  isSameKey,
  type NoteSignature,
  parseNote,
  signerIdsOf,
} from '../../domain/ledger/note.ts';
import { type SignerKey, signerOf, type VerifierKey, verifierOf } from '../../domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { assert, ok } from '../../domain/result.ts';
import type { NamedFile } from './file-thread.ts';
import type { LogFiles } from './log-files.ts';
import { LedgerRefusal } from './refusal.ts';

export type Published = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  readonly cosignatures: readonly NoteSignature[];
};

export type CheckpointFile = {
  /** Undefined where there is none, or one that is by none of our keys. `isAsSignedNow`: by all of them and no others. */
  find(): (Published & { readonly isAsSignedNow: boolean }) | undefined;
  /** As `find`, but throws LedgerRefusal `damaged` where what is there is not ours. */
  read(): (Published & { readonly isAsSignedNow: boolean }) | undefined;
  /** Replaces what was there, once the files `before` it are durable; so is it when this resolves. */
  write(
    head: Pick<Published, 'size' | 'root'>,
    cosignatures?: readonly NoteSignature[],
    before?: readonly NamedFile[],
  ): Promise<Published>;
  /** Those that verify over this checkpoint, by a key of the witnesses. */
  verified(
    head: Pick<Published, 'size' | 'root'>,
    cosignatures: readonly NoteSignature[],
  ): readonly NoteSignature[];
};

export type CheckpointFileParts = {
  readonly files: LogFiles;
  /** Oldest first, all of one name: the log's origin. */
  readonly keys: readonly SignerKey[];
  readonly witnesses: readonly VerifierKey[];
  readonly path: 'checkpoint' | 'checkpoint.cosigned';
};

export function openCheckpointFile({ files, keys, witnesses, path }: CheckpointFileParts): CheckpointFile {
  const origin = keys[0]?.name;
  assert(origin !== undefined && keys.every(({ name }) => name === origin), 'keys of one log');
  const signers = keys.map(signerOf);
  const keyIds = keys
    .map(({ keyId }) => keyId)
    .sort()
    .join();
  const trust = { origin, logKeys: keys.map(verifierOf), witnesses, quorum: NO_QUORUM };
  const isWitness = (signature: NoteSignature) => witnesses.some((key) => isSameKey(key, signature));

  function openFile() {
    const bytes = files.read(path);
    if (!bytes) return undefined;
    const opened = openCheckpoint(bytes, trust);
    if (!opened.ok) return opened;
    const { size, root, signatures } = opened.value;
    const isAsSignedNow = signerIdsOf(bytes, trust.origin).join() === keyIds;
    const note = Buffer.from(bytes).toString('utf8');
    return ok({ size, root, note, cosignatures: signatures.filter(isWitness), isAsSignedNow });
  }

  return {
    find() {
      const opened = openFile();
      return opened?.ok ? opened.value : undefined;
    },
    read() {
      const opened = openFile();
      if (opened?.ok === false)
        throw new LedgerRefusal(
          'damaged',
          `The published checkpoint of ${origin} is not ours: ${opened.error}.`,
        );
      return opened?.value;
    },
    async write({ size, root }, cosignatures = [], before = []) {
      const signed = parseNote(utf8ToBytes(signCheckpoint({ origin, size, root, extension: '' }, signers)));
      assert(signed.ok, 'a note that was just signed');
      const { text, signatures } = signed.value;
      const note = encodeNote({ text, signatures: [...signatures, ...cosignatures] });
      await files.publish(before, { path, bytes: utf8ToBytes(note) });
      return { size, root, note, cosignatures };
    },
    verified({ size, root }, cosignatures) {
      const text = utf8ToBytes(encodeCheckpoint({ origin, size, root, extension: '' }));
      return cosignatures.filter((line) =>
        witnesses.some((key) => isSameKey(key, line) && key.verify(text, line.signature)),
      );
    },
  };
}
