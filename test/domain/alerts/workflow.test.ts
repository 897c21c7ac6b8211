import { describe, expect, test } from 'vitest';
import { ALERT_KINDS, alertId } from '../../../src/domain/alerts/alert.ts';
import {
  ALERT_STATES,
  type AlertAction,
  type AlertStep,
  afterStep,
  type CaseView,
  CLOSE_REASONS,
  encodeAlertStep,
  FINDINGS,
  parseAlertStep,
  STANDINGS,
  whyNoStep,
} from '../../../src/domain/alerts/workflow.ts';
import { mangled } from '../../support/mangle.ts';

const NEW: CaseView = { kind: 'A7', state: 'new', findings: { attempt: 'pending', earlier: 'pending' } };
const found: AlertAction = { kind: 'finding', finding: 'root-cause', note: null };
const close = (reason: (typeof CLOSE_REASONS)[number], note: string | null = null): AlertAction => ({
  ...{ kind: 'close', reason, note },
});
const investigate: AlertAction = { kind: 'investigate', note: null };
const escalate: AlertAction = { kind: 'escalate', note: 'not our pack' };
const ACTIONS = [found, investigate, escalate, ...CLOSE_REASONS.map((reason) => close(reason, 'x'))];

const CASES = ALERT_KINDS.flatMap((kind) =>
  ALERT_STATES.flatMap((state) =>
    FINDINGS.flatMap((attempt) =>
      FINDINGS.map((earlier): CaseView => ({ kind, state, findings: { attempt, earlier } })),
    ),
  ),
);

describe('steps on a case', () => {
  test('in every case, only the authority or the operator closes one as a falsification', () => {
    for (const view of CASES)
      for (const standing of STANDINGS) {
        const may = whyNoStep(view, close('falsification'), standing) === undefined;
        expect(may).toBe(view.state !== 'closed' && (standing === 'authority' || standing === 'operator'));
      }
  });

  test('in every case, a site closes only what it has found the cause of, and nothing that was passed up', () => {
    for (const view of CASES)
      for (const standing of ['attempt', 'earlier'] as const) {
        const may = whyNoStep(view, close('process-error'), standing) === undefined;
        const isOpen = view.state === 'new' || view.state === 'under-investigation';
        expect(may).toBe(isOpen && view.kind !== 'copied-serial' && view.findings[standing] === 'root-cause');
      }
  });

  test('a closed case takes no step but that the authority takes it up again', () => {
    for (const standing of STANDINGS)
      for (const action of ACTIONS) {
        const isAbove = standing === 'authority' || standing === 'operator';
        const why = whyNoStep({ ...NEW, state: 'closed' }, action, standing);
        expect(why).toBe(isAbove && action === investigate ? undefined : 'closed');
      }
  });

  test('a finding is a party’s own, and leaves the other’s alone', () => {
    expect(whyNoStep(NEW, found, 'inspector')).toBe('not-a-party');
    expect(whyNoStep(NEW, found, 'authority')).toBe('not-a-party');
    const after = afterStep(NEW, found, 'earlier');
    expect(after).toEqual({ ...NEW, findings: { attempt: 'pending', earlier: 'root-cause' } });
    expect(whyNoStep(after, found, 'earlier')).toBe('no-change');
    expect(whyNoStep(after, found, 'attempt')).toBeUndefined();
  });

  test('what was passed up comes down by the authority alone', () => {
    const up = afterStep(NEW, escalate, 'attempt');
    expect(up.state).toBe('escalated');
    expect(whyNoStep(up, escalate, 'earlier')).toBe('no-change');
    expect(whyNoStep(up, investigate, 'attempt')).toBe('authority-only');
    expect(whyNoStep(up, investigate, 'authority')).toBeUndefined();
    expect(whyNoStep(afterStep(up, investigate, 'authority'), investigate, 'authority')).toBe('no-change');
  });

  test('another reason is written out', () => {
    const explained = afterStep(NEW, found, 'attempt');
    expect(whyNoStep(explained, close('other'), 'attempt')).toBe('note-missing');
    expect(whyNoStep(explained, close('other', 'a lent pack'), 'attempt')).toBeUndefined();
  });
});

const STEP: AlertStep = {
  ...{
    type: 'packtrail/v1/alert-step',
    alert: alertId('de', 'ab'.repeat(32), 0, 'A3'),
    device: '0a'.repeat(16),
  },
  ...{ user: 'user-1', claimedTimeMs: 5, after: 2, action: escalate, nonce: '01'.repeat(16) },
};

describe('a step’s bytes', () => {
  test('have one spelling', () => {
    const bytes = encodeAlertStep(STEP);
    expect(parseAlertStep(bytes)).toEqual({ ok: true, value: STEP });
    const text = new TextDecoder().decode(bytes);
    const spaced = new TextEncoder().encode(text.replace('"after":2', '"after": 2'));
    expect(parseAlertStep(spaced).ok).toBe(false);
  });

  test('mangled, are refused or are another step in that one spelling', () => {
    const bytes = encodeAlertStep(STEP);
    let refused = 0;
    for (const bad of mangled(bytes)) {
      const parsed = parseAlertStep(bad);
      if (parsed.ok) expect(encodeAlertStep(parsed.value)).toEqual(bad);
      else refused++;
    }
    expect(refused).toBeGreaterThan(bytes.length);
  });

  test('a note is not empty and at most 500 characters', () => {
    const noted = (note: string) => ({ ...STEP, action: { kind: 'escalate' as const, note } });
    expect(() => encodeAlertStep(noted(''))).toThrow();
    expect(() => encodeAlertStep(noted('n'.repeat(501)))).toThrow();
    expect(parseAlertStep(encodeAlertStep(noted('n'.repeat(500)))).ok).toBe(true);
  });
});
