// Tables of the SQLite store. Ids of the log are blobs of 16 bytes; hashes, of 32.

/** Goes up with FOLD_VERSION too: states that another fold made are not gone on from. */
export const SCHEMA_VERSION = 5;

export const SCHEMA = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

CREATE TABLE sites (
  organisation TEXT NOT NULL, site TEXT NOT NULL,
  organisation_name TEXT NOT NULL, site_name TEXT NOT NULL, role TEXT NOT NULL, position TEXT,
  PRIMARY KEY (organisation, site)
) WITHOUT ROWID, STRICT;

CREATE TABLE devices (
  id BLOB PRIMARY KEY, public_key BLOB NOT NULL,
  organisation TEXT NOT NULL, site TEXT NOT NULL, role TEXT NOT NULL, products TEXT,
  revoked INTEGER NOT NULL, enrolled_ms INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE catalogue (product_code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID, STRICT;

-- The event's bytes are kept exactly as signed. in_chain = 0: a second event under a sequence that was taken, or one
-- that does not follow its predecessor; kept for an administrator to look at.
CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL, bytes BLOB NOT NULL, signature BLOB NOT NULL,
  device BLOB NOT NULL, sequence INTEGER NOT NULL, in_chain INTEGER NOT NULL,
  organisation TEXT NOT NULL, site TEXT NOT NULL, user TEXT NOT NULL, operation TEXT NOT NULL,
  receipt_time_ms INTEGER NOT NULL, log_index INTEGER UNIQUE, receipt TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_in_chain ON events (device, sequence) WHERE in_chain = 1;

-- Written late (late-index.ts): up to the event's number, or the log index, that late_indexes says.
CREATE TABLE event_ids (id BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE mentions (id BLOB NOT NULL, log_index INTEGER NOT NULL, PRIMARY KEY (id, log_index)) WITHOUT ROWID, STRICT;
CREATE TABLE late_indexes (name TEXT PRIMARY KEY, reach INTEGER NOT NULL) WITHOUT ROWID, STRICT;

CREATE TABLE ledger_entries (log_index INTEGER PRIMARY KEY, leaf_hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE snapshot_entries (log_index INTEGER PRIMARY KEY, leaf_hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;

-- The key is the order of snapshots; one serial of a product is one pack, whatever the batch.
CREATE TABLE packs (
  product_id BLOB NOT NULL, batch_id BLOB NOT NULL, pack_id BLOB NOT NULL, key_id INTEGER NOT NULL,
  state INTEGER NOT NULL, winner_index INTEGER NOT NULL, winner_site_id BLOB NOT NULL, conflict_open INTEGER NOT NULL,
  PRIMARY KEY (product_id, batch_id, pack_id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX packs_by_serial ON packs (product_id, pack_id);

CREATE TABLE batches (
  product_id BLOB NOT NULL, batch_id BLOB NOT NULL, key_id INTEGER NOT NULL,
  expiry INTEGER NOT NULL, packs INTEGER NOT NULL, recalled INTEGER NOT NULL,
  PRIMARY KEY (product_id, batch_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE withdrawn (product_id BLOB PRIMARY KEY) WITHOUT ROWID, STRICT;

CREATE TABLE snapshots (
  number INTEGER PRIMARY KEY, manifest BLOB NOT NULL, leaf_index INTEGER NOT NULL UNIQUE,
  published_ms INTEGER NOT NULL, log_size INTEGER NOT NULL
) STRICT;

PRAGMA user_version = ${SCHEMA_VERSION};
`;
