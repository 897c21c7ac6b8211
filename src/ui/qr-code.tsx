// A QR code as one SVG path. Dark on light in either colour scheme, with the quiet zone that readers need.
import { encode } from 'uqr';

// ISO/IEC 18004: four modules of light around the symbol.
const QUIET_ZONE = 4;

export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  const box = size + 2 * QUIET_ZONE;
  const path = data
    .flatMap((row, y) =>
      row.map((isDark, x) => (isDark ? `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z` : '')),
    )
    .join('');
  return (
    <svg class="qr" viewBox={`0 0 ${box} ${box}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect class="qr-light" width={box} height={box} />
      <path class="qr-dark" d={path} />
    </svg>
  );
}
