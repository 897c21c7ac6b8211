// An alert is a case for people: an attempt that the ledger could not square with what it holds, under the code that
// the European system has for it, or one serial that turned up in two places. What an event raises follows from the
// fold's outcome alone, so that the same event raises the same alerts, under the same ids, whenever it is asked.
import { sha256 } from '@noble/hashes/sha2.js';
import { ALERT_CODES } from '../alert-code.ts';
import { utf8ToBytes } from '../bytes.ts';
import { text } from '../shape.ts';
import { CONFLICT_REASONS } from '../transition.ts';

/** Beside the EMVS codes, which look at one attempt each: the same serial in the hands of two sites within hours. */
export const ALERT_KINDS = [...ALERT_CODES, 'copied-serial'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Why: what the fold refused, a site's repeat beyond the market's tolerance, or a serial seen elsewhere. */
export const ALERT_CAUSES = [...CONFLICT_REASONS, 'repeat', 'seen-elsewhere'] as const;
export type AlertCause = (typeof ALERT_CAUSES)[number];

/**
 * The sites that an alert concerns: `attempt` did what raised it, `earlier` did what it met (the maker, where the pack
 * was still as commissioned).
 */
export const PARTIES = ['attempt', 'earlier'] as const;
export type Party = (typeof PARTIES)[number];

/** Crockford's base 32: no letter that is taken for a digit when an id is read out on the telephone. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 3;
const GROUP_DIGITS = 5;

export const alertIdShape = text(90, /^[A-Z0-9][A-Z0-9-]*(-[0-9A-HJKMNP-TV-Z]{5}){3}$/, 19);

/** The market and 75 bits of a hash, such as `DE-7K3MQ-9XW2H-VN4PT`. `pack`: its position in the event. */
export function alertId(market: string, eventId: string, pack: number, kind: AlertKind): string {
  const hash = sha256(utf8ToBytes(`packtrail/v1/alert\n${market}\n${eventId}\n${pack}\n${kind}\n`));
  let digits = '';
  for (let i = 0; i < GROUPS * GROUP_DIGITS; i++) digits += DIGITS[(hash[i] ?? 0) & 31];
  const groups = digits.match(/.{5}/g) ?? [];
  return [market.toUpperCase(), ...groups].join('-');
}
