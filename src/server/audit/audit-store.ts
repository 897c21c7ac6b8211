// All that an auditor remembers between two looks, in one SQLite file: how far it has replayed both logs, the state
// that the fold left there, which manifests it has found right, and digests of the state to hold a later replay to.
// Everything in it follows from the logs, so a lost file costs time only; what must never be forgotten - what was
// cosigned - is in the cosigner's own.
import { DatabaseSync } from 'node:sqlite';
import { createTreeHead, restoreTreeHead, type TreeHead } from '../../domain/ledger/tree-head.ts';
import type { SnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { createFoldState, FOLD_SCHEMA, type FoldState } from './fold-state.ts';

export type AuditedLog = 'ledger' | 'snapshots';

/** A manifest that was found right, as far as the ones after it depend on it. */
export type JudgedManifest = {
  readonly leaf: number;
  readonly id: string;
  readonly number: number;
  readonly publishedMs: number;
  readonly salt: string;
  /** Entries of the ledger that it holds. */
  readonly size: number;
};

export type StoredLeaf = { readonly leaf: SnapshotLeaf; readonly isVoided: boolean };

export type StateDigest = { readonly size: number; readonly asOfMs: number; readonly digest: string };

export type AuditStore = {
  readonly state: FoldState;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Where the log has been replayed to. */
  head(log: AuditedLog): TreeHead;
  putHead(log: AuditedLog, head: TreeHead): void;
  lastEntry(): Uint8Array | undefined;
  putLastEntry(entry: Uint8Array): void;
  /** Forgets the fold state, for a replay from zero. */
  restart(): void;
  seen(log: AuditedLog): string | undefined;
  putSeen(log: AuditedLog, note: string): void;
  leaf(index: number): StoredLeaf | undefined;
  addLeaf(index: number, leaf: SnapshotLeaf): void;
  judged(leaf: number): JudgedManifest | undefined;
  lastJudged(): JudgedManifest | undefined;
  putJudged(manifest: JudgedManifest): void;
  digests(): readonly StateDigest[];
  putDigest(digest: StateDigest): void;
  close(): void;
};

const SCHEMA_VERSION = 1;
const SCHEMA = `
CREATE TABLE heads (log TEXT PRIMARY KEY, size INTEGER NOT NULL, seen TEXT) WITHOUT ROWID, STRICT;
CREATE TABLE edges (log TEXT NOT NULL, level INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (log, level))
  WITHOUT ROWID, STRICT;
CREATE TABLE last_entry (only INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE leaves (leaf INTEGER PRIMARY KEY, manifest TEXT, voids INTEGER) STRICT;
CREATE INDEX leaves_by_void ON leaves (voids) WHERE voids IS NOT NULL;
CREATE TABLE judged (leaf INTEGER PRIMARY KEY, id TEXT NOT NULL, number INTEGER NOT NULL,
  published_ms INTEGER NOT NULL, salt TEXT NOT NULL, size INTEGER NOT NULL) STRICT;
CREATE TABLE digests (size INTEGER PRIMARY KEY, as_of_ms INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
INSERT INTO heads VALUES ('ledger', 0, NULL), ('snapshots', 0, NULL);
${FOLD_SCHEMA}
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Throws LedgerRefusal `damaged`. */
export function openAuditStore(file: string): AuditStore {
  const database = openDatabase(file);
  const state = createFoldState(database);
  const head = database.prepare('SELECT size, seen FROM heads WHERE log = ?');
  const putSize = database.prepare('UPDATE heads SET size = ? WHERE log = ?');
  const putSeen = database.prepare('UPDATE heads SET seen = ? WHERE log = ?');
  const edges = database.prepare('SELECT level, hashes FROM edges WHERE log = ?');
  const clearEdges = database.prepare('DELETE FROM edges WHERE log = ?');
  const putEdge = database.prepare('INSERT INTO edges VALUES (?, ?, ?)');
  const lastEntry = database.prepare('SELECT entry FROM last_entry');
  const putLastEntry = database.prepare('INSERT OR REPLACE INTO last_entry VALUES (1, ?)');
  const leaf = database.prepare(
    'SELECT manifest, voids, EXISTS (SELECT 1 FROM leaves v WHERE v.voids = leaves.leaf) AS voided FROM leaves WHERE leaf = ?',
  );
  const addLeaf = database.prepare('INSERT INTO leaves VALUES (?, ?, ?)');
  const judged = database.prepare('SELECT * FROM judged WHERE leaf = ?');
  const lastJudged = database.prepare('SELECT * FROM judged ORDER BY leaf DESC LIMIT 1');
  const putJudged = database.prepare('INSERT OR REPLACE INTO judged VALUES (?, ?, ?, ?, ?, ?)');
  const digests = database.prepare('SELECT * FROM digests ORDER BY size');
  const putDigest = database.prepare('INSERT OR REPLACE INTO digests VALUES (?, ?, ?)');

  return {
    state,
    begin: () => database.exec('BEGIN IMMEDIATE'),
    commit: () => database.exec('COMMIT'),
    rollback() {
      // SQLite has rolled back by itself where the disk is full or broken.
      if (database.isTransaction) database.exec('ROLLBACK');
    },
    head(log) {
      const levels = new Map(edges.all(log).map((row) => [Number(row.level), row.hashes]));
      const restored = restoreTreeHead(Number(head.get(log)?.size), ({ level }) => {
        const hashes = levels.get(level);
        return hashes instanceof Uint8Array ? hashes : undefined;
      });
      if (!restored.ok) throw damaged(file);
      return restored.value;
    },
    putHead(log, tree) {
      putSize.run(tree.size(), log);
      clearEdges.run(log);
      for (const { tile, bytes } of tree.partialTiles()) putEdge.run(log, tile.level, bytes);
    },
    lastEntry() {
      const entry = lastEntry.get()?.entry;
      return entry instanceof Uint8Array ? entry : undefined;
    },
    putLastEntry: (entry) => void putLastEntry.run(entry),
    restart() {
      database.exec("DELETE FROM last_entry; DELETE FROM edges WHERE log = 'ledger';");
      putSize.run(createTreeHead().size(), 'ledger');
      state.clear();
    },
    seen(log) {
      const note = head.get(log)?.seen;
      return typeof note === 'string' ? note : undefined;
    },
    putSeen: (log, note) => void putSeen.run(note, log),
    leaf(index) {
      const row = leaf.get(index);
      if (!row) return undefined;
      const isVoided = row.voided === 1;
      return typeof row.manifest === 'string'
        ? { leaf: { kind: 'manifest', id: row.manifest }, isVoided }
        : { leaf: { kind: 'void', index: Number(row.voids) }, isVoided };
    },
    addLeaf(index, found) {
      if (found.kind === 'manifest') addLeaf.run(index, found.id, null);
      else addLeaf.run(index, null, found.index);
    },
    judged(index) {
      const row = judged.get(index);
      return row && judgedOf(row);
    },
    lastJudged() {
      const row = lastJudged.get();
      return row && judgedOf(row);
    },
    putJudged: (one) => void putJudged.run(one.leaf, one.id, one.number, one.publishedMs, one.salt, one.size),
    digests: () =>
      digests.all().map((row) => ({
        size: Number(row.size),
        asOfMs: Number(row.as_of_ms),
        digest: String(row.digest),
      })),
    putDigest: ({ size, asOfMs, digest }) => void putDigest.run(size, asOfMs, digest),
    close: () => database.close(),
  };
}

function judgedOf(row: Record<string, unknown>): JudgedManifest {
  return {
    leaf: Number(row.leaf),
    id: String(row.id),
    number: Number(row.number),
    publishedMs: Number(row.published_ms),
    salt: String(row.salt),
    size: Number(row.size),
  };
}

function openDatabase(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    // Whole after a crash in any case; what a power cut takes is folded again.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -262144;
      PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 134217728;`);
    const version = database.prepare('PRAGMA user_version').get()?.user_version;
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    else if (version !== SCHEMA_VERSION) throw damaged(file);
    return database;
  } catch (error) {
    throw error instanceof LedgerRefusal ? error : damaged(file, error);
  }
}

function damaged(file: string, cause?: unknown): LedgerRefusal {
  const words = `${file} is not an auditor's state, or newer software wrote it: remove it to start from zero.`;
  return new LedgerRefusal('damaged', words, { cause });
}
