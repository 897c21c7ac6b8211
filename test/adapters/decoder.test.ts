import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDecoder, PHOTO_BYTES_MAX } from '../../src/adapters/decoder.ts';
import type { DecoderReply, DecoderRequest, Picture } from '../../src/adapters/decoder-messages.ts';
import type { ScanView } from '../../src/app/ports-scan.ts';

/** Stands in for the platform's Worker: records what it is sent, says what the test tells it to say. */
class FakeWorker extends EventTarget {
  static started: FakeWorker[] = [];
  readonly requests: DecoderRequest[] = [];
  isTerminated = false;
  constructor() {
    super();
    FakeWorker.started.push(this);
  }
  postMessage(request: DecoderRequest): void {
    this.requests.push(request);
  }
  terminate(): void {
    this.isTerminated = true;
  }
  say(data: DecoderReply): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
  answerLast(text: string): void {
    const id = this.requests.at(-1)?.id ?? 0;
    this.say({ kind: 'symbols', id, symbols: [{ text, corners: [] }], advice: undefined });
  }
  crash(): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  }
}

const pictures: { closes: number }[] = [];
function picture(): Picture {
  const counted = { closes: 0 };
  pictures.push(counted);
  return { width: 4, height: 4, close: () => counted.closes++ };
}
const worker = (number: number) => {
  const found = FakeWorker.started[number - 1];
  if (!found) throw new Error(`worker ${number} was never started`);
  return found;
};
const VIEW: ScanView = { aim: 'one', carriers: 'packs' };
const failed = { name: 'DecoderError', code: 'failed' };

describe('the decoder', () => {
  beforeEach(() => {
    FakeWorker.started = [];
    pictures.length = 0;
    vi.useFakeTimers();
    vi.stubGlobal('Worker', FakeWorker);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('starts one worker, when first needed, and pairs answers with their questions', async () => {
    const decoder = createDecoder();
    expect(FakeWorker.started).toHaveLength(0);
    const [first, second] = [decoder.readFrame(picture(), VIEW), decoder.readFrame(picture(), VIEW)];
    const [one = 0, two = 0] = worker(1).requests.map(({ id }) => id);
    worker(1).say({
      kind: 'symbols',
      id: two,
      symbols: [{ text: ']d2two', corners: [] }],
      advice: undefined,
    });
    worker(1).say({ kind: 'symbols', id: one, symbols: [], advice: 'closer' });
    expect(await first).toMatchObject({ symbols: [], advice: 'closer' });
    expect(await second).toMatchObject({ symbols: [{ text: ']d2two', corners: [] }] });
    expect(FakeWorker.started).toHaveLength(1);
    expect(pictures.every(({ closes }) => closes > 0)).toBe(true);
  });

  it('passes on what the worker says went wrong', async () => {
    const read = createDecoder().readFrame(picture(), VIEW);
    worker(1).say({ kind: 'failed', id: worker(1).requests[0]?.id ?? 0, code: 'not-an-image', detail: 'x' });
    await expect(read).rejects.toMatchObject({ code: 'not-an-image' });
  });

  it('starts afresh after a crash, and gives up at a second one with no answer between', async () => {
    const decoder = createDecoder();
    for (const number of [1, 2]) {
      const read = decoder.readFrame(picture(), VIEW);
      worker(number).crash();
      await expect(read).rejects.toMatchObject(failed);
      expect(worker(number).isTerminated).toBe(true);
    }
    await expect(decoder.readFrame(picture(), VIEW)).rejects.toMatchObject(failed);
    expect(FakeWorker.started).toHaveLength(2);
    expect(pictures.every(({ closes }) => closes > 0)).toBe(true);
  });

  it('tries once more when a person does', async () => {
    const decoder = createDecoder();
    for (const number of [1, 2]) {
      const read = decoder.readFrame(picture(), VIEW);
      worker(number).crash();
      await expect(read).rejects.toMatchObject(failed);
    }
    decoder.prepare();
    const read = decoder.readFrame(picture(), VIEW);
    worker(3).answerLast(']d2x');
    expect(await read).toMatchObject({ symbols: [{ text: ']d2x' }] });
  });

  it('forgives a crash once it has answered again', async () => {
    const decoder = createDecoder();
    for (const number of [1, 2, 3]) {
      const read = decoder.readFrame(picture(), VIEW);
      worker(number).answerLast(']d2x');
      await read;
      const next = decoder.readFrame(picture(), VIEW);
      worker(number).crash();
      await expect(next).rejects.toMatchObject(failed);
    }
  });

  it('does not wait for ever for a worker that hangs', async () => {
    const read = createDecoder().readFrame(picture(), VIEW);
    worker(1).say({ kind: 'ready' });
    const outcome = expect(read).rejects.toMatchObject(failed);
    await vi.advanceTimersByTimeAsync(60_000);
    await outcome;
    expect(worker(1).isTerminated).toBe(true);
  });

  it('takes only so many pictures at once', async () => {
    const decoder = createDecoder();
    const reads = Array.from({ length: 20 }, () => decoder.readFrame(picture(), VIEW));
    const settled = Promise.allSettled(reads);
    worker(1).crash();
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
    expect(worker(1).requests.length).toBeLessThan(20);
  });

  it('refuses a photo by its size in bytes before it looks inside', async () => {
    const large = new Blob([new Uint8Array(PHOTO_BYTES_MAX + 1)]);
    await expect(createDecoder().readPhoto(large)).rejects.toMatchObject({ code: 'too-large' });
    expect(FakeWorker.started).toHaveLength(0);
  });
});
