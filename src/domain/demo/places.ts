// Who acts in the demo market: the organisations whose invented deliveries fill the ledger, and the sites that
// newcomers join.
import type { Role } from '../market.ts';

export type DemoPlace = {
  readonly organisation: string;
  readonly organisationName: string;
  readonly site: string;
  readonly siteName: string;
  readonly role: Role;
};

function place(role: Role, site: string, organisationName: string, siteName: string): DemoPlace {
  return { organisation: site, organisationName, site, siteName, role };
}

export const DEMO_PLACES = {
  maker: place('manufacturer', 'helmstead', 'Helmstead Medicines', 'Helmstead works'),
  north: place('wholesaler', 'northline', 'Northline Wholesale', 'Northline depot'),
  south: place('wholesaler', 'sudhafen', 'Südhafen Pharmahandel', 'Südhafen warehouse'),
  linden: place('pharmacy', 'linden', 'Linden pharmacy', 'Linden pharmacy'),
  harbour: place('pharmacy', 'harbour', 'Harbour pharmacy', 'Harbour pharmacy'),
  station: place('pharmacy', 'station', 'Station pharmacy', 'Station pharmacy'),
  authority: place('authority', 'authority', 'Medicines authority (demo)', 'Surveillance office'),
} as const satisfies Record<string, DemoPlace>;
export type DemoActor = keyof typeof DEMO_PLACES;

/** Where enrolment links lead. */
export const NEWCOMER_PLACES = {
  pharmacy: place('pharmacy', 'demo-pharmacy', 'Demo pharmacy', 'Demo pharmacy'),
  wholesaler: place('wholesaler', 'demo-warehouse', 'Demo warehouse', 'Demo warehouse'),
  manufacturer: place('manufacturer', 'demo-works', 'Demo medicines', 'Demo works'),
  inspector: place('inspector', 'demo-inspectorate', 'Demo inspectorate', 'Demo inspectorate'),
  authority: place('authority', 'demo-authority', 'Demo authority', 'Demo authority'),
} as const satisfies Partial<Record<Role, DemoPlace>>;
export type NewcomerRole = keyof typeof NEWCOMER_PLACES;
