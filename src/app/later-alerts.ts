// Alerts come when an enrolled device first asks for them, so that the first screen need not wait for their part of
// the app. From then on what is held of them counts wherever a pack is judged.
import { signal } from '@preact/signals-core';
import type { AlertsContext } from './alerts.ts';
import type { AlertsModel, LaterAlerts } from './alerts-model.ts';

export function createLaterAlerts(context: AlertsContext | undefined): LaterAlerts {
  const model = signal<AlertsModel | undefined>(undefined);
  let loading: Promise<AlertsModel | undefined> | undefined;

  async function open(from: AlertsContext): Promise<AlertsModel | undefined> {
    try {
      const { createAlerts } = await import('./alerts.ts');
      model.value = await createAlerts(from);
    } catch (error) {
      // The file has not come; the next who asks tries again.
      if (!(error instanceof TypeError)) throw error;
      loading = undefined;
    }
    return model.value;
  }

  return {
    model,
    async load() {
      loading ??= context && open(context);
      return loading;
    },
  };
}
