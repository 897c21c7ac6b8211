// What the store keeps of alerts: each case as it was raised and where it stands, every step on it for good, and the
// few sightings of packs that no state tells.
import type { AlertCause, AlertKind } from '../../domain/alerts/alert.ts';
import type { Sighting } from '../../domain/alerts/raising.ts';
import type { AlertAction, CaseView, Standing } from '../../domain/alerts/workflow.ts';
import type { Operation, Pack, PackState } from '../../domain/pack.ts';

export type Place = { readonly organisation: string; readonly site: string };

export type NewAlert = {
  readonly id: string;
  readonly kind: AlertKind;
  readonly cause: AlertCause;
  readonly raisedMs: number;
  readonly eventId: string;
  /** Log index of the event that raised it, and of what it met. */
  readonly index: number;
  readonly earlierIndex: number | undefined;
  readonly operation: Operation;
  readonly packState: PackState | undefined;
  readonly pack: Pack;
  readonly attempt: Place;
  /** Undefined: nobody else's act. */
  readonly earlier: Place | undefined;
  /** yyyy-mm-dd: once closed, it is forgotten after that day. */
  readonly keptUntil: string;
};

export type AlertRecord = NewAlert &
  CaseView & {
    /** Counts alerts from 1, in the order of the log. */
    readonly number: number;
    readonly changedMs: number;
    readonly steps: number;
  };

export type StoredStep = {
  readonly id: string;
  /** As signed; an operator's are not. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array | undefined;
  readonly device: string | undefined;
  readonly organisation: string;
  readonly site: string;
  readonly user: string;
  readonly standing: Standing;
  readonly receivedMs: number;
  readonly action: AlertAction;
};

export type AlertQuery = {
  /** Whose; undefined: everybody's. */
  readonly of: Place | undefined;
  readonly closed: boolean;
  /** Those with a lower number. */
  readonly before: number;
  readonly max: number;
};

export type AlertStore = {
  addAlert(alert: NewAlert): void;
  alert(id: string): AlertRecord | undefined;
  /** The newest first. */
  alerts(query: AlertQuery): readonly AlertRecord[];
  /** Adds the step and notes where the case stands after it. */
  addAlertStep(alert: string, step: StoredStep, after: CaseView): void;
  /** In order. */
  alertSteps(alert: string, max: number): readonly StoredStep[];

  /** Closed ones kept until before this day, with their steps; how many, at most `max`. */
  forgetAlerts(day: string, max: number): number;

  putSighting(key: string, sighting: Sighting): void;
  sighting(key: string): Sighting | undefined;
  hasSightings(): boolean;
  forgetSightingsBefore(timeMs: number): void;
};
