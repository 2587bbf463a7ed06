/** Random numbers that are the same for the same seed. */
export interface SeededRandom {
  /** Returns a whole number, both bounds included. */
  integer(min: number, max: number): number
}

/** Creates a Mulberry32 generator. Its 32 bits of state are enough for a test. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { integer: (min, max) => min + Math.floor(next() * (max - min + 1)) }
}

/**
 * Returns the seed of a test: from the environment, or a new one, which is printed so that a
 * failure can be replayed.
 */
export function faultSeed(what: string): number {
  const seed = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 32)
  process.stderr.write(`${what}: again with FAULT_SEED=${seed}\n`)
  return seed
}
