// Alerts, the steps taken on them, and sightings of packs. Steps are only ever added: the file itself refuses to change
// one, and to drop one while there is its case.
import type { DatabaseSync } from 'node:sqlite';
import { ALERT_CAUSES, ALERT_KINDS } from '../../../domain/alerts/alert.ts';
import { ALERT_STATES, alertActionShape, FINDINGS, STANDINGS } from '../../../domain/alerts/workflow.ts';
import { OPERATIONS, PACK_STATES } from '../../../domain/pack.ts';
import { parseJson } from '../../../domain/shape.ts';
import type { AlertRecord, AlertStore, StoredStep } from '../alert-store.ts';
import { blob, bytesOf, damaged, type Forgetful, hexOf, numberOf, type Row, textOf, wordOf } from './rows.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS alerts (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, cause TEXT NOT NULL,
  raised_ms INTEGER NOT NULL, event_id BLOB NOT NULL, log_index INTEGER NOT NULL, earlier_index INTEGER,
  operation TEXT NOT NULL, pack_state TEXT, product_code TEXT NOT NULL, serial TEXT NOT NULL, batch TEXT NOT NULL,
  expiry TEXT NOT NULL, organisation TEXT NOT NULL, site TEXT NOT NULL,
  earlier_organisation TEXT, earlier_site TEXT,
  state TEXT NOT NULL, finding TEXT NOT NULL, earlier_finding TEXT NOT NULL,
  changed_ms INTEGER NOT NULL, steps INTEGER NOT NULL, kept_until TEXT NOT NULL, closed INTEGER AS (state = 'closed') STORED
) STRICT;
CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (closed, number);
CREATE INDEX IF NOT EXISTS alerts_by_day ON alerts (kept_until) WHERE state = 'closed';
CREATE INDEX IF NOT EXISTS alerts_by_site ON alerts (organisation, site, closed, number);
CREATE INDEX IF NOT EXISTS alerts_by_earlier ON alerts (earlier_organisation, earlier_site, closed, number)
  WHERE earlier_site IS NOT NULL;

CREATE TABLE IF NOT EXISTS alert_steps (
  number INTEGER PRIMARY KEY, alert TEXT NOT NULL, id BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL, signature BLOB,
  device BLOB, organisation TEXT NOT NULL, site TEXT NOT NULL, user TEXT NOT NULL, standing TEXT NOT NULL,
  received_ms INTEGER NOT NULL, action TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS alert_steps_by_alert ON alert_steps (alert, number);
CREATE TRIGGER IF NOT EXISTS alert_steps_stay BEFORE UPDATE ON alert_steps
  BEGIN SELECT raise(ABORT, 'a step on an alert stays as it was taken'); END;
CREATE TRIGGER IF NOT EXISTS alert_steps_are_kept BEFORE DELETE ON alert_steps
  WHEN EXISTS (SELECT 1 FROM alerts WHERE id = OLD.alert)
  BEGIN SELECT raise(ABORT, 'a step on an alert goes with its case'); END;

CREATE TABLE IF NOT EXISTS sightings (
  pack BLOB PRIMARY KEY, site_id BLOB NOT NULL, log_index INTEGER NOT NULL, time_ms INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS sightings_by_time ON sightings (time_ms);
`;

export function createAlertTables(database: DatabaseSync): AlertStore & Forgetful {
  database.exec(SCHEMA);
  return { ...createCases(database), ...createSightings(database) };
}

function createCases(
  database: DatabaseSync,
): Pick<AlertStore, 'addAlert' | 'alert' | 'alerts' | 'addAlertStep' | 'alertSteps' | 'forgetAlerts'> {
  const columns = 24;
  const add = database.prepare(`INSERT INTO alerts VALUES (NULL${', ?'.repeat(columns - 1)})`);
  const byId = database.prepare('SELECT * FROM alerts WHERE id = ?');
  const newest = 'number < ? ORDER BY number DESC LIMIT ?';
  const all = database.prepare(`SELECT * FROM alerts WHERE closed = ? AND ${newest}`);
  const own = `SELECT * FROM alerts WHERE organisation = ? AND site = ? AND closed = ? AND ${newest}`;
  const met = `SELECT * FROM alerts WHERE earlier_organisation = ? AND earlier_site = ? AND closed = ? AND ${newest}`;
  const ofSite = database.prepare(
    `SELECT * FROM (SELECT * FROM (${own}) UNION ALL SELECT * FROM (${met})) ORDER BY number DESC LIMIT ?`,
  );
  const stand = database.prepare(
    'UPDATE alerts SET state = ?, finding = ?, earlier_finding = ?, changed_ms = ?, steps = steps + 1 WHERE id = ?',
  );
  const addStep = database.prepare(`INSERT INTO alert_steps VALUES (NULL${', ?'.repeat(11)})`);
  const stepsOf = database.prepare('SELECT * FROM alert_steps WHERE alert = ? ORDER BY number LIMIT ?');

  const outdated = database.prepare(
    "SELECT id FROM alerts WHERE state = 'closed' AND kept_until < ? ORDER BY kept_until LIMIT ?",
  );
  const dropCase = database.prepare('DELETE FROM alerts WHERE id = ?');
  const dropSteps = database.prepare('DELETE FROM alert_steps WHERE alert = ?');

  return {
    addAlert({ pack, attempt, earlier, ...alert }) {
      add.run(
        ...([alert.id, alert.kind, alert.cause, alert.raisedMs, blob(alert.eventId), alert.index] as const),
        ...([alert.earlierIndex ?? null, alert.operation, alert.packState ?? null] as const),
        ...([pack.productCode, pack.serial, pack.batch, pack.expiry] as const),
        ...([attempt.organisation, attempt.site] as const),
        ...([earlier?.organisation ?? null, earlier?.site ?? null] as const),
        ...(['new', 'pending', 'pending', alert.raisedMs, 0, alert.keptUntil] as const),
      );
    },
    alert(id) {
      const row = byId.get(id);
      return row && alertOf(row);
    },
    alerts({ of, closed, before, max }) {
      const range = [closed ? 1 : 0, before, max] as const;
      const rows = of
        ? ofSite.all(of.organisation, of.site, ...range, of.organisation, of.site, ...range, max)
        : all.all(...range);
      return rows.map(alertOf);
    },
    addAlertStep(alert, step, after) {
      const { state, findings } = after;
      addStep.run(
        ...([alert, blob(step.id), step.bytes, step.signature ?? null] as const),
        ...([step.device === undefined ? null : blob(step.device), step.organisation, step.site] as const),
        ...([step.user, step.standing, step.receivedMs, JSON.stringify(step.action)] as const),
      );
      stand.run(state, findings.attempt, findings.earlier, step.receivedMs, alert);
    },
    forgetAlerts(day, max) {
      const passed = outdated.all(day, max);
      for (const row of passed) {
        const id = textOf(row, 'id');
        dropCase.run(id);
        dropSteps.run(id);
      }
      return passed.length;
    },
    alertSteps: (alert, max) => stepsOf.all(alert, max).map(stepOf),
  };
}

function createSightings(
  database: DatabaseSync,
): Pick<AlertStore, 'putSighting' | 'sighting' | 'hasSightings' | 'forgetSightingsBefore'> & Forgetful {
  const any = database.prepare('SELECT 1 FROM sightings LIMIT 1');
  const get = database.prepare('SELECT * FROM sightings WHERE pack = ?');
  const put = database.prepare('INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?)');
  const drop = database.prepare('DELETE FROM sightings WHERE time_ms < ?');
  // Asked for every event; in most markets the answer is no for hours on end.
  let isAny: boolean | undefined;
  return {
    putSighting(key, { siteId, index, timeMs }) {
      put.run(blob(key), blob(siteId), index, timeMs);
      isAny = true;
    },
    sighting(key) {
      const row = get.get(blob(key));
      return (
        row && {
          siteId: hexOf(row, 'site_id'),
          index: numberOf(row, 'log_index'),
          timeMs: numberOf(row, 'time_ms'),
        }
      );
    },
    hasSightings() {
      isAny ??= any.get() !== undefined;
      return isAny;
    },
    forgetSightingsBefore(timeMs) {
      if (drop.run(timeMs).changes > 0) isAny = undefined;
    },
    forget() {
      isAny = undefined;
    },
  };
}

function alertOf(row: Row): AlertRecord {
  const { earlier_organisation: organisation, earlier_site: site } = row;
  return {
    number: numberOf(row, 'number'),
    id: textOf(row, 'id'),
    kind: wordOf(row, 'kind', ALERT_KINDS),
    cause: wordOf(row, 'cause', ALERT_CAUSES),
    raisedMs: numberOf(row, 'raised_ms'),
    eventId: hexOf(row, 'event_id'),
    index: numberOf(row, 'log_index'),
    earlierIndex: row.earlier_index === null ? undefined : numberOf(row, 'earlier_index'),
    operation: wordOf(row, 'operation', OPERATIONS),
    packState: row.pack_state === null ? undefined : wordOf(row, 'pack_state', PACK_STATES),
    pack: {
      ...{ productCode: textOf(row, 'product_code'), serial: textOf(row, 'serial') },
      ...{ batch: textOf(row, 'batch'), expiry: textOf(row, 'expiry') },
    },
    attempt: { organisation: textOf(row, 'organisation'), site: textOf(row, 'site') },
    earlier:
      typeof organisation === 'string' && typeof site === 'string' ? { organisation, site } : undefined,
    state: wordOf(row, 'state', ALERT_STATES),
    findings: {
      attempt: wordOf(row, 'finding', FINDINGS),
      earlier: wordOf(row, 'earlier_finding', FINDINGS),
    },
    changedMs: numberOf(row, 'changed_ms'),
    steps: numberOf(row, 'steps'),
    keptUntil: textOf(row, 'kept_until'),
  };
}

function stepOf(row: Row): StoredStep {
  const action = parseJson(textOf(row, 'action'), alertActionShape);
  if (!action.ok) throw damaged(`step: ${action.detail}`);
  return {
    id: hexOf(row, 'id'),
    bytes: bytesOf(row, 'bytes'),
    signature: row.signature === null ? undefined : bytesOf(row, 'signature'),
    device: row.device === null ? undefined : hexOf(row, 'device'),
    organisation: textOf(row, 'organisation'),
    site: textOf(row, 'site'),
    user: textOf(row, 'user'),
    standing: wordOf(row, 'standing', STANDINGS),
    receivedMs: numberOf(row, 'received_ms'),
    action: action.value,
  };
}
