// What scanning with the camera or from a photo needs of the browser, put together when it is first asked for: the first
// screen does without.
import { createCamera } from './adapters/camera.ts';
import { createDecoder } from './adapters/decoder.ts';
import type { Ports } from './app/ports.ts';

export function createScanning(): Pick<Ports, 'camera' | 'photoReader'> {
  const decoder = createDecoder();
  return { camera: createCamera(decoder), photoReader: decoder };
}
