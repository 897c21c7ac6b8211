// Which of the offered operations stand where on the verdict card. What may be done is the model's answer (`offers`);
// this only gives the seal question its place and keeps "supply" away from a pack that something speaks against.
import type { Workplace } from '../app/app-model.ts';
import type { RecordRequest } from '../app/outbox-model.ts';
import type { JudgedScan } from '../app/scan-model.ts';
import {
  RETURN_PARKED,
  RETURN_VERIFIED,
  type Reason,
  SEAL_BROKEN,
  TECHNICAL_PROBLEM,
} from '../domain/reason.ts';
import type { Tone } from '../domain/verdict.ts';

type Offered = RecordRequest['operation'];

/** `confirm` names the dialog that stands before recording. */
export type Action = {
  readonly label:
    | 'seal-intact-supply'
    | 'seal-intact-inspect'
    | 'seal-broken-inspect'
    | 'seal-broken'
    | 'receive'
    | 'return'
    | 'return-parked'
    | 'despite'
    | 'opened'
    | Offered;
  readonly request: Omit<RecordRequest, 'scan' | 'reference'> | undefined;
  readonly confirm:
    | 'broken'
    | 'broken-no-lock'
    | 'technical'
    | 'destroy'
    | 'stolen'
    | 'opened'
    | 'unlock'
    | undefined;
};

export type ActionPlan = {
  /** The big button. */
  readonly primary: Action | undefined;
  /** The same act under another answer, as wide as the first. */
  readonly variant: Action | undefined;
  readonly sealBroken: Action | undefined;
  readonly more: readonly Action[];
};

export function planActions(
  scan: JudgedScan,
  tone: Tone,
  workplace: Workplace | undefined,
  offers: readonly Offered[],
): ActionPlan {
  const primary = primaryAction(tone, offers);
  const others = offers
    .filter((operation) => operation !== 'supply' && operation !== primary?.request?.operation)
    .map((operation) => plain(operation));
  const more = [...(tone === 'go' && offers.includes('supply') ? otherSupplies(primary) : []), ...others];
  return {
    primary,
    variant: variantOf(primary, scan, workplace),
    sealBroken: sealBrokenAction(primary, offers),
    more,
  };
}

/** At its first opening a pack is supplied once and for all (Art. 28); where supply is not the main act, plainly too. */
function otherSupplies(primary: Action | undefined): readonly Action[] {
  const opened = action('opened', 'supply', 'intact');
  const first = { ...opened, request: opened.request && { ...opened.request, opened: true as const } };
  const whole = action('seal-intact-supply', 'supply', 'intact');
  const isMain = primary?.request?.operation === 'supply';
  return [...(isMain ? [] : [whole]), { ...first, confirm: 'opened' }];
}

/** What must not be the big button for a pack that something speaks against. */
const PASSES_ON: ReadonlySet<Offered> = new Set(['supply', 'receive']);

function primaryAction(tone: Tone, offers: readonly Offered[]): Action | undefined {
  const main = offers.find((operation) => tone !== 'stop' || !PASSES_ON.has(operation));
  switch (main) {
    case 'supply':
      return tone === 'go'
        ? action('seal-intact-supply', 'supply', 'intact')
        : { ...action('despite', 'supply', 'intact', TECHNICAL_PROBLEM), confirm: 'technical' };
    case 'inspect':
      return action('seal-intact-inspect', 'inspect', 'intact');
    case 'receive':
      return action('receive', 'receive', 'not-checked');
    case 'lock':
      return plain('lock');
    default:
      // What cannot be undone is never the big button.
      return undefined;
  }
}

function variantOf(
  primary: Action | undefined,
  scan: JudgedScan,
  workplace: Workplace | undefined,
): Action | undefined {
  if (primary?.label === 'seal-intact-inspect')
    return action('seal-broken-inspect', 'inspect', 'broken', SEAL_BROKEN);
  return primary?.label === 'receive' && workplace === 'warehouse' ? returned(scan) : undefined;
}

function sealBrokenAction(primary: Action | undefined, offers: readonly Offered[]): Action | undefined {
  const asksForSeal = primary?.label === 'seal-intact-supply' || primary?.label === 'receive';
  if (!asksForSeal) return undefined;
  return offers.includes('lock')
    ? { ...action('seal-broken', 'lock', 'broken', SEAL_BROKEN), confirm: 'broken' }
    : { label: 'seal-broken', request: undefined, confirm: 'broken-no-lock' };
}

/** A wholesaler verifies returns (Art. 20); what was not verified live waits apart from the stock. */
function returned({ opinion }: JudgedScan): Action {
  const isVerified = opinion.kind === 'agrees' && opinion.judgment.verdict.kind === 'active';
  return isVerified
    ? action('return', 'receive', 'not-checked', RETURN_VERIFIED)
    : action('return-parked', 'receive', 'not-checked', RETURN_PARKED);
}

function plain(operation: Offered): Action {
  const isAsked = operation === 'destroy' || operation === 'stolen' || operation === 'unlock';
  const confirm = isAsked ? operation : undefined;
  return { ...action(operation, operation, 'not-checked'), confirm };
}

function action(
  label: Action['label'],
  operation: Offered,
  seal: RecordRequest['seal'],
  reason?: Reason,
): Action {
  return { label, request: { operation, seal, reason }, confirm: undefined };
}
