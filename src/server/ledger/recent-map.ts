// A map that forgets what was not used for longest, so that what senders name cannot fill the memory.

export type RecentMap<V> = {
  get(key: string, make: () => V): V;
  set(key: string, value: V): void;
  clear(): void;
};

export function createRecentMap<V>(sizeMax: number): RecentMap<V> {
  const values = new Map<string, V>();

  function set(key: string, value: V): void {
    // A map keeps the order of insertion: what is set last stands last.
    values.delete(key);
    values.set(key, value);
    if (values.size <= sizeMax) return;
    const oldest = values.keys().next();
    if (!oldest.done) values.delete(oldest.value);
  }

  return {
    get(key, make) {
      const value = values.get(key) ?? make();
      set(key, value);
      return value;
    },
    set,
    clear: () => values.clear(),
  };
}
