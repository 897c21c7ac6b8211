// The camera: its picture with a guide, and whatever the device offers of torch, zoom and choice of camera. Stays in
// place under a verdict, so that the next pack needs no second start.
import { useEffect, useRef } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { PalletState } from '../app/pallet-model.ts';
import type { PicturePoint } from '../app/ports-scan.ts';
import type { CameraState, PassedOver } from '../app/scan-model.ts';
import { HandGuide } from './hand-guide.tsx';
import { Icon } from './icons.tsx';
import { laterWords } from './later-messages.ts';
import { words } from './messages.ts';
import { hrefOf, useNavigation } from './navigation.ts';
import { AdviceBox, Busy, Button } from './parts.tsx';
import { PhotoButton } from './photo-button.tsx';
import { run } from './run.ts';
import { ScanMarks } from './scan-marks.tsx';
import './styles/scan.css';

export function ScanScreen({ app, isCovered }: { readonly app: AppModel; readonly isCovered: boolean }) {
  const navigation = useNavigation();
  const preview = useRef<HTMLVideoElement>(null);
  const { scanner } = app;
  const camera = scanner.camera.value;
  const isMany = app.pallet.state.value.kind === 'open';
  const open = () => {
    if (preview.current) run(scanner.openCamera(preview.current));
  };
  // This screen is reached by a tap alone (see createNavigation), so it may ask for the camera.
  // Once when the screen opens
  useEffect(() => {
    open();
    return () => scanner.closeCamera();
  }, [scanner]);
  return (
    <main class="scan" hidden={isCovered}>
      <h1 class="scan-title">{isMany ? laterWords.list.scanTitle : words.scan.title}</h1>
      <div class={`scan-view scan-${camera.kind}`}>
        <video
          ref={preview}
          class="scan-video"
          autoplay
          muted
          playsInline
          aria-label={words.scan.preview}
          onPointerUp={({ currentTarget, clientX, clientY }) => {
            const point = pointInPicture(currentTarget, clientX, clientY);
            if (camera.kind === 'on' && camera.canFocus && point) run(scanner.focusAt(point));
          }}
        />
        {camera.kind === 'on' && (isMany ? <ScanMarks app={app} preview={preview} /> : <Guide />)}
        {camera.kind === 'starting' && <Busy label={words.scan.starting} />}
        {camera.kind === 'off' && (
          <Button label={words.scan.start} icon="camera" kind="primary" onPress={open} />
        )}
        {camera.kind === 'failed' && (
          <div class="scan-failed">
            <AdviceBox advice={laterWords.camera(camera.code)} />
            <Button label={words.scan.retry} icon="camera" kind="primary" onPress={open} />
          </div>
        )}
      </div>
      {camera.kind === 'on' && !isCovered && <HandGuide app={app} />}
      {camera.kind === 'on' && <Controls app={app} camera={camera} preview={preview} />}
      <Listed app={app} />
      <div class="scan-dock">
        <button type="button" class="way" onClick={navigation.back}>
          <Icon name="cross" />
          <span>{words.scan.close}</span>
        </button>
        <PhotoButton class="way" label={words.scan.photo} onPhoto={(file) => run(scanner.readPhoto(file))} />
        <a class="way" href={hrefOf('type')}>
          <Icon name="keyboard" />
          <span>{words.scan.type}</span>
        </a>
      </div>
    </main>
  );
}

/** While a list is open, packs go there instead of onto the screen. */
function Listed({ app }: { readonly app: AppModel }) {
  const state = app.pallet.state.value;
  if (state.kind === 'closed') return null;
  const { list } = laterWords;
  const twin = app.scanner.twins.value.at(-1);
  return (
    <>
      <p class="scan-listed" role="status">
        <a class="button button-plain" href={hrefOf('list')}>
          <Icon name="warehouse" />
          <span>{list.show(state.lines.length)}</span>
        </a>
        <span>{wordOnLast(app.scanner.passedOver.value, state.last)}</span>
      </p>
      {twin && (
        <p class="opinion opinion-disagrees scan-warning" role="alert">
          <Icon name="warning" />
          <strong>{list.twins(twin.serial)}</strong>
        </p>
      )}
    </>
  );
}

function wordOnLast(
  passedOver: PassedOver | undefined,
  last: Extract<PalletState, { kind: 'open' }>['last'],
): string {
  const { list, scanFailure } = laterWords;
  if (!passedOver || passedOver.kind === 'container') return list.last(last);
  return passedOver.kind === 'taken-off' ? list.takenOff : list.passedOver(scanFailure(passedOver).what);
}

/** The picture fills its place and is cut at the sides: where a tap on it lies in the whole, from 0 to 1. */
export function pointInPicture(
  video: Pick<HTMLVideoElement, 'videoWidth' | 'videoHeight' | 'getBoundingClientRect'>,
  clientX: number,
  clientY: number,
): PicturePoint | undefined {
  const { left, top, width, height } = video.getBoundingClientRect();
  const { videoWidth, videoHeight } = video;
  if (width === 0 || height === 0 || videoWidth === 0 || videoHeight === 0) return undefined;
  const scale = Math.max(width / videoWidth, height / videoHeight);
  const along = (at: number, shown: number, whole: number) => 0.5 + (at - shown / 2) / (whole * scale);
  return {
    x: along(clientX - left, width, videoWidth),
    y: along(clientY - top, height, videoHeight),
  };
}

function Guide() {
  return (
    <svg class="scan-guide" viewBox="0 0 100 100" aria-hidden="true" focusable="false">
      <path d="M4 26V10a6 6 0 0 1 6-6h16M74 4h16a6 6 0 0 1 6 6v16M96 74v16a6 6 0 0 1-6 6H74M26 96H10a6 6 0 0 1-6-6V74" />
    </svg>
  );
}

function Controls(props: {
  readonly app: AppModel;
  readonly camera: Extract<CameraState, { kind: 'on' }>;
  readonly preview: { readonly current: HTMLVideoElement | null };
}) {
  const { scanner } = props.app;
  const { camera, preview } = props;
  const { zoom, cameras } = camera;
  return (
    <div class="scan-controls">
      {camera.hasTorch && (
        <Button
          label={words.scan.torch(camera.torchOn)}
          icon="torch"
          isPressed={camera.torchOn}
          onPress={() => run(scanner.setTorch(!camera.torchOn))}
        />
      )}
      {zoom && (
        <label class="scan-zoom">
          <span>{words.scan.zoom}</span>
          <input
            type="range"
            min={zoom.min}
            max={zoom.max}
            step={zoom.step}
            value={camera.zoomFactor}
            onInput={(event) => run(scanner.setZoom(event.currentTarget.valueAsNumber))}
          />
        </label>
      )}
      {cameras.length > 1 && (
        <label class="scan-choice">
          <span>{words.scan.camera}</span>
          <select
            value={camera.cameraId}
            onChange={(event) => {
              if (preview.current) run(scanner.chooseCamera(event.currentTarget.value, preview.current));
            }}
          >
            {cameras.map(({ id, label }, at) => (
              <option key={id} value={id}>
                {label || words.scan.cameraNumber(at + 1)}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
