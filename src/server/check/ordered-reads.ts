// Reads ahead without getting ahead: several reads under way at once, their results in order, and never more of them
// held than that.

export async function* inOrder<I, R>(
  items: Iterable<I>,
  parallel: number,
  read: (item: I) => Promise<R>,
): AsyncGenerator<readonly [item: I, result: R]> {
  const waiting: { item: I; result: Promise<R> }[] = [];
  for (const item of items) {
    const result = read(item);
    // A failure is met when its turn comes; whoever stops before that does not care.
    result.catch(() => undefined);
    waiting.push({ item, result });
    const first = waiting.length >= parallel ? waiting.shift() : undefined;
    if (first) yield [first.item, await first.result];
  }
  for (const { item, result } of waiting) yield [item, await result];
}
