// A calibration code as a Data Matrix, dark on light in either colour scheme. Fetched with its encoder, which is large,
// when a scanner is set up.
import { datamatrix, drawingSVG } from 'bwip-js/browser';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Modules of light around the symbol: one is prescribed, two more help old scanners in front of a screen. */
const QUIET_ZONE = 3;

export function CalibrationCode({ text, label }: { readonly text: string; readonly label: string }) {
  const [url, setUrl] = useState<string>();
  const picture = useRef<HTMLImageElement>(null);
  // The code begins with spaces, and a space presses whatever button has the focus: the one that asked for the code.
  useEffect(() => picture.current?.focus(), [text]);
  // A picture of its own, because the page's policy forbids markup that scripts write.
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([drawCode(text)], { type: 'image/svg+xml' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [text]);
  return <img ref={picture} tabIndex={-1} class="calibration-code" src={url} alt={label} />;
}

export function drawCode(text: string): string {
  return datamatrix(
    {
      bcid: 'datamatrix',
      text: escaped(text),
      parse: true,
      scale: 4,
      padding: QUIET_ZONE,
      backgroundcolor: 'FFFFFF',
    },
    drawingSVG(),
  );
}

/** The encoder's notation for what is not printable, and for the caret itself. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x5d\x5f-\x7e]/g, (c) => `^${String(c.charCodeAt(0)).padStart(3, '0')}`);
}
