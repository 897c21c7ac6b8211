// Whether two different texts of packs could arrive as the same keys. Asked once, when a layout is learnt: a scanner whose
// damage cannot be undone for sure is refused then, and never guesses at a serial later.
import { CSET82 } from '../codes/character-sets.ts';
import { GS } from '../codes/element-string.ts';
import { type Layout, type Unit, unitsOf } from './layout.ts';

/** Two units that begin two texts which arrive alike. */
export type Ambiguity = readonly [string, string];

/** A field starts with a digit (GS1) or with a digit or capital (ASC MH10.8.2), so no other text needs to be told apart. */
export const FIELD_START = /^[0-9A-Z]/;
const BROKEN_FIELD = /\x1d[^0-9A-Z]/;

type Side = { readonly isFieldStart: boolean };
type Lead = {
  readonly surplus: string;
  readonly ahead: Side;
  readonly behind: Side;
  readonly origin: Ambiguity;
};

/**
 * Sardinas and Patterson's test for unique decodability, over what packs may hold: CSET 82, and GS with a field after
 * it. Undefined where every text can be told from every other.
 */
export function findAmbiguity(layout: Layout): Ambiguity | undefined {
  const units = unitsOf(layout, CSET82 + GS).filter(({ meant }) => !BROKEN_FIELD.test(meant));
  const byStart = new Map<string, Unit[]>();
  for (const unit of units) {
    const start = unit.arrives.charAt(0);
    byStart.set(start, [...(byStart.get(start) ?? []), unit]);
  }
  const open: Lead[] = [];
  const seen = new Set<string>();
  const push = (lead: Lead) => {
    const key = `${lead.ahead.isFieldStart} ${lead.behind.isFieldStart} ${lead.surplus}`;
    if (!seen.has(key)) open.push(lead);
    seen.add(key);
  };
  for (const short of units) {
    for (const long of byStart.get(short.arrives.charAt(0)) ?? []) {
      if (short === long || !long.arrives.startsWith(short.arrives)) continue;
      const surplus = long.arrives.slice(short.arrives.length);
      push({ surplus, ahead: after(long), behind: after(short), origin: [short.meant, long.meant] });
    }
  }
  for (let lead = open.pop(); lead !== undefined; lead = open.pop()) {
    const { surplus, ahead, behind, origin } = lead;
    if (surplus === '') return origin;
    for (const unit of byStart.get(surplus.charAt(0)) ?? []) {
      if (behind.isFieldStart && !FIELD_START.test(unit.meant)) continue;
      const { arrives } = unit;
      if (surplus.startsWith(arrives))
        push({ surplus: surplus.slice(arrives.length), ahead, behind: after(unit), origin });
      else if (arrives.startsWith(surplus))
        push({ surplus: arrives.slice(surplus.length), ahead: after(unit), behind: ahead, origin });
    }
  }
  return undefined;
}

function after({ meant }: Unit): Side {
  return { isFieldStart: meant.endsWith(GS) };
}
