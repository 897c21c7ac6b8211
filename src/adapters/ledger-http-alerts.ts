// Alerts over HTTP: loaded when somebody first asks for them.
import type { AlertClient } from '../app/ports.ts';
import {
  ALERT_BYTES_MAX,
  alertResponseShape,
  alertStepResponseShape,
  alertsResponseShape,
} from '../domain/alerts/alert-wire.ts';
import type { Session } from './ledger-http-session.ts';
import { NOT_MODIFIED, openJson, type Transport } from './ledger-http-transport.ts';

const LIMITS = { bytesMax: ALERT_BYTES_MAX, timeoutMs: 15_000 };

export function createAlertsHttp(send: Transport, session: Session): AlertClient {
  return {
    async list(isClosed, before, tag) {
      const from = before === undefined ? '' : `&before=${before}`;
      const request = { path: `/api/alerts?closed=${isClosed ? 1 : 0}${from}`, tag, ...LIMITS };
      const answer = await session.run((token) => send({ ...request, token }));
      return answer === NOT_MODIFIED ? undefined : openJson(answer, alertsResponseShape);
    },
    async read(id) {
      const request = { path: `/api/alerts/${id}`, ...LIMITS };
      return openJson(await session.run((token) => send({ ...request, token })), alertResponseShape);
    },
    async step(step) {
      const request = { path: '/api/alerts/steps', body: step, ...LIMITS };
      return openJson(await session.run((token) => send({ ...request, token })), alertStepResponseShape);
    },
  };
}
