// Reads a published log as somebody would who has only the specifications (C2SP tlog-tiles, tlog-checkpoint and
// signed-note, RFC 6962) and Node: it shares no code with the project, so a misreading there cannot repeat itself here.
// Whole logs are held in memory; it is for tests.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type IndependentReading = {
  readonly origin: string;
  readonly size: number;
  /** Base64, as in the checkpoint. */
  readonly root: string;
  readonly entries: readonly Buffer[];
  /** Files below `tile/` that were compared. */
  readonly files: number;
};

/** Throws with words where the folder is not what the specifications say; `vkey` is the log's. */
export function readIndependently(folder: string, vkey: string): IndependentReading {
  const { origin, size, root } = readCheckpoint(readFileSync(join(folder, 'checkpoint'), 'utf8'), vkey);
  const entries = readEntries(folder, size);
  const leaves = entries.map((entry) => sha256(Buffer.from([0]), entry));
  const computed = merkleTreeHash(leaves).toString('base64');
  if (computed !== root)
    throw new Error(`the entries have the root ${computed}, the checkpoint says ${root}`);
  const files = compareTiles(folder, leaves) + compareOlderFiles(folder, leaves, entries);
  return { origin, size, root, entries, files };
}

// signed-note: text, empty line, `— name base64(keyID || signature)`; tlog-checkpoint: origin, size, root.
function readCheckpoint(note: string, vkey: string): { origin: string; size: number; root: string } {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  if (end < 0 || name === undefined || id === undefined || key === undefined)
    throw new Error('no note or no key');
  const typed = Buffer.from(key, 'base64');
  if (typed[0] !== 1 || typed.length !== 33) throw new Error('not an Ed25519 verifier key');
  if (sha256(`${name}\n`, typed).subarray(0, 4).toString('hex') !== id)
    throw new Error('the id is not the key’s');
  const lines = note.slice(end + 2).split('\n');
  if (lines.pop() !== '') throw new Error('the note does not end in a newline');
  const signed = lines.some((line) => {
    const [dash, who, base64 = ''] = line.split(' ');
    const raw = Buffer.from(base64, 'base64');
    if (dash !== '\u2014' || who !== name || raw.subarray(0, 4).toString('hex') !== id) return false;
    return verify(null, Buffer.from(text), ed25519(typed.subarray(1)), raw.subarray(4));
  });
  if (!signed) throw new Error('the log has not signed its checkpoint');
  const [origin = '', digits = '', root = '', ...rest] = text.split('\n');
  if (origin !== name) throw new Error(`the checkpoint is of ${origin}`);
  if (!/^(0|[1-9]\d*)$/.test(digits) || Buffer.from(root, 'base64').length !== 32)
    throw new Error('not a size and a root');
  if (rest.join('') !== '') throw new Error('extension lines');
  return { origin, size: Number(digits), root };
}

function ed25519(raw: Buffer) {
  const x = raw.toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

// tlog-tiles: bundles of 256 entries, each after its length as a big-endian uint16; the last bundle may be partial.
function readEntries(folder: string, size: number): Buffer[] {
  const entries: Buffer[] = [];
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256);
    entries.push(...splitBundle(readFileSync(join(folder, 'tile/entries', number(index, width))), width));
  }
  return entries;
}

function splitBundle(bundle: Buffer, width: number): Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  for (; at < bundle.length; at += 2 + bundle.readUInt16BE(at))
    entries.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
  if (at !== bundle.length || entries.length !== width)
    throw new Error(`a bundle of ${entries.length} entries, not ${width}`);
  return entries;
}

/** `x001/x234/067`, and `.p/W` where partial. */
function number(index: number, width: number): string {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  return groups.join('/') + (width === 256 ? '' : `.p/${width}`);
}

// RFC 6962 s2.1: MTH({}) = SHA-256(); a leaf is hashed after 0x00, two subtrees after 0x01; the left subtree has the
// largest power of two below n leaves.
export function merkleTreeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), merkleTreeHash(leaves.slice(0, k)), merkleTreeHash(leaves.slice(k)));
}

function sha256(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

// tlog-tiles: tile n of level l holds MTH(D[(n*256+i)*256^l : (n*256+i+1)*256^l]) for i from 0; floor(s/256^l) of them
// exist on level l; an empty tile is not served.
function compareTiles(folder: string, leaves: readonly Buffer[]): number {
  let files = 0;
  for (let level = 0; 256 ** level <= leaves.length; level++) {
    const hashes = Math.floor(leaves.length / 256 ** level);
    for (let index = 0; index * 256 < hashes; index++) {
      const width = Math.min(256, hashes - index * 256);
      const path = `tile/${level}/${number(index, width)}`;
      const tile = readFileSync(join(folder, path));
      if (!tile.equals(tileOf(leaves, level, index, width))) throw new Error(`${path} is wrong`);
      files += 1;
    }
  }
  return files;
}

function tileOf(leaves: readonly Buffer[], level: number, index: number, width: number): Buffer {
  const span = 256 ** level;
  const hashes: Buffer[] = [];
  for (let i = 0; i < width; i++) {
    const start = (index * 256 + i) * span;
    hashes.push(merkleTreeHash(leaves.slice(start, start + span)));
  }
  return Buffer.concat(hashes);
}

/** Partial files of earlier checkpoints that lie about must have been right then. */
function compareOlderFiles(folder: string, leaves: readonly Buffer[], entries: readonly Buffer[]): number {
  if (!existsSync(join(folder, 'tile'))) return 0;
  let files = 0;
  for (const name of readdirSync(join(folder, 'tile'), { recursive: true, encoding: 'utf8' })) {
    const [, place, groups = '', digits] =
      /^(entries|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(name) ?? [];
    if (place === undefined || !statSync(join(folder, 'tile', name)).isFile()) continue;
    const width = digits === undefined ? 256 : Number(digits);
    const index = Number(groups.replaceAll(/[x/]/g, ''));
    const level = place === 'entries' ? 0 : Number(place);
    // Written ahead of a checkpoint that was never published.
    if ((index * 256 + width) * 256 ** level > leaves.length) continue;
    const bytes = readFileSync(join(folder, 'tile', name));
    const first = index * 256;
    const expected =
      place === 'entries'
        ? Buffer.concat(entries.slice(first, first + width).flatMap((entry) => [length(entry), entry]))
        : tileOf(leaves, level, index, width);
    if (!bytes.equals(expected)) throw new Error(`tile/${name} is wrong`);
    files += 1;
  }
  return files;
}

function length(entry: Buffer): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(entry.length);
  return bytes;
}
