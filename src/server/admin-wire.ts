// What the operator's commands and the running server say to each other, parsed on both sides.
import { REJECTIONS } from '../domain/receipt.ts';
import { boolean, hex, integer, list, nullable, oneOf, record, type Shaped, text } from '../domain/shape.ts';

/** One answer; the next one starts after the last of it. */
export const DEVICES_MAX = 1_000;
export const HELD_MAX = 1_000;
/** A country has some 20,000 pharmacies; of each 200 bytes. */
export const SITES_MAX = 50_000;

const place = { organisation: text(64), site: text(64) };

export const devicesShape = record({
  devices: list(
    record({
      ...{ device: hex(16), ...place, role: text(40), revoked: boolean(), enrolledMs: integer(0) },
      ...{ events: integer(0), held: integer(0) },
    }),
    DEVICES_MAX,
  ),
});
export type Devices = Shaped<typeof devicesShape>['devices'];

export const heldShape = record({
  held: list(
    record({
      ...{ id: hex(32), device: hex(16), ...place, sequence: integer(1), operation: text(40) },
      ...{ packs: integer(0), claimedTimeMs: integer(0), receivedMs: integer(0), why: oneOf(REJECTIONS) },
    }),
    HELD_MAX,
  ),
});
export type Held = Shaped<typeof heldShape>['held'];

/** `position`: LATITUDE,LONGITUDE in degrees, as in position.ts. */
const positionText = nullable(text(30));

export const sitesShape = record({
  sites: list(record({ ...place, role: text(40), siteName: text(120), position: positionText }), SITES_MAX),
});
export type Sites = Shaped<typeof sitesShape>['sites'];

export const siteRequestShape = record({ ...place, position: positionText });

export const revokedRequestShape = record({ device: hex(16), revoked: boolean() });

export const decisionRequestShape = record({ id: hex(32), decision: oneOf(['release', 'refuse']) });
/** `index`: where a released event now stands in the log. `refused`: why it cannot be released. */
export const decisionResponseShape = record({ index: nullable(integer(0)), refused: nullable(text(40)) });
export type Decision = Shaped<typeof decisionResponseShape>;
