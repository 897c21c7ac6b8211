// `packtrail alerts`: the system's operator sees every alert of the market and takes steps on them, on the running
// server. What a site may not do, closing one as a falsification, is done here or by the authority.
import {
  type AlertLine,
  type AlertResponse,
  alertResponseShape,
  alertStepResponseShape,
  alertsResponseShape,
} from '../domain/alerts/alert-wire.ts';
import { type AlertAction, alertActionShape, CLOSE_REASONS } from '../domain/alerts/workflow.ts';
import { ok, type Result } from '../domain/result.ts';
import type { AdminClient, AdminFailure } from './admin-client.ts';
import { type CommandIo, readCommandLine, runOnServer } from './command.ts';

const HELP = `packtrail alerts - what the ledger could not square with what it holds, on the running server

  packtrail alerts                        list the open alerts, the newest first
    --closed                              those that were closed
  packtrail alerts show <alert>           what happened, what the sites found, the steps so far
  packtrail alerts investigate <alert>    take it up, also again after it was closed
  packtrail alerts escalate <alert>       pass it on to the authority; needs --note
  packtrail alerts close <alert>          needs --reason
    --reason <reason>  ${CLOSE_REASONS.join(', ')}
    --note <text>      at most 500 characters; the sites concerned see it
    --data <folder>    the server's (./data)
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  closed: { type: 'boolean', default: false },
  reason: { type: 'string' },
  note: { type: 'string' },
  data: { type: 'string', default: './data' },
} as const;

/** Resolves to the exit status: 1 where something was not done, 2 for a wrong command line. */
export async function runAlerts(args: readonly string[], io: CommandIo): Promise<number> {
  const read = readCommandLine(args, OPTIONS);
  if (!read || read.values.help) {
    (read ? io.print : io.warn)(HELP);
    return read ? 0 : 2;
  }
  const [command = 'list', alert, ...others] = read.positionals;
  const { reason = null, note = null, closed } = read.values;
  const isAbout = command !== 'list';
  const action = isAbout && command !== 'show' ? actionOf(command, reason, note) : undefined;
  const isWhole = isAbout === (alert !== undefined) && others.length === 0;
  if (!isWhole || (isAbout && command !== 'show' && !action)) {
    io.warn(`"alerts ${command}" is not whole. See packtrail alerts --help`);
    return 2;
  }
  return runOnServer(read.values.data, io, 'alert', (admin) => work(admin, alert, action, closed, io));
}

/** Undefined: there is no such step, or something of it is missing. */
function actionOf(kind: string, reason: string | null, note: string | null): AlertAction | undefined {
  const action = alertActionShape(kind === 'close' ? { kind, reason, note } : { kind, note }, 'step');
  return action.ok && action.value.kind !== 'finding' ? action.value : undefined;
}

async function work(
  admin: AdminClient,
  alert: string | undefined,
  action: AlertAction | undefined,
  closed: boolean,
  io: CommandIo,
): Promise<Result<number, AdminFailure>> {
  if (alert === undefined) return list(admin, closed, io);
  if (!action) {
    const answer = await admin.get(`/api/admin/alerts/${encodeURIComponent(alert)}`, alertResponseShape);
    if (!answer.ok) return answer;
    for (const line of caseLines(answer.value)) io.print(line);
    return ok(0);
  }
  const taken = await admin.post('/api/admin/alerts', { alert, action }, alertStepResponseShape);
  if (!taken.ok) return taken;
  const { refused, alert: now } = taken.value;
  io.print(`${alert}  ${refused === null ? now.alert.state : `not done: ${refused}`}`);
  return ok(refused === null ? 0 : 1);
}

async function list(
  admin: AdminClient,
  closed: boolean,
  io: CommandIo,
): Promise<Result<number, AdminFailure>> {
  for (let before = ''; ; ) {
    const page = await admin.get(`/api/admin/alerts?closed=${closed ? 1 : 0}${before}`, alertsResponseShape);
    if (!page.ok) return page;
    const { alerts, next } = page.value;
    for (const alert of alerts) io.print(lineOf(alert));
    if (alerts.length === 0 && before === '') io.print(closed ? 'No alert was closed.' : 'No alert is open.');
    if (next === null) return ok(0);
    before = `&before=${next}`;
  }
}

const at = (ms: number) => new Date(ms).toISOString();

function lineOf({ id, kind, state, raisedMs, operation, pack: { productCode, serial } }: AlertLine): string {
  return `${id}  ${at(raisedMs)}  ${kind}  ${state}  ${operation} of ${productCode} ${serial}`;
}

function caseLines({ alert, acts, distanceKm, steps, index, keptUntil }: AlertResponse): string[] {
  const { attempt, earlier } = alert.findings;
  return [
    lineOf(alert),
    `  ${alert.cause}, place ${index} of the ledger, kept until ${keptUntil}`,
    ...acts.map(({ party, act }) =>
      act.where === 'named'
        ? `  ${party}: ${act.operation}, ${at(act.timeMs)}, ${act.organisation}, ${act.site}`
        : `  ${party}: a site that is no longer known`,
    ),
    ...(distanceKm === null ? [] : [`  ${distanceKm} km apart`]),
    `  findings: attempt ${attempt}${alert.isEarlierKnown ? `, earlier ${earlier}` : ''}`,
    ...steps.map(
      ({ receivedMs, standing, user, kind, finding, reason, note }) =>
        `  ${at(receivedMs)}  ${standing} (${user ?? '?'}): ${[kind, finding ?? reason, note].filter(Boolean).join(', ')}`,
    ),
  ];
}
