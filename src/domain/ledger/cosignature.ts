// C2SP tlog-cosignature, Ed25519 (cosignature/v1): a cosigner's dated word that a log has only grown up to this
// checkpoint. An auditor uses the same form with a key whose published meaning is more: its name ends in
// `/snapshot-audit-v1`, and on a checkpoint of a snapshot log it also says
//
//   I rebuilt every snapshot below this size that is not voided from the ledger's entries, and the bytes match.
//
// (A plus sign, which would set the suffix off better, may not stand in the name of a key.)
import { ed25519 } from '@noble/curves/ed25519.js';
import { concatBytes, createByteReader, createByteWriter, utf8ToBytes } from '../bytes.ts';
import { assert, err, ok, type Result } from '../result.ts';

/** `timeSeconds` since 1970, by the cosigner's clock. */
export type Cosignature = { readonly timeSeconds: number; readonly ed25519: Uint8Array };

export const AUDITOR_SUFFIX = '/snapshot-audit-v1';

export function isAuditor({ name }: { readonly name: string }): boolean {
  return name.endsWith(AUDITOR_SUFFIX);
}

/** What stands after the key id in a signature line: a time and an Ed25519 signature, 72 bytes. */
export function parseCosignature(bytes: Uint8Array): Result<Cosignature, 'malformed'> {
  const reader = createByteReader(bytes);
  const timeSeconds = reader.u64();
  const signature = reader.raw(64);
  return reader.atEnd()
    ? ok({ timeSeconds, ed25519: signature.slice() })
    : err('malformed', 'not a cosignature of 72 bytes');
}

export function encodeCosignature(cosignature: Cosignature): Uint8Array {
  assert(cosignature.ed25519.length === 64, 'an Ed25519 signature has 64 bytes');
  const writer = createByteWriter();
  writer.u64(cosignature.timeSeconds);
  writer.raw(cosignature.ed25519);
  return writer.done();
}

/** `text` is the whole body of the checkpoint, extension lines included. */
export function cosign(text: Uint8Array, seed: Uint8Array, timeSeconds: number): Uint8Array {
  const signature = ed25519.sign(cosignedMessage(text, timeSeconds), seed);
  return encodeCosignature({ timeSeconds, ed25519: signature });
}

export function verifyCosignature(text: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): boolean {
  const cosignature = parseCosignature(bytes);
  if (!cosignature.ok) return false;
  const message = cosignedMessage(text, cosignature.value.timeSeconds);
  return ed25519.verify(cosignature.value.ed25519, message, publicKey, { zip215: false });
}

function cosignedMessage(text: Uint8Array, timeSeconds: number): Uint8Array {
  assert(Number.isSafeInteger(timeSeconds) && timeSeconds >= 0, `${timeSeconds} is a time in seconds`);
  return concatBytes(utf8ToBytes(`cosignature/v1\ntime ${timeSeconds}\n`), text);
}
