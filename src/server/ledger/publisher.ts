// Turns a log's entries, which the store holds, into its public form: tiles, entry bundles, then the signed
// checkpoint over them. The store is the truth and the files follow it; a checkpoint is published last, so whatever
// it covers can be read. A store that does not reach a published or witnessed checkpoint, or gives another root, stops
// the server: to go on would be to fork the log in public.
import { isSameKey, type NoteSignature } from '../../domain/ledger/note.ts';
import type { SignerKey, VerifierKey } from '../../domain/ledger/note-key.ts';
import { meetsQuorum, NO_QUORUM, type Quorum } from '../../domain/ledger/quorum.ts';
import { TILE_WIDTH, tilePath } from '../../domain/ledger/tile.ts';
import type { TileReader } from '../../domain/ledger/tile-proof.ts';
import { createTreeHead, type TreeHead } from '../../domain/ledger/tree-head.ts';
import { openCheckpointFile, type Published } from './checkpoint-file.ts';
import type { LogFiles } from './log-files.ts';
import { behind, checkWitnessed, type Recovered, recoverHead, type SignedHead } from './recovery.ts';
import type { StoredLog } from './store.ts';
import { createTileWriter } from './tile-writer.ts';

export type { Published };

export type Publisher = {
  readonly origin: string;
  published(): Published;
  /**
   * Publishes what `sizeOf` says when its turn comes (by default all that is committed), and answers with the
   * checkpoint of that very size, by the log's own signatures: it waits for no witness.
   */
  publish(sizeOf?: () => number | Promise<number>): Promise<Published>;
  /**
   * What cosigners are to be asked for. It stands still until they have met their quorum for it: each would otherwise
   * cosign another size of a log that grows, and no size would ever be cosigned by enough of them.
   */
  toCosign(): Published;
  /** Asks for the newest from now on: one of them has seen more than what they were asked for. */
  moveOn(): void;
  /** The newest that met the quorum, which readers find as `checkpoint.cosigned`; without a quorum, the newest. */
  cosigned(): Published | undefined;
  /**
   * Adds those of the cosignatures that verify to what was asked for, and publishes it once more where it is still the
   * newest, or has met the quorum. `outgrown`: something else is asked for by now. `refused`: none verifies.
   */
  cosign(size: number, cosignatures: readonly NoteSignature[]): Promise<'published' | 'outgrown' | 'refused'>;
  readTile: TileReader;
  /** Holds the log to what witnesses have seen of it. Throws LedgerRefusal: `store-behind-checkpoint` or `forked`. */
  holdTo(witnessed: readonly SignedHead[]): void;
};

export type PublisherParts = {
  readonly log: StoredLog;
  readonly files: LogFiles;
  /** All sign; oldest first. Their name is the log's origin. */
  readonly keys: readonly [SignerKey, ...SignerKey[]];
  /** Witnesses and auditors. */
  readonly witnesses?: readonly VerifierKey[];
  /** How many of them readers demand; nobody by default. */
  readonly quorum?: Quorum;
  /** Checkpoints of this log that witnesses hold, opened with its keys. */
  readonly witnessed?: readonly SignedHead[];
};

/** Takes up where the files stand. Throws LedgerRefusal: `store-behind-checkpoint`, `forked` or `damaged`. */
export async function openPublisher(parts: PublisherParts): Promise<Publisher> {
  const { log, files, keys, witnesses = [], witnessed = [], quorum = NO_QUORUM } = parts;
  const origin = keys[0].name;
  const readTile: TileReader = (tile) =>
    files.read(tilePath(tile)) ?? files.read(tilePath({ ...tile, width: TILE_WIDTH }));
  const writer = createTileWriter(origin, log, files);
  const file = openCheckpointFile({ files, keys, witnesses, path: 'checkpoint' });
  const cosignedFile = openCheckpointFile({ files, keys, witnesses, path: 'checkpoint.cosigned' });
  const isMet = ({ cosignatures }: Published) => meetsQuorum(quorum, cosignatures);
  const hasQuorum = !meetsQuorum(quorum, []);
  const recover = (checkpoint: SignedHead): Promise<Recovered> =>
    recoverHead({ origin, log, files, readTile, checkpoint });

  const last = file.read();
  const recovered = last && (await recover(last));
  checkWitnessed(origin, log, readTile, last?.size ?? 0, witnessed);
  if (last && !recovered?.areFilesWhole)
    await files.publish(await writer.grow(createTreeHead(), last.size, 'damaged'));
  let head: TreeHead | undefined = recovered?.head ?? createTreeHead();
  let published = last ?? (await publishTree(head, log.size()));
  // A key that has joined since signs what stands, and one that was retired does no more.
  if (last && !last.isAsSignedNow) published = await file.write(last, last.cosignatures);
  let target = published;
  let cosigned = hasQuorum ? await takeUpCosigned() : undefined;
  let queue: Promise<unknown> = Promise.resolve();

  async function publishTree(tree: TreeHead, size: number): Promise<Published> {
    const grown = await writer.grow(tree, size, 'all');
    return file.write({ size, root: tree.root() }, [], grown);
  }

  async function step(size: number): Promise<Published> {
    if (size === published.size) return published;
    if (size < published.size) throw behind(origin, published.size, size);
    // After a failure the head may be ahead of the files: build it again from what is published.
    const tree = head ?? (await recover(published)).head;
    head = undefined;
    const before = published.size;
    published = await publishTree(tree, size);
    head = tree;
    await writer.removeOutgrown(before, size);
    return published;
  }

  async function takeUpCosigned(): Promise<Published | undefined> {
    const found = cosignedFile.find();
    const kept = found && isMet(found) && found.size <= published.size ? found : undefined;
    if (isMet(published) && published.size !== kept?.size)
      return cosignedFile.write(published, published.cosignatures);
    return kept && !kept.isAsSignedNow ? cosignedFile.write(kept, kept.cosignatures) : kept;
  }

  function toCosign(): Published {
    // Where only the size is the same, a cosignature may be on its way into what is published.
    if (target.size < published.size && isMet(target)) target = published;
    return target;
  }

  async function addCosignatures(size: number, given: readonly NoteSignature[]) {
    if (size !== target.size) return 'outgrown';
    const verified = file.verified(target, given);
    if (verified.length === 0) return 'refused';
    const kept = target.cosignatures.filter((line) => !verified.some((other) => isSameKey(line, other)));
    // It may be outgrown before it is written.
    const made = { ...target, cosignatures: [...kept, ...verified] };
    target = made;
    if (size === published.size) published = await file.write(published, made.cosignatures);
    if (hasQuorum && isMet(made)) cosigned = await cosignedFile.write(made, made.cosignatures);
    return 'published';
  }

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = queue.then(task);
    queue = next.catch(() => undefined);
    return next;
  }

  return {
    origin,
    published: () => published,
    publish: (sizeOf = () => log.size()) => inTurn(async () => step(await sizeOf())),
    toCosign,
    moveOn() {
      if (target.size < published.size) target = published;
    },
    cosigned: () => (hasQuorum ? cosigned : published),
    cosign: (size, made) => inTurn(() => addCosignatures(size, made)),
    readTile,
    holdTo: (seen) => checkWitnessed(origin, log, readTile, published.size, seen),
  };
}
