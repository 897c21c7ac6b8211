// All that an auditor remembers between two looks, in one SQLite file: how far it has replayed both logs, the state
// that the fold left there, which manifests it has found right, and digests of the state to hold a later replay to.
// Everything in it follows from the logs, so a lost file costs time only; what must never be forgotten - what was
// cosigned - is in the cosigner's own.
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { createTreeHead, restoreTreeHead, type TreeHead } from '../../domain/ledger/tree-head.ts';
import type { BuiltPage } from '../../domain/snapshot/build.ts';
import {
  type Manifest,
  manifestId,
  type PageRef,
  parseManifest,
  type SnapshotLeaf,
} from '../../domain/snapshot/manifest.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { openSqliteFile } from '../sqlite-file.ts';
import type { AuditFault } from './audit-fault.ts';
import { createFoldState, FOLD_SCHEMA, type FoldState } from './fold-state.ts';

export type AuditedLog = 'ledger' | 'snapshots';

/** A manifest that was found right, as far as the ones after it depend on it. */
export type JudgedManifest = {
  readonly leaf: number;
  readonly id: string;
  readonly number: number;
  readonly publishedMs: number;
  /** Entries of the ledger that it holds. */
  readonly size: number;
};

export type StoredLeaf = {
  readonly leaf: SnapshotLeaf;
  /** The first leaf that voids it. */
  readonly voidedBy: number | undefined;
};

export type StateDigest = { readonly size: number; readonly asOfMs: number; readonly digest: string };

export type AuditStore = {
  readonly state: FoldState;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** All of the work is kept, or nothing: where it finds a fault, or throws. */
  attempt(work: () => Promise<AuditFault | undefined>): Promise<AuditFault | undefined>;
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
  /** Whether a leaf from this one on voids one above it. */
  isVoidedSince(leaf: number): boolean;
  judged(leaf: number): JudgedManifest | undefined;
  lastJudged(): JudgedManifest | undefined;
  putJudged(manifest: JudgedManifest): void;
  /** The last manifest that was rebuilt and found right, with the pages of its layers. */
  lastRight(): { readonly id: string; readonly manifest: Manifest } | undefined;
  /** Forgets the pages of others. */
  putRight(bytes: Uint8Array, manifest: Manifest): void;
  /** A page that was rebuilt. Throws LedgerRefusal `damaged`. */
  page(ref: PageRef): Uint8Array;
  putPage(page: BuiltPage): void;
  /** Whether the published file has been compared with it. */
  isCompared(ref: PageRef): boolean;
  putCompared(ref: PageRef): void;
  digests(): readonly StateDigest[];
  putDigest(digest: StateDigest): void;
  close(): void;
};

const SCHEMA = `
CREATE TABLE heads (log TEXT PRIMARY KEY, size INTEGER NOT NULL, seen TEXT) WITHOUT ROWID, STRICT;
CREATE TABLE edges (log TEXT NOT NULL, level INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (log, level))
  WITHOUT ROWID, STRICT;
CREATE TABLE last_entry (only INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE leaves (leaf INTEGER PRIMARY KEY, manifest TEXT, voids INTEGER) STRICT;
CREATE INDEX leaves_by_void ON leaves (voids) WHERE voids IS NOT NULL;
CREATE TABLE judged (leaf INTEGER PRIMARY KEY, id TEXT NOT NULL, number INTEGER NOT NULL,
  published_ms INTEGER NOT NULL, size INTEGER NOT NULL) STRICT;
CREATE TABLE last_right (only INTEGER PRIMARY KEY, manifest BLOB NOT NULL) STRICT;
CREATE TABLE pages (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL, compared INTEGER NOT NULL) STRICT;
CREATE TABLE digests (size INTEGER PRIMARY KEY, as_of_ms INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
INSERT INTO heads VALUES ('ledger', 0, NULL), ('snapshots', 0, NULL);
${FOLD_SCHEMA}`;
const FILE = {
  /** Goes up with FOLD_VERSION too: states that another fold made are not gone on from. */
  version: 3,
  schema: SCHEMA,
  // Whole after a crash in any case; what a power cut takes is folded again.
  pragmas: `PRAGMA synchronous = NORMAL; PRAGMA cache_size = -262144;
    PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 134217728;`,
};

/** Throws LedgerRefusal `damaged`. */
export function openAuditStore(file: string): AuditStore {
  const database = openSqliteFile(file, FILE, (cause) => damaged(file, cause));
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
    'SELECT manifest, voids, (SELECT min(v.leaf) FROM leaves v WHERE v.voids = leaves.leaf) AS voided_by FROM leaves WHERE leaf = ?',
  );
  const addLeaf = database.prepare('INSERT INTO leaves VALUES (?, ?, ?)');
  const voidedSince = database.prepare('SELECT 1 FROM leaves WHERE leaf >= ? AND voids < ?');
  const judged = database.prepare('SELECT * FROM judged WHERE leaf = ?');
  const lastJudged = database.prepare('SELECT * FROM judged ORDER BY leaf DESC LIMIT 1');
  const putJudged = database.prepare('INSERT OR REPLACE INTO judged VALUES (?, ?, ?, ?, ?)');
  const digests = database.prepare('SELECT * FROM digests ORDER BY size');
  const putDigest = database.prepare('INSERT OR REPLACE INTO digests VALUES (?, ?, ?)');

  const begin = () => database.exec('BEGIN IMMEDIATE');
  const commit = () => database.exec('COMMIT');
  const rollback = () => {
    // SQLite has rolled back by itself where the disk is full or broken.
    if (database.isTransaction) database.exec('ROLLBACK');
  };

  return {
    ...{ state, begin, commit, rollback },
    async attempt(work) {
      begin();
      try {
        const fault = await work();
        if (fault) rollback();
        else commit();
        return fault;
      } catch (error) {
        rollback();
        throw error;
      }
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
      const voidedBy = row.voided_by === null ? undefined : Number(row.voided_by);
      return typeof row.manifest === 'string'
        ? { leaf: { kind: 'manifest', id: row.manifest }, voidedBy }
        : { leaf: { kind: 'void', index: Number(row.voids) }, voidedBy };
    },
    addLeaf(index, found) {
      if (found.kind === 'manifest') addLeaf.run(index, found.id, null);
      else addLeaf.run(index, null, found.index);
    },
    isVoidedSince: (index) => voidedSince.get(index, index) !== undefined,
    judged(index) {
      const row = judged.get(index);
      return row && judgedOf(row);
    },
    lastJudged() {
      const row = lastJudged.get();
      return row && judgedOf(row);
    },
    putJudged: (one) => void putJudged.run(one.leaf, one.id, one.number, one.publishedMs, one.size),
    ...createPageTables(database, file),
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

function createPageTables(
  database: DatabaseSync,
  file: string,
): Pick<AuditStore, 'lastRight' | 'putRight' | 'page' | 'putPage' | 'isCompared' | 'putCompared'> {
  const right = database.prepare('SELECT manifest FROM last_right');
  const putRight = database.prepare('INSERT OR REPLACE INTO last_right VALUES (1, ?)');
  const page = database.prepare('SELECT bytes FROM pages WHERE sha256 = ?');
  const putPage = database.prepare('INSERT OR IGNORE INTO pages VALUES (?, ?, 0)');
  const compared = database.prepare('SELECT 1 FROM pages WHERE sha256 = ? AND compared = 1');
  const putCompared = database.prepare('UPDATE pages SET compared = 1 WHERE sha256 = ?');
  const keepPages = database.prepare(
    'DELETE FROM pages WHERE sha256 NOT IN (SELECT value FROM json_each(?))',
  );
  return {
    lastRight() {
      const row = right.get();
      if (!row) return undefined;
      const bytes = row.manifest;
      const manifest = bytes instanceof Uint8Array ? parseManifest(bytes) : undefined;
      if (!(bytes instanceof Uint8Array && manifest?.ok)) throw damaged(file);
      return { id: manifestId(bytes), manifest: manifest.value };
    },
    putRight(bytes, { layers }) {
      putRight.run(bytes);
      keepPages.run(JSON.stringify(layers.flatMap(({ pages }) => pages.map(({ sha256 }) => sha256))));
    },
    page({ sha256 }) {
      const bytes = page.get(sha256)?.bytes;
      const isWhole =
        bytes instanceof Uint8Array && createHash('sha256').update(bytes).digest('hex') === sha256;
      if (!isWhole) throw damaged(file);
      return bytes;
    },
    putPage: ({ bytes, ref }) => void putPage.run(ref.sha256, bytes),
    isCompared: ({ sha256 }) => compared.get(sha256) !== undefined,
    putCompared: ({ sha256 }) => void putCompared.run(sha256),
  };
}

function judgedOf(row: Record<string, unknown>): JudgedManifest {
  return {
    leaf: Number(row.leaf),
    id: String(row.id),
    number: Number(row.number),
    publishedMs: Number(row.published_ms),
    size: Number(row.size),
  };
}

function damaged(file: string, cause?: unknown): LedgerRefusal {
  const words = `${file} is not an auditor's state, or newer software wrote it: remove it to start from zero.`;
  return new LedgerRefusal('damaged', words, { cause });
}
