// How a finding of the simulation is told from a bug in it.

/** What must never be; its message is the finding. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
