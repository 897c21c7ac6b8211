// How often each thing has happened: a fault that hardly ever does is not tested by being possible.

export type Tally = {
  add(name: string, count?: number): void;
  readonly counts: Readonly<Record<string, number>>;
};

export function createTally(): Tally {
  const counts: Record<string, number> = {};
  return {
    add(name, count = 1) {
      counts[name] = (counts[name] ?? 0) + count;
    },
    counts,
  };
}
