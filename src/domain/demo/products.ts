// The invented medicines of the demo market: GTINs on GS1's demo prefix 0950600, German codes on invented PZNs from
// 90000015 on. Any likeness to a real product's name is by accident.
import { gtinCheckDigit, ppnFromPzn, pznCheckDigit } from '../codes/check-digit.ts';
import { SHELF } from './shelf.ts';

export type DemoProduct = { readonly productCode: string; readonly name: string };

const GTIN_NAMES = [
  'Amvelor 10 mg, 28 tablets',
  'Brixadol 50 mg, 30 capsules',
  'Calderane 2.5 mg, 98 tablets',
  'Dovenza 75 mg, 56 tablets',
  'Elphoril 1 g, 10 infusion bags',
  'Fenquasil 200 mg, 12 suppositories',
  'Gravodine 4 mg, 30 tablets',
  'Halvimer 40 mg, 90 tablets',
  'Istrapan 20 mg, 28 capsules',
  'Joveltin syrup, 150 ml',
  'Kestravir 300 mg, 60 tablets',
  'Lumoxane eye drops, 5 ml',
  'Mirvalol 25 mg, 100 tablets',
  'Nuvestrol gel, 80 g',
  'Orplexin 500 mg, 14 tablets',
  'Pelvadone 15 mg, 28 tablets',
  'Quorbital 100 mg, 50 tablets',
  'Relvostat 80 mg, 30 tablets',
  'Sandrexil 6 mg, 7 tablets',
  'Tolmirane 0.5 mg, 30 tablets',
  'Ulvacort cream, 50 g',
  'Vexadrine inhaler, 200 doses',
  'Wendolax powder, 20 sachets',
  'Xelpramin 12 mg, 84 tablets',
  'Yarvotide pen, 3 ml',
  'Zemfloran 250 mg, 20 capsules',
] as const;

const PPN_NAMES = [
  'Ardulast 5 mg, 100 Tabletten',
  'Bonvirex 400 mg, 10 Tabletten',
  'Crelonide Spray, 18 ml',
  'Dulvapred 20 mg, 50 Tabletten',
  'Ermosart 16 mg, 98 Tabletten',
  'Folbenzin Tropfen, 30 ml',
  'Grelimax 10 mg, 20 Kapseln',
  'Hostramol 100 mg, 10 Ampullen',
] as const;

// The shelf has taken the item references 10001 to 10005, and the first PZN.
const GTIN_ITEM_FIRST = 10_006;
const PZN_FIRST = 9_000_002;

const shelfProducts = [...new Map(SHELF.map((item) => [item.printed.productCode, item.productName]))].map(
  ([productCode, name]) => ({ productCode, name }),
);

export const DEMO_PRODUCTS: readonly DemoProduct[] = [
  ...shelfProducts,
  ...GTIN_NAMES.map((name, i) => ({ productCode: gtin(GTIN_ITEM_FIRST + i), name })),
  ...ppns(PPN_NAMES.length).map((productCode, i) => ({ productCode, name: PPN_NAMES[i] ?? '' })),
];

function gtin(item: number): string {
  const first13 = `09506000${item}`;
  return `gtin:${first13}${gtinCheckDigit(first13)}`;
}

/** Some numbers have no check digit and are left out. */
function ppns(count: number): readonly string[] {
  const codes: string[] = [];
  for (let number = PZN_FIRST; codes.length < count; number++) {
    const digit = pznCheckDigit(String(number));
    const ppn = digit === undefined ? undefined : ppnFromPzn(`${number}${digit}`);
    if (ppn !== undefined) codes.push(`ppn:${ppn}`);
  }
  return codes;
}
