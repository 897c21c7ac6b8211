// Where the device keeps its snapshot: the pages by their hash, and which snapshot is in use. Throws StoreError.
import type { Scope } from '../domain/snapshot/scope.ts';

/** A snapshot as stored: bytes only; whoever reads them verifies them again. */
export type StoredSnapshot = {
  readonly manifest: Uint8Array;
  readonly proof: string;
  /** The pages of these products are held. */
  readonly scope: Scope;
};

export type StoredPage = { readonly sha256: string; readonly bytes: Uint8Array };

export interface SnapshotStore {
  current(): Promise<StoredSnapshot | undefined>;
  /** Hashes of the pages held, whether or not they are in use. */
  heldPages(): Promise<ReadonlySet<string>>;
  page(sha256: string): Promise<Uint8Array | undefined>;
  /** All of them or none. */
  putPages(pages: readonly StoredPage[]): Promise<void>;
  /** Drops the pages that are not named here: what is left of downloads that came to nothing. */
  dropOthers(named: ReadonlySet<string>): Promise<void>;
  /** Makes this the snapshot in use and drops pages that it does not name, in one transaction. */
  adopt(snapshot: StoredSnapshot, pages: readonly string[]): Promise<void>;
  /** Less of the same snapshot: drops these pages; false where another tab has adopted another one since. */
  narrow(snapshot: StoredSnapshot, dropped: readonly string[]): Promise<boolean>;
}
