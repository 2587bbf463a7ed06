/**
 * Returns the number of random cases for a property: all on Bun, and a fifth elsewhere, where the
 * code is the same, and a case that opens a database takes half a second.
 */
export function randomRuns(onBun: number): number {
  return process.versions.bun === undefined ? Math.ceil(onBun / 5) : onBun
}
