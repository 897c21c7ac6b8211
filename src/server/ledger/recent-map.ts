// A map that forgets what was not used lately, so that what senders name cannot fill the memory. Two generations
// instead of an order by use: a value that is asked for moves to the young one, and when that is full the old one goes.

export type RecentMap<V> = {
  get(key: string, make: () => V): V;
  set(key: string, value: V): void;
  clear(): void;
};

/** Holds the `recent` values used last, and at most twice as many. */
export function createRecentMap<V>(recent: number): RecentMap<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();

  function set(key: string, value: V): void {
    young.set(key, value);
    if (young.size < recent) return;
    old = young;
    young = new Map();
  }

  return {
    get(key, make) {
      const held = young.get(key);
      if (held !== undefined) return held;
      const older = old.get(key);
      const value = older === undefined ? make() : older;
      set(key, value);
      return value;
    },
    set,
    clear() {
      young.clear();
      old.clear();
    },
  };
}
