// One of each kind of code that packs, cases and pallets carry, drawn by an encoder that is not ours.
import bwipjs from 'bwip-js/node';
import { drawModules, type Modules } from './symbol-modules.ts';

export type Carrier = {
  readonly name: string;
  /** What a reader must answer, AIM identifier first. */
  readonly text: string;
  draw(): Modules;
};

const PACK = '(01)04012345123456(17)290600(10)B7K2(21)7F3K9QX2PM';
const PACK_DATA = '01040123451234561729060010B7K2\x1d217F3K9QX2PM';
const LINK = 'https://id.gs1.org/01/04012345123456/10/B7K2/21/7F3K9QX2PM?17=290600';

const matrix = (name: string, text: string, options: Parameters<typeof bwipjs.raw>[0]): Carrier => ({
  name,
  text,
  draw: () => drawModules(options),
});
const bars = (name: string, text: string, options: Parameters<typeof bwipjs.raw>[0]): Carrier => ({
  name,
  text,
  draw: () => drawBars(options),
});

export const CARRIERS: readonly Carrier[] = [
  matrix('DataMatrix', `]d2${PACK_DATA}`, { bcid: 'gs1datamatrix', text: PACK }),
  matrix('DataMatrix 16x48', `]d2${PACK_DATA}`, {
    ...{ bcid: 'gs1datamatrix', text: PACK, format: 'rectangle', version: '16x48' },
  }),
  matrix('DMRE', `]d8${PACK_DATA}`, {
    ...{ bcid: 'gs1datamatrix', text: PACK, format: 'rectangle', dmre: true, version: '22x48' },
  }),
  matrix('GS1 QR', `]Q3${PACK_DATA}`, { bcid: 'gs1qrcode', text: PACK }),
  matrix('Digital Link QR', `]Q1${LINK}`, { bcid: 'qrcode', text: LINK }),
  bars('GS1-128', ']C100340123450000000017', { bcid: 'gs1-128', text: '(00)340123450000000017' }),
  bars('EAN-13', ']E04012345123456', { bcid: 'ean13', text: '4012345123456' }),
  bars('ITF-14', ']I114012345123453', { bcid: 'itf14', text: '14012345123453' }),
];

const BARS_TALL = 40;

function drawBars(options: Parameters<typeof bwipjs.raw>[0]): Modules {
  const [symbol] = bwipjs.raw(options);
  if (!symbol || !('sbs' in symbol)) throw new Error('not a bar code');
  const row = symbol.sbs.flatMap((width, i) => Array.from({ length: width }, () => (i % 2 === 0 ? 1 : 0)));
  const dark = Uint8Array.from({ length: BARS_TALL * row.length }, (_, i) => row[i % row.length] ?? 0);
  return { columns: row.length, rows: BARS_TALL, dark };
}

/** As seen from behind a window, or by a camera that shows a mirror's picture. */
export function mirrored({ columns, rows, dark }: Modules): Modules {
  const seen = dark.map((_, i) => dark[i - (i % columns) + columns - 1 - (i % columns)] ?? 0);
  return { columns, rows, dark: seen };
}
