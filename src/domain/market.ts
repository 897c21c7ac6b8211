// Rules that differ by market are data: one file for each market in `markets/`, which says what differs from the one
// it is based on. The fold, the doors and the screens read them and hold no rule of their own. Where each value comes
// from stands here, at its field, since JSON has no comments.

import { MALFORMED_DATES, type MalformedDates } from './codes/expiry.ts';
import de from './markets/de.json' with { type: 'json' };
import demo from './markets/demo.json' with { type: 'json' };
import eu from './markets/eu.json' with { type: 'json' };
import gr from './markets/gr.json' with { type: 'json' };
import ie from './markets/ie.json' with { type: 'json' };
import { OPERATIONS, type Operation } from './pack.ts';
import { assert, err, ok, type Result } from './result.ts';
import { boolean, integer, list, nullable, oneOf, record, text } from './shape.ts';

export const ROLES = ['manufacturer', 'wholesaler', 'pharmacy', 'inspector', 'authority'] as const;
export type Role = (typeof ROLES)[number];

/** What the losing side of a conflict does, before anybody is accused of anything. */
export const CONFLICT_STEPS = ['check-own-history', 'try-undo', 'quarantine', 'inform-authority'] as const;
export type ConflictStep = (typeof CONFLICT_STEPS)[number];

export type MarketRules = {
  readonly market: string;
  readonly name: string;
  /** The national system behind this market; undefined: none is connected, so nothing here is a legal verification. */
  readonly nationalSystem: string | undefined;
  /** Delegated Regulation (EU) 2016/161 Art. 13(1)(c): 10 days; the systems count 240 hours. */
  readonly undoWindowMs: number;
  /**
   * How often and for how long a site may repeat its own act before that is an alert. Finland warns of repeats at the
   * same location before it alerts; the Greek test book makes the limit a setting. Neither names figures: these are ours.
   */
  readonly doubleScan: { readonly toleranceMs: number; readonly repeatsMax: number };
  /**
   * Within which time one serial in the hands of two sites, with nothing to say that the pack travelled, is an alert of
   * its own. Ours: less than a day, in which packs between neighbours are mostly on record. The fakes of Ozempic that
   * carried one copied serial were found outside the European system, which has no such rule. Where both places are
   * known, only if they lie farther apart than the pack could have come meanwhile: no courier is faster than 100 km/h
   * from door to door, and what flies is shipped, which the ledger then says.
   */
  readonly copiedSerial: { readonly withinMs: number; readonly speedKmh: number };
  /** Whether looking a pack up is recorded as an event. No market of these asks for it: looking changes nothing. */
  readonly recordsVerify: boolean;
  /** Art. 29: during a technical problem a pack may be supplied, and is verified afterwards. */
  readonly suppliesUnverified: boolean;
  /** Art. 30: where a pack may be falsified it is not supplied and the authority is told at once. */
  readonly suppliesDespiteAlert: boolean;
  /**
   * What becomes of a code whose expiry names a month in a way that is no date (`202110`). The British guidance validates
   * dates first (`refuse`); Solidsoft's and Greece's say to submit the data as read (`submit`) and let the system decide:
   * here as the end of that month, which the card says, and which the ledger compares with what the maker registered.
   * A date that names no month at all is refused everywhere, since an event could not carry it; day 00 is none of
   * these but GS1's way to name a month.
   */
  readonly malformedDate: MalformedDates;
  /**
   * Art. 15: records are kept until a year after expiry or five after release, whichever is longer, and then forgotten:
   * the signed events with their people and references, and closed alert cases. The log's entries stay. A device keeps
   * what the ledger holds only as long as an undo is possible.
   */
  readonly retention: { readonly afterExpiryYears: number; readonly afterReleaseYears: number };
  /** The order in which a conflict is worked through (the pharmacy steps of SecurMed's and Fimvo's guidance). */
  readonly conflictSteps: readonly ConflictStep[];
  /**
   * Who may do what. European default: Arts 16, 20 to 28 and 41. Germany: medAspis keeps export, free sample and lock
   * from pharmacies. Greece: its pharmacies set the states active, supplied, destroyed and sample, and no others.
   * `unlock` is the authority's: an undo of a lock is open to the site that locked (G171), within the window.
   */
  readonly allowed: { readonly [R in Role]: readonly Operation[] };
};

const allowed = list(oneOf(OPERATIONS), OPERATIONS.length);
const rulesShape = record({
  market: text(64, /^[a-z0-9][a-z0-9-]*$/, 1),
  basedOn: nullable(text(64)),
  name: text(120, undefined, 1),
  nationalSystem: nullable(text(120)),
  undoWindowHours: integer(0, 8_784),
  doubleScan: record({ toleranceMinutes: integer(0, 1_440), repeatsMax: integer(0, 100) }),
  copiedSerial: record({ withinHours: integer(0, 8_784), speedKmh: integer(1, 10_000) }),
  recordsVerify: boolean(),
  suppliesUnverified: boolean(),
  suppliesDespiteAlert: boolean(),
  malformedDate: oneOf(MALFORMED_DATES),
  retention: record({ afterExpiryYears: integer(0, 100), afterReleaseYears: integer(0, 100) }),
  conflictSteps: list(oneOf(CONFLICT_STEPS), CONFLICT_STEPS.length),
  allowed: record({
    manufacturer: allowed,
    wholesaler: allowed,
    pharmacy: allowed,
    inspector: allowed,
    authority: allowed,
  }),
});

const HOUR_MS = 3_600_000;

/** Reads a market's file over that of the market it is based on; a role that it names is named in full. */
export function parseMarket(file: unknown, files: readonly unknown[]): Result<MarketRules, 'malformed'> {
  const whole = inherited(file, files, []);
  if (!whole.ok) return whole;
  const rules = rulesShape(whole.value, 'market');
  if (!rules.ok) return rules;
  const { market, name, nationalSystem, undoWindowHours, doubleScan, copiedSerial, retention } = rules.value;
  const { recordsVerify, suppliesUnverified, suppliesDespiteAlert, malformedDate } = rules.value;
  return ok({
    ...{ market, name, nationalSystem: nationalSystem ?? undefined, undoWindowMs: undoWindowHours * HOUR_MS },
    doubleScan: {
      toleranceMs: (doubleScan.toleranceMinutes * HOUR_MS) / 60,
      repeatsMax: doubleScan.repeatsMax,
    },
    copiedSerial: { withinMs: copiedSerial.withinHours * HOUR_MS, speedKmh: copiedSerial.speedKmh },
    ...{ recordsVerify, suppliesUnverified, suppliesDespiteAlert, malformedDate, retention },
    ...{ conflictSteps: rules.value.conflictSteps, allowed: rules.value.allowed },
  });
}

function inherited(
  file: unknown,
  files: readonly unknown[],
  heirs: readonly unknown[],
): Result<object, 'malformed'> {
  if (typeof file !== 'object' || file === null) return err('malformed', 'a market is an object');
  if (heirs.includes(file)) return err('malformed', 'a market is based on itself');
  const basedOn = field(file, 'basedOn');
  if (basedOn === null) return ok(file);
  const base = files.find((each) => field(each, 'market') === basedOn);
  if (base === undefined) return err('malformed', `no market ${String(basedOn)} to be based on`);
  const whole = inherited(base, files, [...heirs, file]);
  if (!whole.ok) return whole;
  const roles = { ...objectAt(whole.value, 'allowed'), ...objectAt(file, 'allowed') };
  return ok({ ...whole.value, ...file, allowed: roles });
}

function field(file: unknown, name: string): unknown {
  return typeof file === 'object' && file !== null ? Reflect.get(file, name) : undefined;
}

function objectAt(file: unknown, name: string): object {
  const value = field(file, name);
  return typeof value === 'object' && value !== null ? value : {};
}

const FILES: readonly unknown[] = [demo, eu, de, gr, ie];

/** In the order in which they are offered. */
export const MARKETS: readonly MarketRules[] = FILES.map((file) => {
  const rules = parseMarket(file, FILES);
  assert(rules.ok, `the rules of a market: ${rules.ok ? '' : rules.detail}`);
  return rules.value;
});

export function findMarket(market: string): MarketRules | undefined {
  return MARKETS.find((rules) => rules.market === market);
}

/** The practice and demonstration market: European rules, no national system behind it. */
export const DEMO_MARKET: MarketRules = known('demo');

/** A market that this version has no rules for: packs are verified, nothing is recorded. */
export function closedMarket(market: string): MarketRules {
  const nobody = { manufacturer: [], wholesaler: [], pharmacy: [], inspector: [], authority: [] };
  return { ...known('eu'), market, name: market, undoWindowMs: 0, allowed: nobody };
}

function known(market: string): MarketRules {
  const rules = findMarket(market);
  assert(rules, `there is a market ${market}`);
  return rules;
}
