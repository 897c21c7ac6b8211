// What stands on the open list, kept over a restart: nobody scans five hundred packs again because the system has closed
// the tab, the battery was empty or the app was updated. Only what was scanned is kept; it is judged anew.
import { ssccShape } from '../domain/event.ts';
import { BULK_PACKS_MAX, ENTRY_CONTAINERS_MAX } from '../domain/limits.ts';
import { ENTRY_MODES } from '../domain/pack.ts';
import { boolean, hex, list, oneOf, parseJson, record, type Shaped } from '../domain/shape.ts';
import { packShape } from '../domain/wire.ts';
import { remembered } from './failure.ts';
import type { SettingsStore } from './ports.ts';

const contentShape = record({
  /** Newest first. */
  packs: list(
    record({ pack: packShape, entryMode: oneOf(ENTRY_MODES), expiryDayUnspecified: boolean() }),
    BULK_PACKS_MAX,
  ),
  /** SSCCs that have not been recorded as received. */
  containers: list(ssccShape, ENTRY_CONTAINERS_MAX),
});
export type ListContent = Shaped<typeof contentShape>;
/** Another enrolment may be of another site. */
const keptShape = record({ device: hex(16), content: contentShape });

export type ListKeeper = {
  /** Undefined: no list was open, or what is stored is none of this device. */
  load(): Promise<ListContent | undefined>;
  /** Undefined: no list is open. Of many changes in a row the last is written. */
  keep(content: ListContent | undefined): void;
};

export function createListKeeper(settings: SettingsStore, device: string): ListKeeper {
  let written = '';
  let wanted = '';
  let isWriting = false;

  async function write(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (written !== wanted) {
      const text = wanted;
      await remembered(() => settings.set('open-list', text));
      written = text;
    }
    isWriting = false;
  }

  return {
    async load() {
      const text = await remembered(() => settings.get('open-list'));
      written = wanted = text ?? '';
      const kept = text ? parseJson(text, keptShape) : undefined;
      return kept?.ok && kept.value.device === device ? kept.value.content : undefined;
    },
    keep(content) {
      wanted = content ? JSON.stringify({ device, content }) : '';
      void write();
    },
  };
}
