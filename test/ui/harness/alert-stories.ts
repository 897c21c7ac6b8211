// Alerts as they look to the site that tried, to the other party, to the authority, and without a network.

import type { AlertDetail, AlertList } from '../../../src/app/alerts-model.ts';
import { alertId } from '../../../src/domain/alerts/alert.ts';
import type { AlertLine, AlertResponse } from '../../../src/domain/alerts/alert-wire.ts';
import { type FakeState, NOW_MS } from '../../support/fake-app.ts';
import { PACK } from './samples.ts';

const HOUR_MS = 3_600_000;
const EVENT = 'ab'.repeat(32);

const LINE: AlertLine = {
  ...{ id: alertId('demo', EVENT, 0, 'A7'), kind: 'A7', cause: 'not-active', state: 'new' },
  ...{ raisedMs: NOW_MS - HOUR_MS, changedMs: NOW_MS - HOUR_MS, operation: 'supply', packState: 'supplied' },
  ...{ pack: PACK, standing: 'attempt', isEarlierKnown: true },
  findings: { attempt: 'pending', earlier: 'pending' },
};
const COPIED: AlertLine = {
  ...{
    ...LINE,
    id: alertId('demo', EVENT, 0, 'copied-serial'),
    kind: 'copied-serial',
    cause: 'seen-elsewhere',
  },
  ...{ state: 'escalated', raisedMs: NOW_MS - 30 * HOUR_MS },
};
const MISREAD: AlertLine = {
  ...{
    ...LINE,
    id: alertId('demo', EVENT, 1, 'A52'),
    kind: 'A52',
    cause: 'expiry-mismatch',
    packState: 'active',
  },
  ...{ state: 'under-investigation', pack: { ...PACK, serial: 'SHELF0099ZLONGSERIAL' } },
};

const RESPONSE: AlertResponse = {
  ...{ alert: LINE, index: 4_700 },
  acts: [
    {
      party: 'attempt',
      act: {
        ...{
          where: 'this-site',
          timeMs: NOW_MS - HOUR_MS,
          operation: 'supply',
          user: 'till-2',
          event: EVENT,
        },
      },
    },
    { party: 'earlier', act: { where: 'another-location' } },
  ],
  steps: [
    {
      ...{ standing: 'earlier', isOwn: false, receivedMs: NOW_MS - 600_000, user: null, kind: 'finding' },
      ...{ finding: 'no-root-cause', reason: null, note: null, isNoteWithheld: true },
    },
  ],
  distanceKm: null,
  keptUntil: '2032-12-31',
};
const named = (site: string, operation: 'supply', hours: number) => ({
  ...({ where: 'named', timeMs: NOW_MS - hours * HOUR_MS, operation, event: EVENT } as const),
  ...({ organisation: site, site, role: 'pharmacy' } as const),
});

function shown(response: AlertResponse, change: Partial<Extract<AlertDetail, { kind: 'shown' }>> = {}) {
  return {
    ...{ kind: 'shown' as const, response, isSending: false, refused: undefined, failure: undefined },
    ...change,
  };
}

const LIST: AlertList = {
  ...{ lines: [LINE, MISREAD, COPIED], asOfMs: NOW_MS - 60_000, failure: undefined },
  ...{ isLoading: false, hasMore: true },
};

export const ALERT_STATES_SHOWN: readonly (readonly [name: string, state: Partial<FakeState>])[] = [
  ['alerts', { alerts: LIST }],
  ['alerts-none', {}],
  [
    'alerts-offline',
    { alerts: { ...LIST, asOfMs: NOW_MS - 5 * HOUR_MS, failure: 'offline' }, isOnline: false },
  ],
  ['alert', { alertDetail: shown(RESPONSE) }],
  [
    'alert-explained',
    {
      alertDetail: shown(
        {
          ...RESPONSE,
          alert: {
            ...LINE,
            state: 'under-investigation',
            findings: { attempt: 'root-cause', earlier: 'no-root-cause' },
          },
        },
        { refused: 'stale' },
      ),
    },
  ],
  [
    'alert-authority',
    {
      mode: {
        ...{ kind: 'enrolled', market: 'demo', marketName: 'Demo market', nationalSystem: undefined },
        ...{ siteName: 'Surveillance office', role: 'authority' },
      },
      alertDetail: shown(
        {
          ...{ ...RESPONSE, alert: { ...COPIED, standing: 'authority' }, steps: [] },
          distanceKm: 613,
          acts: [
            { party: 'attempt', act: named('Harbour pharmacy', 'supply', 30) },
            { party: 'earlier', act: named('Station pharmacy', 'supply', 32) },
          ],
        },
        { failure: 'timeout' },
      ),
    },
  ],
  [
    'alert-closed',
    {
      alertDetail: shown({
        ...RESPONSE,
        alert: { ...LINE, state: 'closed', findings: { attempt: 'root-cause', earlier: 'pending' } },
        steps: [
          {
            ...{
              standing: 'attempt',
              isOwn: true,
              receivedMs: NOW_MS - 60_000,
              user: 'till-2',
              kind: 'close',
            },
            ...{ finding: null, reason: 'process-error', note: 'Scanned twice.', isNoteWithheld: false },
          },
        ],
      }),
    },
  ],
  ['alert-failed', { alertDetail: { kind: 'failed', why: 'offline' }, isOnline: false }],
];

/** An open alert on the pack that is on screen, which the market then does not hand on. */
export const WITH_ALERT: Partial<FakeState> = { alerts: LIST, offers: ['lock', 'destroy'] };
