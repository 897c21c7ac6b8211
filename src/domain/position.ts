// Where a site is, as far as the system's operator has said: enough to tell whether a pack could have come from there.
import { err, ok, type Result } from './result.ts';

/** Decimal degrees of WGS 84. */
export type Position = { readonly latitude: number; readonly longitude: number };

/** As in a geo URI (RFC 5870): latitude, comma, longitude, such as `52.52,13.405`. A metre is the fifth decimal. */
export function parsePosition(text: string): Result<Position, 'malformed'> {
  const [, north, east] = /^(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?)$/.exec(text) ?? [];
  const [latitude, longitude] = [Number(north), Number(east)];
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isOnEarth
    ? ok({ latitude, longitude })
    : err('malformed', 'a place is LATITUDE,LONGITUDE in degrees');
}

export function positionText({ latitude, longitude }: Position): string {
  return `${latitude},${longitude}`;
}

/** Mean radius (IUGG); the earth's flatness makes less than a per cent. */
const EARTH_RADIUS_KM = 6_371;

/** Along the great circle: no road is shorter. */
export function distanceKm(a: Position, b: Position): number {
  const [latitude, other] = [radians(a.latitude), radians(b.latitude)];
  const half = (difference: number) => Math.sin(difference / 2) ** 2;
  const chord =
    half(other - latitude) + Math.cos(latitude) * Math.cos(other) * half(radians(b.longitude - a.longitude));
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
