// The checkpoints that this device has accepted, in IndexedDB: its memory is what makes a rewritten or split history
// visible to it, and the evidence of one is kept for those who have to see it.
import type { CheckpointStore, ForkEvidence } from '../app/ports.ts';
import { NOTE_BYTES_MAX } from '../domain/ledger/note.ts';
import { integer, oneOf, record, type Shape, text } from '../domain/shape.ts';
import { type Database, readStored } from './database.ts';

const noteShape = text(NOTE_BYTES_MAX);
const evidenceShape: Shape<ForkEvidence> = record({
  log: oneOf(['ledger', 'snapshot']),
  seen: noteShape,
  offered: noteShape,
  foundMs: integer(0),
});

/** As many as tell the story; the first ones are what started it, so later ones are dropped. */
const EVIDENCE_MAX = 16;

export function createCheckpointStore(database: Database): CheckpointStore {
  return {
    latest: (log) =>
      database.read(['checkpoints'], async (tx) => {
        const note = await tx.objectStore('checkpoints').get(log);
        return note === undefined ? undefined : readStored(noteShape, note, `checkpoint of ${log}`);
      }),

    replace: (log, expected, next) =>
      database.writeStrictly(['checkpoints'], async (tx) => {
        const store = tx.objectStore('checkpoints');
        if ((await store.get(log)) !== expected) return false;
        await store.put(next, log);
        return true;
      }),

    keepEvidence: (evidence) =>
      database.writeStrictly(['evidence'], async (tx) => {
        const store = tx.objectStore('evidence');
        const kept = (await store.getAll()).map(readEvidence);
        const isKnown = kept.some((each) => each.seen === evidence.seen && each.offered === evidence.offered);
        if (!isKnown && kept.length < EVIDENCE_MAX) await store.add(evidence);
      }),

    evidence: () =>
      database.read(['evidence'], async (tx) =>
        (await tx.objectStore('evidence').getAll()).map(readEvidence),
      ),
  };
}

function readEvidence(value: unknown): ForkEvidence {
  return readStored(evidenceShape, value, 'evidence');
}
