// What a blur makes of modules: the share of each module around that is seen at each of the finer places of one, and
// the same the other way round. The innermost loops of taking blur apart, so they run over padded rows without branches.

/** Blur in modules: the sigma of a soft focus, and a movement with its direction on the symbol in radians. */
export type Blur = { readonly sigma: number; readonly motion: number; readonly angle: number };

/** Samples a module, each way. */
export const FINE = 2;
export const PHASES = FINE * FINE;
/** How far a blurred module reaches beyond its own edge, in modules. */
const REACH = 2;
const WIDTH = 2 * REACH + 1;
/** A smaller share is not worth its multiplication. */
const SHARE_MIN = 0.002;

export type Blurring = {
  /** Modules to what is seen of them: for each phase (place in a module) one value a module, phase by phase. */
  blurInto(seen: Float32Array, modules: Float32Array): void;
  /** The transpose: for each module the sum of what its places saw, as far as they saw it. */
  gatherInto(modules: Float32Array, seen: Float32Array): void;
};

/** For symbols of so many modules; beyond their edge all is light (0). */
export function createBlurring(rows: number, columns: number, blur: Blur): Blurring {
  const stride = columns + 2 * REACH;
  const phases = kernelsOf(blur).map((kernel) => tapsOf(kernel, stride));
  const padded = new Float32Array((rows + 2 * REACH) * stride);
  const count = rows * columns;
  const pad = (values: Float32Array, from: number) => {
    for (let row = 0; row < rows; row++)
      padded.set(
        values.subarray(from + row * columns, from + (row + 1) * columns),
        (row + REACH) * stride + REACH,
      );
  };

  /** Adds to `result` from `at` on what lies at the taps of each module, `direction` 1 ahead or -1 behind. */
  function convolve(result: Float32Array, at: number, { offsets, weights }: Taps, direction: 1 | -1): void {
    const taps = weights.length;
    for (let row = 0, i = at; row < rows; row++) {
      let place = (row + REACH) * stride + REACH;
      for (let column = 0; column < columns; column++, i++, place++) {
        let sum = 0;
        for (let k = 0; k < taps; k++)
          sum += (weights[k] as number) * (padded[place + direction * (offsets[k] as number)] as number);
        result[i] = (result[i] as number) + sum;
      }
    }
  }

  return {
    blurInto(seen, modules) {
      seen.fill(0);
      pad(modules, 0);
      for (const [phase, taps] of phases.entries()) convolve(seen, phase * count, taps, 1);
    },
    gatherInto(modules, seen) {
      modules.fill(0);
      for (const [phase, taps] of phases.entries()) {
        pad(seen, phase * count);
        convolve(modules, 0, taps, -1);
      }
    },
  };
}

type Taps = { readonly offsets: Int32Array; readonly weights: Float32Array };

function tapsOf(kernel: Float32Array, stride: number): Taps {
  const kept = [...kernel.entries()].filter(([, weight]) => weight > SHARE_MIN);
  return {
    offsets: Int32Array.from(kept, ([k]) => (Math.floor(k / WIDTH) - REACH) * stride + (k % WIDTH) - REACH),
    weights: Float32Array.from(kept, ([, weight]) => weight),
  };
}

/** For each of the FINE x FINE places in a module the share of each module around that is seen there. */
function kernelsOf({ sigma, motion, angle }: Blur): readonly Float32Array[] {
  const smear = motion > 0 ? 7 : 1;
  const shifts = Array.from({ length: smear }, (_, k) =>
    smear === 1 ? 0 : (k / (smear - 1) - 0.5) * motion,
  );
  const kernels: Float32Array[] = [];
  for (let fv = 0; fv < FINE; fv++)
    for (let fu = 0; fu < FINE; fu++) {
      const kernel = new Float32Array(WIDTH * WIDTH);
      for (const shift of shifts) {
        const across = edgeShares((fu + 0.5) / FINE + shift * Math.cos(angle), sigma);
        const down = edgeShares((fv + 0.5) / FINE + shift * Math.sin(angle), sigma);
        for (let r = 0; r < WIDTH; r++)
          for (let c = 0; c < WIDTH; c++)
            kernel[r * WIDTH + c] =
              (kernel[r * WIDTH + c] as number) + ((down[r] as number) * (across[c] as number)) / smear;
      }
      kernels.push(kernel);
    }
  return kernels;
}

/** How much of each module along one axis is seen at a place, in modules from the own module's edge. */
function edgeShares(place: number, sigma: number): readonly number[] {
  // The sample itself is half a module wide.
  const spread = Math.hypot(sigma, 0.5 / FINE / Math.sqrt(3));
  return Array.from({ length: WIDTH }, (_, k) => {
    const from = k - REACH - place;
    return normalShare((from + 1) / spread) - normalShare(from / spread);
  });
}

/** The cumulative normal distribution, by a logistic curve that stays within 0.0002 of it. */
function normalShare(z: number): number {
  return 1 / (1 + Math.exp(-z * (1.5976 + 0.070566 * z * z)));
}
