// Each bound on what a sender chooses, with the sum that justifies it. A size from outside is compared with one of
// these before anything is allocated or looped over.

/** C2SP tlog-tiles: an entry's length is a uint16. */
export const ENTRY_BYTES_MAX = 65_535;

/** 4,000 ids of 16 bytes are 64,000 bytes, which leaves 1,535 for the fixed fields and the containers. */
export const ENTRY_PACKS_MAX = 4_000;
export const ENTRY_CONTAINERS_MAX = 50;

/** SEC 1: a P-256 point in its uncompressed form; an Ed25519 key has 32. */
export const PUBLIC_KEY_BYTES_MAX = 65;

/** A person's one act on a list of packs: a pallet's cases, not all its packs. */
export const BULK_PACKS_MAX = 500;

/** A full pallet is some 4,000 packs; a commissioning batch is sent in several events. */
export const EVENT_PACKS_MAX = 5_000;
export const EVENT_BATCHES_MAX = 100;
/** 5,000 packs at about 170 bytes of JSON are 850 kB. */
export const EVENT_BYTES_MAX = 1_048_576;

/** One POST: a day's backlog of single supplies (about 415 in a pharmacy) fits twice. */
export const BATCH_EVENTS_MAX = 1_000;
export const BATCH_BYTES_MAX = 4 * 1_048_576;

/** Above 64 KiB Chromium's IndexedDB turns every value into a file of its own. */
export const PAGE_BYTES_MAX = 60 * 1_024;
/** 430 pages of 10 million packs at 330 bytes are 142 kB; a hundred million packs, or thirty deltas, fit as well. */
export const MANIFEST_BYTES_MAX = 4 * 1_048_576;
/** A country of 10 million packs in eight requests; seconds to a minute each on a phone's connection. */
export const BUNDLE_BYTES_MAX = 3 * 1_048_576;
export const MANIFEST_PAGES_MAX = 10_000;
export const LAYERS_MAX = 32;

/** A pharmacy keeps some thousands of products; a site with more of them handles everything. */
export const SCOPE_PRODUCTS_MAX = 5_000;

/** Text fields of an event: GS1 allows 20 characters for serial and batch, IFA 20; room for other schemes. */
export const SERIAL_LENGTH_MAX = 50;
export const NAME_LENGTH_MAX = 64;
export const REASON_LENGTH_MAX = 500;

/** One answer about recalls and locks. The news of hours; a lock of a full pallet is 64 kB. */
export const TIGHTENINGS_MAX = 256;
export const TIGHTENINGS_BYTES_MAX = 1_048_576;

/** A new epoch follows a leak or comes once in some years; a device asks for all of them. */
export const EPOCHS_MAX = 16;
/** Each code of at most 30 characters, with quotes and comma. */
export const KEYS_REQUEST_BYTES_MAX = 262_144;
/** Each product's code and subkey with their names are 110 bytes at most, in each epoch. */
export const KEYS_BYTES_MAX = 16 * 1_048_576;

/** An announcement of the logs' keys: three of each at most, of 300 characters, and as many signatures. */
export const LOG_KEYS_BYTES_MAX = 16_384;

/** A checkpoint is three lines and signatures: 16 post-quantum ones of 3,300 characters, and as many again. */
export const CHECKPOINT_BYTES_MAX = 131_072;

/** A manifest appears at least daily and is good for three days; longer is a way to keep devices on old data. */
export const SNAPSHOT_VALID_MS_MAX = 7 * 86_400_000;
