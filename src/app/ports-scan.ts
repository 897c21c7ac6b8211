// What reads codes: the camera, pictures, and hand scanners that type.
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import type { FrameMode } from '../domain/picture/frame-search.ts';
import type { HandAdvice } from '../domain/picture/hand-advice.ts';
import type { Carriers } from '../domain/picture/zxing-result.ts';
import type { Tone } from '../domain/verdict.ts';

/** One symbol that the decoder found. `text` starts with the AIM symbology identifier, e.g. `]d2`. */
export type DecodedSymbol = {
  readonly text: string;
  /** Corners as fractions (0 to 1) of the picture's width and height, clockwise from the top left of the symbol. */
  readonly corners: readonly { readonly x: number; readonly y: number }[];
};

export class CameraError extends Error {
  override readonly name = 'CameraError';
  readonly code: 'denied' | 'absent' | 'in-use' | 'insecure' | 'failed';
  constructor(code: CameraError['code'], cause?: unknown) {
    super(`camera: ${code}`, { cause });
    this.code = code;
  }
}

export class DecoderError extends Error {
  override readonly name = 'DecoderError';
  readonly code: 'not-an-image' | 'too-large' | 'failed';
  constructor(code: DecoderError['code'], cause?: unknown) {
    super(`decoder: ${code}`, { cause });
    this.code = code;
  }
}

export type CameraChoice = { readonly id: string; readonly label: string };
export type ZoomRange = { readonly min: number; readonly max: number; readonly step: number };

/** What the camera is pointed at: one pack or many at once, and which carriers to look for. */
export type ScanView = { readonly aim: FrameMode; readonly carriers: Carriers };

/** An open camera that shows its picture and decodes it, newest frame first, until closed. */
export interface CameraSession {
  readonly cameraId: string;
  readonly cameras: readonly CameraChoice[];
  readonly hasTorch: boolean;
  readonly zoom: ZoomRange | undefined;
  /** Whether it can be told where to focus. */
  readonly canFocus: boolean;
  setTorch(on: boolean): Promise<void>;
  setZoom(factor: number): Promise<void>;
  /** Focuses on a point of the picture, in fractions (0 to 1) of its width and height; undefined: by itself again. */
  focusAt(point: PicturePoint | undefined): Promise<void>;
  /** The picture as it is just now, as a JPEG (a Blob, opaque to this layer). Throws CameraError. */
  takeStill(): Promise<object>;
  close(): void;
}

/** What one frame gave. `advice` is there about once a second, where nothing was read. */
export type FrameReading = {
  readonly symbols: readonly DecodedSymbol[];
  readonly advice: HandAdvice | undefined;
};

export type PicturePoint = { readonly x: number; readonly y: number };

export interface Camera {
  /**
   * Asks for the camera and starts decoding. `preview` is the screen's video element (opaque to this layer).
   * `onLost` is called once if the camera goes away while open. Throws CameraError.
   */
  open(options: {
    readonly cameraId: string | undefined;
    readonly preview: object;
    readonly view: ScanView;
    /** Of each frame, those without any too. `frameMs`: when the camera took it, on a clock that is the video's own. */
    onSymbols(symbols: readonly DecodedSymbol[], frameMs: number): void;
    /** About once a second while nothing is read: what the picture lacks. */
    onUnread(advice: HandAdvice): void;
    onLost(error: CameraError): void;
  }): Promise<CameraSession>;
}

export interface PhotoReader {
  /** Decodes a picture file (a Blob, opaque to this layer). Throws DecoderError. */
  readPhoto(file: object): Promise<readonly DecodedSymbol[]>;
}

export interface Wedge {
  /** Calls back for each code that a keyboard-wedge scanner types. Returns a function that stops listening. */
  listen(onScan: (scan: KeyedScan) => void): () => void;
}

/** What became of a scan, as far as it can be told without a screen; `listed`: it is on the list already. */
export type SignalKind = Tone | 'unread' | 'listed';

export interface Signals {
  readonly canShake: boolean;
  sound(kind: SignalKind): void;
  shake(kind: SignalKind): void;
}
