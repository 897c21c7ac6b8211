// The demo shelf: a dozen and a half invented packs, one for each kind of verdict, with fixed serials and dates. The
// server commissions them in its demo market and draws their codes; practice holds the same packs in the browser, so
// that a newcomer can point a phone at the drawn shelf without any account. GTINs are on GS1's demo prefix 0950600.
import type { Decommission, Pack } from '../pack.ts';

export type ShelfItem = {
  readonly id: string;
  /** What the pack shows, in a few words; the shelf prints it below the code. */
  readonly title: string;
  readonly productName: string;
  readonly carrier: 'gs1' | 'ifa' | 'gs1-separator-lost';
  /** What is printed on the pack. */
  readonly printed: Pack;
  /** What was commissioned; undefined: nobody ever issued this pack. */
  readonly issued: Pack | undefined;
  readonly decommission: Decommission | undefined;
  readonly recalled: boolean;
  readonly withdrawn: boolean;
};

const ALBUFEN = 'gtin:09506000100012';
const CORVANOL = 'gtin:09506000100029';
const DERMALIN = 'gtin:09506000100036';
const GLYXORAL = 'gtin:09506000100043';
/** Withdrawn as a product. */
const NEVRITOL = 'gtin:09506000100050';
/** A German pack: PPN of the invented PZN 90000015. */
const RHINOVAL = 'ppn:119000001525';

const FAR = '2031-12-31';

function item(
  id: string,
  title: string,
  productName: string,
  printed: Pack,
  change: Partial<Omit<ShelfItem, 'id' | 'title' | 'productName' | 'printed'>> = {},
): ShelfItem {
  return {
    ...{ id, title, productName, printed, carrier: 'gs1', issued: printed, decommission: undefined },
    ...{ recalled: false, withdrawn: false, ...change },
  };
}

function pack(productCode: string, serial: string, batch: string, expiry: string = FAR): Pack {
  return { productCode, serial, batch, expiry };
}

export const SHELF: readonly ShelfItem[] = [
  item(
    'active',
    'Active: may be supplied',
    'Albufen 400 mg, 20 tablets',
    pack(ALBUFEN, 'SHELF0001A', 'ALB311'),
  ),
  item(
    'active-ifa',
    'Active, German code (PPN)',
    'Rhinoval spray, 10 ml',
    pack(RHINOVAL, 'SHELF0002D', 'RHV311'),
    {
      carrier: 'ifa',
    },
  ),
  item(
    'active-month',
    'Active, expiry printed as a month',
    'Dermalin cream, 30 g',
    pack(DERMALIN, 'SHELF0003M', 'DER310', '2031-10-31'),
  ),
  item('supplied', 'Already supplied', 'Albufen 400 mg, 20 tablets', pack(ALBUFEN, 'SHELF0004S', 'ALB311'), {
    decommission: 'supply',
  }),
  item('destroyed', 'Destroyed', 'Corvanol 5 mg, 30 tablets', pack(CORVANOL, 'SHELF0005X', 'COR311'), {
    decommission: 'destroy',
  }),
  item('exported', 'Exported', 'Corvanol 5 mg, 30 tablets', pack(CORVANOL, 'SHELF0006E', 'COR311'), {
    decommission: 'export',
  }),
  item(
    'sample',
    'Taken as a sample',
    'Dermalin cream, 30 g',
    pack(DERMALIN, 'SHELF0007P', 'DER310', '2031-10-31'),
    {
      decommission: 'sample',
    },
  ),
  item(
    'free-sample',
    'Free sample',
    'Dermalin cream, 30 g',
    pack(DERMALIN, 'SHELF0008F', 'DER310', '2031-10-31'),
    {
      decommission: 'free-sample',
    },
  ),
  item('locked', 'Locked', 'Glyxoral 850 mg, 60 tablets', pack(GLYXORAL, 'SHELF0009L', 'GLY311'), {
    decommission: 'lock',
  }),
  item('stolen', 'Stolen', 'Glyxoral 850 mg, 60 tablets', pack(GLYXORAL, 'SHELF0010T', 'GLY311'), {
    decommission: 'stolen',
  }),
  item('recalled', 'Batch recalled', 'Glyxoral 850 mg, 60 tablets', pack(GLYXORAL, 'SHELF0011R', 'GLY666'), {
    recalled: true,
  }),
  item(
    'withdrawn',
    'Product withdrawn',
    'Nevritol 25 mg, 14 capsules',
    pack(NEVRITOL, 'SHELF0012W', 'NEV311'),
    {
      withdrawn: true,
    },
  ),
  item(
    'expired',
    'Expired',
    'Albufen 400 mg, 20 tablets',
    pack(ALBUFEN, 'SHELF0013O', 'ALB204', '2024-06-30'),
  ),
  item(
    'batch-mismatch',
    'Print names another batch',
    'Corvanol 5 mg, 30 tablets',
    pack(CORVANOL, 'SHELF0014B', 'COR399'),
    {
      issued: pack(CORVANOL, 'SHELF0014B', 'COR311'),
    },
  ),
  item(
    'expiry-mismatch',
    'Print shows a later expiry',
    'Corvanol 5 mg, 30 tablets',
    pack(CORVANOL, 'SHELF0015Y', 'COR311', '2034-12-31'),
    {
      issued: pack(CORVANOL, 'SHELF0015Y', 'COR311'),
    },
  ),
  item(
    'never-issued',
    'Serial that nobody issued',
    'Albufen 400 mg, 20 tablets',
    pack(ALBUFEN, 'SHELF9999Z', 'ALB311'),
    {
      issued: undefined,
    },
  ),
  item(
    'unreadable',
    'Code printed without its separators',
    'Albufen 400 mg, 20 tablets',
    pack(ALBUFEN, 'SHELF0017U', 'ALB311'),
    {
      carrier: 'gs1-separator-lost',
    },
  ),
];
