// Whether the server does its work. One whose log has forgotten what it published says so here, and to everybody who
// would have it take something in or speak for a pack: what it forgot may have changed everything.
import type { FastifyInstance } from 'fastify';
import type { Ledger } from '../ledger/ledger.ts';
import { Refusal } from './refusal.ts';

/** They change nothing and say nothing of packs; behind them are recalls and alerts, which only warn. */
const STILL_ANSWERED: ReadonlySet<string> = new Set(['/api/challenge', '/api/session', '/api/keys']);

export function addHealth(app: FastifyInstance, { stopped }: Pick<Ledger, 'stopped'>): void {
  app.addHook('onRequest', async ({ method, routeOptions }) => {
    if (method === 'POST' && stopped() && !STILL_ANSWERED.has(routeOptions.url ?? ''))
      throw new Refusal('ledger-stopped');
  });
  // How large the ledger is, is in its checkpoint; a disk that is full or a queue is said to whom it concerns.
  app.get('/api/health', async (_, reply) => {
    const why = stopped();
    return reply
      .code(why ? 503 : 200)
      .header('cache-control', 'no-store')
      .send(why ? { status: 'stopped', reason: why.code } : { status: 'ok' });
  });
}
