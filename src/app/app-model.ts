// What screens see of one running app, practice or the enrolled device.
import type { ReadonlySignal } from '@preact/signals-core';
import type { ConflictStep, Role } from '../domain/market.ts';
import type { LaterAlerts } from './alerts-model.ts';
import type { NamedProduct } from './catalogue.ts';
import type { OutageModel } from './outage-model.ts';
import type { OutboxModel, RecordRequest } from './outbox-model.ts';
import type { PalletModel } from './pallet-model.ts';
import type { ClockSkew } from './ports.ts';
import type { JudgedScan, ScannerModel } from './scan-model.ts';
import type { SignallingModel } from './signalling.ts';
import type { SyncModel } from './sync-model.ts';
import type { TrailModel } from './trail-model.ts';

/** Where one works; decides which actions a screen offers first. */
export const WORKPLACES = ['counter', 'warehouse', 'inspection'] as const;
export type Workplace = (typeof WORKPLACES)[number];

export type DemoPack = { readonly id: string; readonly title: string; readonly text: string };

export type InviteState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly why: 'offline' | 'server' }
  | { readonly kind: 'shown'; readonly link: string; readonly expiresMs: number };

export type AppMode =
  /** Sample packs that live in this browser alone. */
  | { readonly kind: 'practice' }
  | {
      readonly kind: 'enrolled';
      readonly market: string;
      readonly marketName: string;
      readonly siteName: string;
      readonly role: Role;
      /** Undefined: none is connected, so nothing here is a legal verification. */
      readonly nationalSystem: string | undefined;
      /** The device that this one follows at its site, and how much the ledger holds of it. */
      readonly former?: { readonly sequence: number } | undefined;
    };

/** One running app: practice, or the enrolled device. Changing from one to the other builds a new one. */
export type AppModel = {
  readonly mode: AppMode;
  readonly workplace: ReadonlySignal<Workplace | undefined>;
  readonly online: ReadonlySignal<boolean>;
  /** Undefined until the server has answered. */
  readonly clockSkew: ReadonlySignal<ClockSkew | undefined>;
  readonly nowMs: ReadonlySignal<number>;
  readonly scanner: ScannerModel;
  readonly signalling: SignallingModel;
  readonly outbox: OutboxModel;
  readonly pallet: PalletModel;
  readonly outages: OutageModel;
  readonly alerts: LaterAlerts;
  readonly sync: SyncModel;
  readonly trail: TrailModel;
  /** What the market has the losing side of a conflict do, in this order. */
  readonly conflictSteps: readonly ConflictStep[];
  nameOf(productCode: string): string | undefined;
  findProducts(text: string): readonly NamedProduct[];
  /** Operations that this mode and workplace offer for a scan, the main one first. */
  offers(scan: JudgedScan): readonly RecordRequest['operation'][];
  chooseWorkplace(workplace: Workplace): Promise<void>;
  /** Sample packs to try without any pack at hand; empty unless in practice. */
  readonly demoPacks: readonly DemoPack[];
  readonly invite: ReadonlySignal<InviteState>;
  openInvite(): Promise<void>;
  closeInvite(): void;
  start(): Promise<void>;
  stop(): void;
};
