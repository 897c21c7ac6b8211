// A map that forgets what was not used for longest, so that what senders name cannot fill the memory.

export type RecentMap<V> = { get(key: string, make: () => V): V };

export function createRecentMap<V>(sizeMax: number): RecentMap<V> {
  const values = new Map<string, V>();
  return {
    get(key, make) {
      const held = values.get(key);
      const value = held ?? make();
      // A map keeps the order of insertion: what is set last stands last.
      if (held !== undefined) values.delete(key);
      values.set(key, value);
      if (values.size > sizeMax) {
        const oldest = values.keys().next();
        if (!oldest.done) values.delete(oldest.value);
      }
      return value;
    },
  };
}
