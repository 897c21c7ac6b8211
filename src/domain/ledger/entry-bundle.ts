// C2SP tlog-tiles, entry bundles: the entries behind one level 0 tile, each after its length as a big-endian uint16.
import { createByteReader, createByteWriter } from '../bytes.ts';
import { ENTRY_BYTES_MAX } from '../limits.ts';
import { assert, err, ok, type Result } from '../result.ts';
import { TILE_WIDTH } from './tile.ts';

export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  assert(entries.length >= 1 && entries.length <= TILE_WIDTH, 'a bundle holds 1 to 256 entries');
  const writer = createByteWriter();
  for (const entry of entries) {
    assert(entry.length <= ENTRY_BYTES_MAX, 'an entry fits a uint16 length');
    writer.u16(entry.length);
    writer.raw(entry);
  }
  return writer.done();
}

/** `width`: how many entries its path promises. The entries are views of `bytes`, and unverified until hashed. */
export function parseBundle(bytes: Uint8Array, width: number): Result<readonly Uint8Array[], 'malformed'> {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH)
    return err('malformed', 'a bundle is 1 to 256 entries wide');
  const reader = createByteReader(bytes);
  const entries: Uint8Array[] = [];
  while (entries.length < width && !reader.failed()) entries.push(reader.raw(reader.u16()));
  return reader.atEnd() ? ok(entries) : err('malformed', `not ${width} entries`);
}
