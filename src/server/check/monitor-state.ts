// What a monitor remembers of a log: the last checkpoint that stood, and when the log last moved. Written aside,
// flushed and renamed, so that a crash leaves the old memory or the new one. Read back as a stranger's: the checkpoint
// is opened again under the keys in use.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { utf8ToBytes } from '../../domain/bytes.ts';
import type { VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { CHECKPOINT_BYTES_MAX } from '../../domain/limits.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { integer, oneOf, parseJson, record, text } from '../../domain/shape.ts';
import { openUnder } from './log-trust.ts';

export type MonitorMemory = {
  readonly checkpoint: VerifiedCheckpoint;
  /** When the log was last seen to have grown, or to have newer cosignatures. */
  readonly movedMs: number;
};

const stateShape = record({
  v: oneOf([1]),
  checkpoint: text(CHECKPOINT_BYTES_MAX, undefined, 1),
  movedMs: integer(0),
});

/** Undefined where there is no file yet. Another failure stops the monitor: starting anew would forgive a fork. */
export function loadMemory(file: string, policy: Policy): Result<MonitorMemory | undefined, 'unusable'> {
  let json: string;
  try {
    json = readFileSync(file, 'utf8');
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    return code === 'ENOENT' ? ok(undefined) : err('unusable', `${file} cannot be read.`);
  }
  const state = parseJson(json, stateShape);
  if (!state.ok) return err('unusable', `${file} is not a monitor's state: ${state.detail}.`);
  const opened = openUnder(utf8ToBytes(state.value.checkpoint), policy);
  if (!opened.ok)
    return err('unusable', `${file} holds no checkpoint of a log that you trust: ${opened.error}.`);
  return ok({ checkpoint: opened.value, movedMs: state.value.movedMs });
}

/** Durable when it returns. */
export function saveMemory(file: string, { checkpoint, movedMs }: MonitorMemory): void {
  const aside = `${file}.new`;
  const descriptor = openSync(aside, 'w', 0o644);
  try {
    writeSync(descriptor, `${JSON.stringify({ v: 1, checkpoint: checkpoint.note, movedMs })}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(aside, file);
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
