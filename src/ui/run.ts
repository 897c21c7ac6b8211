// Starts an action from an event handler. Actions turn the failures they know into state; what still arrives here is a
// bug, and goes where the page's other uncaught errors go.

export function run(work: Promise<unknown>): void {
  work.catch((bug: unknown) => reportError(bug));
}
