// The camera, and what becomes of the symbols in a picture: one pack at a time, many at once, or a photo's. Loaded with
// the camera, a list or the first photo.
import { type CameraControl, type CameraControlContext, createCameraControl } from './camera-control.ts';
import { createManyScan, type ManyScan, type ManyScanContext } from './many-scan.ts';
import { createOneScan, type OneScan, type OneScanContext } from './one-scan.ts';
import { createPhotoScan, type PhotoScan, type PhotoScanContext } from './photo-scan.ts';
import type { ScanView } from './ports-scan.ts';

export type CameraScan = {
  readonly control: CameraControl;
  readonly many: ManyScan;
  readonly takePhoto: PhotoScan;
  /** Tells at length about the code that was passed over. */
  explain(): void;
  open(preview: object): Promise<void>;
  choose(cameraId: string, preview: object): Promise<void>;
  /** The hand begins to search anew. */
  beginSearch(): void;
};

export type CameraScanContext = Omit<CameraControlContext, 'onSymbols' | 'view'> &
  Omit<OneScanContext, 'holdStill'> &
  ManyScanContext &
  PhotoScanContext;

const PACKS: ScanView = { aim: 'one', carriers: 'packs' };
const SHELF: ScanView = { aim: 'many', carriers: 'packs-and-cases' };

export function createCameraScan(context: CameraScanContext): CameraScan {
  const { isMany, ports } = context;
  const { nowMs } = ports.clock;
  const control = createCameraControl({
    ...context,
    onSymbols: (symbols, frameMs) => (isMany() ? many : one).take(symbols, nowMs(), frameMs),
    view: () => (isMany() ? SHELF : PACKS),
  });
  const one: OneScan = createOneScan({ ...context, holdStill: control.holdStill });
  const many = createManyScan(context);
  async function begun(opening: Promise<void>): Promise<void> {
    await opening;
    many.begin(nowMs());
  }

  return {
    ...{ control, many, takePhoto: createPhotoScan(context), explain: one.explain },
    open: (preview) => begun(control.open(preview)),
    choose: (cameraId, preview) => begun(control.choose(cameraId, preview)),
    beginSearch() {
      one.forget();
      control.beginSearch();
    },
  };
}
