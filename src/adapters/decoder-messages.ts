// What the page and the decoder's worker say to each other. Both ends compile against this one file.
import type { DecoderError, FrameReading, ScanView } from '../app/ports-scan.ts';

/** A picture that can be moved to the worker; whoever holds it last closes it. */
export type Picture = VideoFrame | ImageBitmap;

export type DecoderRequest =
  | { readonly kind: 'frame'; readonly id: number; readonly picture: Picture; readonly view: ScanView }
  /** `width`: to decode it at, before any turn that it asks of a viewer; undefined: its own. */
  | {
      readonly kind: 'photo';
      readonly id: number;
      readonly file: Blob;
      readonly width: number | undefined;
    };

export type DecoderReply =
  /** Sent once, when a decoder has been loaded. */
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'symbols'; readonly id: number } & FrameReading)
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: DecoderError['code'];
      readonly detail: string;
    };
