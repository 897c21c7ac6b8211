// The main thread's end of layer-builder.ts: a snapshot's layer is built in a thread of its own, over its own reading of
// the store, so that taking events in and publishing checkpoints go on meanwhile, however large the country.
import type { BuiltPage } from '../../domain/snapshot/build.ts';
import type { Layer } from '../../domain/snapshot/manifest.ts';
import { LedgerRefusal } from './refusal.ts';
import { createThread } from './thread.ts';

export type LayerPlaces = {
  /** The SQLite store. */
  readonly store: string;
  /** Published files of the snapshot log. */
  readonly snapshots: string;
};

/** The store as it stood when the reading was opened, whatever is written meanwhile. */
export type ReadingHead = {
  /** Entries of the ledger's log. */
  readonly logSize: number;
  /** Receipt time of the last of them; 0 where there is none. */
  readonly asOfMs: number;
};

export type LayerOrder = {
  readonly below: readonly Layer[];
  readonly salt: string;
  readonly asOfMs: number;
};

export type LayerTask =
  | { readonly do: 'open' }
  | { readonly do: 'hold'; readonly layers: readonly Layer[] }
  | { readonly do: 'begin'; readonly order: LayerOrder }
  | { readonly do: 'next' }
  | { readonly do: 'shut' };

export type LayerAnswer =
  | { readonly kind: 'reading'; readonly head: ReadingHead }
  | { readonly kind: 'held'; readonly areWhole: boolean }
  | { readonly kind: 'page'; readonly page: BuiltPage | undefined }
  | { readonly kind: 'shut' };

/** One at a time is built; whatever fails throws LedgerRefusal, or the bug that it is. */
export type LayerThread = {
  /** Opens a reading, which lasts until it is shut. */
  open(): Promise<ReadingHead>;
  /** Whether every page of these layers is published, with the bytes that its name says. */
  areWhole(layers: readonly Layer[]): Promise<boolean>;
  /** The layer's pages over the open reading: while one is taken, the next is being built. */
  pages(order: LayerOrder): AsyncGenerator<BuiltPage>;
  shut(): Promise<void>;
  close(): Promise<void>;
};

export function createLayerThread(places: LayerPlaces): LayerThread {
  const thread = createThread<LayerTask, LayerAnswer>(new URL('./layer-builder.ts', import.meta.url), places);

  async function* pages(order: LayerOrder): AsyncGenerator<BuiltPage> {
    let coming = pageOf(thread.ask({ do: 'begin', order }));
    try {
      for (let page = await coming; page; page = await coming) {
        coming = pageOf(thread.ask({ do: 'next' }));
        yield page;
      }
    } finally {
      // Where the taker has failed, nobody asks for the one that is being built.
      coming.catch(() => undefined);
    }
  }

  return {
    async open() {
      const answer = await thread.ask({ do: 'open' });
      return answer.kind === 'reading' ? answer.head : outOfTurn();
    },
    async areWhole(layers) {
      const answer = await thread.ask({ do: 'hold', layers });
      return answer.kind === 'held' ? answer.areWhole : outOfTurn();
    },
    pages,
    shut: async () => void (await thread.ask({ do: 'shut' })),
    close: thread.close,
  };
}

async function pageOf(answer: Promise<LayerAnswer>): Promise<BuiltPage | undefined> {
  const answered = await answer;
  return answered.kind === 'page' ? answered.page : outOfTurn();
}

function outOfTurn(): never {
  throw new LedgerRefusal('closed', 'The builder of layers answered out of turn.');
}
