// Rules that differ by market are data. A market's file states who may do what and for how long; the fold and the
// screens read it and hold no rule of their own.
import type { Operation } from './pack.ts';

export const ROLES = ['manufacturer', 'wholesaler', 'pharmacy', 'inspector', 'authority'] as const;
export type Role = (typeof ROLES)[number];

export type MarketRules = {
  readonly market: string;
  readonly name: string;
  /** The national system behind this market; undefined: none is connected, so nothing here is a legal verification. */
  readonly nationalSystem: string | undefined;
  /** Delegated Regulation (EU) 2016/161 Art. 13: an undo within 10 days of the decommission. */
  readonly undoWindowMs: number;
  readonly allowed: { readonly [R in Role]: readonly Operation[] };
};

const DAY_MS = 86_400_000;

/** The practice and demonstration market: European rules, no national system behind it. */
export const DEMO_MARKET: MarketRules = {
  market: 'demo',
  name: 'Demo market',
  nationalSystem: undefined,
  undoWindowMs: 10 * DAY_MS,
  allowed: {
    manufacturer: [
      'commission',
      'pack',
      'ship',
      'receive',
      'destroy',
      'sample',
      'free-sample',
      'lock',
      'stolen',
      'undo',
      'recall',
      'withdraw',
      'inspect',
    ],
    wholesaler: [
      'pack',
      'ship',
      'receive',
      'supply',
      'destroy',
      'export',
      'sample',
      'lock',
      'stolen',
      'undo',
      'inspect',
    ],
    pharmacy: ['receive', 'supply', 'destroy', 'sample', 'lock', 'stolen', 'undo', 'inspect'],
    inspector: ['sample', 'lock', 'undo', 'inspect'],
    authority: ['recall', 'withdraw', 'lock', 'undo', 'inspect'],
  },
};

const MARKETS: readonly MarketRules[] = [DEMO_MARKET];

export function findMarket(market: string): MarketRules | undefined {
  return MARKETS.find((rules) => rules.market === market);
}
