// Where the demo market's invented sites stand: in real cities, so that two of them are hours apart.
import type { DEMO_PLACES, NEWCOMER_PLACES } from '../../domain/demo/places.ts';
import type { Position } from '../../domain/position.ts';

type Site =
  | (typeof DEMO_PLACES)[keyof typeof DEMO_PLACES]
  | (typeof NEWCOMER_PLACES)[keyof typeof NEWCOMER_PLACES];

const at = (latitude: number, longitude: number): Position => ({ latitude, longitude });
const BERLIN = at(52.52, 13.405);
const COLOGNE = at(50.938, 6.96);
const HAMBURG = at(53.551, 9.994);
const HANOVER = at(52.376, 9.732);
const MUNICH = at(48.137, 11.575);
const NUREMBERG = at(49.454, 11.077);
const BONN = at(50.737, 7.098);

const POSITIONS: { readonly [site: string]: Position } = {
  ...{ helmstead: NUREMBERG, northline: HANOVER, sudhafen: MUNICH },
  ...{ linden: BERLIN, harbour: HAMBURG, station: MUNICH, authority: BONN },
  ...{ 'demo-pharmacy': COLOGNE, 'demo-warehouse': HAMBURG, 'demo-works': NUREMBERG },
  ...{ 'demo-inspectorate': BERLIN, 'demo-authority': BONN },
};

export function demoPositionOf({ site }: Pick<Site, 'site'>): Position | undefined {
  return POSITIONS[site];
}
