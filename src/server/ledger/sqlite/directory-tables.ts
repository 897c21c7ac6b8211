// Who may write (sites and their devices), what products are called, and which snapshots were published.
import type { DatabaseSync } from 'node:sqlite';
import { ROLES } from '../../../domain/market.ts';
import { parsePosition, positionText } from '../../../domain/position.ts';
import { parseJson } from '../../../domain/shape.ts';
import { scopeShape } from '../../../domain/snapshot/scope.ts';
import type { DeviceRecord, SiteRecord } from '../ledger.ts';
import { createRecentMap } from '../recent-map.ts';
import type { SnapshotRecord, Store } from '../store.ts';
import { blob, bytesOf, damaged, type Forgetful, hexOf, numberOf, type Row, textOf, wordOf } from './rows.ts';

const DEVICES_MAX = 10_000;

export function createDirectoryTables(
  database: DatabaseSync,
): Pick<Store, 'device' | 'devices' | 'putDevice' | 'site' | 'sites' | 'putSite'> & Forgetful {
  const devices = createRecentMap<DeviceRecord | null>(DEVICES_MAX);
  const device = database.prepare('SELECT * FROM devices WHERE id = ?');
  const devicesAfter = database.prepare('SELECT * FROM devices WHERE id > ? ORDER BY id LIMIT ?');
  const putDevice = database.prepare('INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const site = database.prepare('SELECT * FROM sites WHERE organisation = ? AND site = ?');
  const allSites = database.prepare('SELECT * FROM sites ORDER BY organisation, site LIMIT ?');
  const putSite = database.prepare('INSERT OR REPLACE INTO sites VALUES (?, ?, ?, ?, ?, ?)');

  function readDevice(id: string): DeviceRecord | null {
    const row = device.get(blob(id));
    return row ? deviceOf(row) : null;
  }

  return {
    device: (id) => devices.get(id, () => readDevice(id)) ?? undefined,
    devices: (after, max) => devicesAfter.all(blob(after), max).map(deviceOf),
    putDevice(record) {
      const { publicKey, organisation, role, revoked, enrolledMs } = record;
      const products = record.products && JSON.stringify([...record.products]);
      putDevice.run(
        ...([blob(record.device), publicKey, organisation, record.site, role, products] as const),
        ...([revoked ? 1 : 0, enrolledMs] as const),
      );
      devices.set(record.device, record);
    },
    forget: devices.clear,
    site(organisation, id) {
      const row = site.get(organisation, id);
      return row && siteOf(row);
    },
    sites: (max) => allSites.all(max).map(siteOf),
    putSite(record) {
      const { organisation, organisationName, siteName, role, position } = record;
      const place = position ? positionText(position) : null;
      putSite.run(organisation, record.site, organisationName, siteName, role, place);
    },
  };
}

function siteOf(row: Row): SiteRecord {
  const position = row.position === null ? undefined : parsePosition(textOf(row, 'position'));
  if (position && !position.ok) throw damaged('position');
  return {
    organisation: textOf(row, 'organisation'),
    organisationName: textOf(row, 'organisation_name'),
    site: textOf(row, 'site'),
    siteName: textOf(row, 'site_name'),
    role: wordOf(row, 'role', ROLES),
    position: position?.value,
  };
}

function deviceOf(row: Row): DeviceRecord {
  return {
    device: hexOf(row, 'id'),
    publicKey: bytesOf(row, 'public_key'),
    organisation: textOf(row, 'organisation'),
    site: textOf(row, 'site'),
    role: wordOf(row, 'role', ROLES),
    products: productsOf(row),
    revoked: numberOf(row, 'revoked') === 1,
    enrolledMs: numberOf(row, 'enrolled_ms'),
  };
}

function productsOf(row: Row): DeviceRecord['products'] {
  if (row.products === null) return null;
  const products = parseJson(textOf(row, 'products'), scopeShape);
  if (!products.ok) throw damaged('products');
  return new Set(products.value);
}

export function createCatalogueTable(database: DatabaseSync): Pick<Store, 'catalogue' | 'setCatalogue'> {
  const all = database.prepare('SELECT product_code, name FROM catalogue ORDER BY product_code');
  const clear = database.prepare('DELETE FROM catalogue');
  const add = database.prepare('INSERT OR REPLACE INTO catalogue VALUES (?, ?)');
  return {
    catalogue: () => ({
      products: all
        .all()
        .map((row) => ({ productCode: textOf(row, 'product_code'), name: textOf(row, 'name') })),
    }),
    setCatalogue(products) {
      clear.run();
      for (const { productCode, name } of products) add.run(productCode, name);
    },
  };
}

export function createSnapshotTable(
  database: DatabaseSync,
): Pick<Store, 'lastSnapshots' | 'snapshotAt' | 'addSnapshot'> {
  const last = database.prepare('SELECT * FROM snapshots ORDER BY number DESC LIMIT ?');
  const at = database.prepare('SELECT * FROM snapshots WHERE leaf_index = ?');
  const add = database.prepare('INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)');
  return {
    lastSnapshots: (count) => last.all(count).map(snapshotOf),
    snapshotAt(leafIndex) {
      const row = at.get(leafIndex);
      return row && snapshotOf(row);
    },
    addSnapshot({ number, manifest, leafIndex, publishedMs, logSize }) {
      add.run(number, blob(manifest), leafIndex, publishedMs, logSize);
    },
  };
}

function snapshotOf(row: Row): SnapshotRecord {
  return {
    number: numberOf(row, 'number'),
    manifest: hexOf(row, 'manifest'),
    leafIndex: numberOf(row, 'leaf_index'),
    publishedMs: numberOf(row, 'published_ms'),
    logSize: numberOf(row, 'log_size'),
  };
}
