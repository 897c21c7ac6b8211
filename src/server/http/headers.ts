// What every answer tells the browser to forbid: no inline code, no foreign host, no feature but the camera.
import type { FastifyHelmetOptions } from '@fastify/helmet';

export const HELMET: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      // The decoder is WebAssembly.
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:', 'data:'],
      connectSrc: ["'self'"],
      workerSrc: ["'self'"],
      manifestSrc: ["'self'"],
      mediaSrc: ["'self'", 'blob:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  xFrameOptions: { action: 'deny' },
  // Only where the name is no local one: see HSTS.
  strictTransportSecurity: false,
};

/** A browser remembers it for the name, whatever the port: on localhost it would break other people's servers. */
export const HSTS = 'max-age=15552000';

export function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.local') || /^[\d.]+$|:/.test(name);
}

const FEATURES_OFF = [
  ...['accelerometer', 'browsing-topics', 'display-capture', 'encrypted-media', 'geolocation'],
  ...['gyroscope', 'hid', 'idle-detection', 'local-fonts', 'magnetometer', 'microphone', 'midi', 'payment'],
  ...['publickey-credentials-create', 'publickey-credentials-get', 'serial', 'sync-xhr', 'usb'],
  ...['xr-spatial-tracking'],
];

export const PERMISSIONS_POLICY = ['camera=(self)', ...FEATURES_OFF.map((name) => `${name}=()`)].join(', ');
