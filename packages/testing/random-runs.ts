/**
 * How many random cases a property is to hold for: all on Bun, and a fifth elsewhere. The code is the
 * same there, and a run that opens a real database takes half a second.
 */
export function randomRuns(onBun: number): number {
  return process.versions.bun === undefined ? Math.ceil(onBun / 5) : onBun
}
