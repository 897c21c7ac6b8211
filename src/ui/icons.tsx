// Icons as strokes on a 24 x 24 grid, drawn here so that they need no font and no further file. Always beside words,
// so assistive technology skips them.
import type { ComponentChildren } from 'preact';

const STROKES = {
  check: 'M4.5 12.5l5 5L19.5 7',
  cross: 'M6 6l12 12M18 6L6 18',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  practise: 'M12 3l9 4.5v9L12 21l-9-4.5v-9zM3 7.5l9 4.5 9-4.5M12 12v9',
  scanner: 'M5 4h10l4 4v4H9l-2 8H4l1.5-8M5 4v8M12 7.5h3M21.5 9.5l1.5-.6M21.5 12l1.5.6',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17.5 10h.01M7 14h10',
  photo: 'M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15.5 9h.01',
  online: 'M3 9a13 13 0 0 1 18 0M6 12.5a8.5 8.5 0 0 1 12 0M9 16a4.3 4.3 0 0 1 6 0M12 19.5h.01',
  offline:
    'M3 3l18 18M3 9a13 13 0 0 1 5-3M12 5a13 13 0 0 1 9 4M6 12.5a8.5 8.5 0 0 1 4-2.3M9 16a4.3 4.3 0 0 1 6 0M12 19.5h.01',
  outbox: 'M12 14V4M8 7.5L12 3.5l4 4M4 13v7h16v-7',
  data: 'M12 8c4.4 0 8-1.1 8-2.5S16.4 3 12 3 4 4.1 4 5.5 7.6 8 12 8zM4 5.5v13C4 19.9 7.6 21 12 21s8-1.1 8-2.5v-13M4 12c0 1.4 3.6 2.5 8 2.5s8-1.1 8-2.5',
  device: 'M7 2.5h10v19H7zM11 18.5h2',
  torch: 'M13 2L5 14h6l-1 8 8-12h-6z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  undo: 'M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3',
  next: 'M5 12h14M13 6l6 6-6 6',
  back: 'M19 12H5M11 6l-6 6 6 6',
  journey:
    'M6 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM18 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.5 17.5H15a3.5 3.5 0 0 0 0-7H9a3.5 3.5 0 0 1 0-7h6',
  lock: 'M6 11h12v10H6zM9 11V7.5a3 3 0 0 1 6 0V11',
  warning: 'M12 3.5l9.5 17h-19zM12 10v5M12 17.8h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.8h.01',
  seal: 'M12 3l7.5 3v6c0 4.5-3 7.7-7.5 9-4.5-1.3-7.5-4.5-7.5-9V6zM8.5 12l2.5 2.5 4.5-5',
  broken: 'M12 3l7.5 3v6c0 4.5-3 7.7-7.5 9-4.5-1.3-7.5-4.5-7.5-9V6zM12.5 3.5L10.5 9l3.5 3-2.5 4 .5 5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  counter: 'M4 10l1-6h14l1 6M4 10h16v10H4zM12 12.5v5M9.5 15h5',
  warehouse: 'M3 9l9-5 9 5v11H3zM8 20v-7h8v7M8 16.5h8',
  inspection: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21',
} as const;

export type IconName = keyof typeof STROKES;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <Svg class="icon">
      <path d={STROKES[name]} />
    </Svg>
  );
}

function Svg({
  class: className,
  children,
}: {
  readonly class: string;
  readonly children: ComponentChildren;
}) {
  return (
    <svg class={className} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

// The verdict's sign has a shape of its own for each tone, so that colour is never the only carrier.
const SIGNS = {
  go: ['M12 22.5a10.5 10.5 0 1 0 0-21 10.5 10.5 0 0 0 0 21z', 'M6.8 12.6l3.7 3.7 7-8'],
  stop: ['M7.8 1.8h8.4l6 6v8.4l-6 6H7.8l-6-6V7.8z', 'M8 8l8 8M16 8l-8 8'],
  ask: ['M12 1.2l10.8 10.8L12 22.8 1.2 12z', 'M9.3 9.8a2.8 2.8 0 1 1 4.2 2.4c-.9.5-1.5 1-1.5 2M12 17h.01'],
  done: ['M3 2.5h18v19H3z', 'M7 12.6l3.5 3.5 6.8-7.8'],
  wait: ['M12 22.5a10.5 10.5 0 1 0 0-21 10.5 10.5 0 0 0 0 21z', 'M12 6.5V12l3.5 2.5'],
} as const;

export type SignName = keyof typeof SIGNS;

export function Sign({ name }: { readonly name: SignName }) {
  return (
    <Svg class="sign">
      <SignShape name={name} />
    </Svg>
  );
}

/** For a drawing that has a place for it, on a grid of 24 x 24. */
export function SignShape({ name }: { readonly name: SignName }) {
  const [shape, mark] = SIGNS[name];
  return (
    <>
      <path class="sign-shape" d={shape} />
      <path class="sign-mark" d={mark} />
    </>
  );
}
