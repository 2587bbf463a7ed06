import { createRandom, type Random } from './random.ts'

/** One round of a subject. Throws when something is wrong. */
export type Round = (random: Random) => Promise<void> | void

/** A round that takes longer has failed. */
const roundTimeoutMs = 20_000

/**
 * Runs rounds for a time, one after the other. Each round has the next seed, so that a round that
 * fails is the first one of its own seed. Returns the number of rounds.
 */
export async function fuzz(round: Round, seed: number, forMs: number): Promise<number> {
  const endMs = performance.now() + forMs
  let count = 0
  do {
    const own = (seed + count) >>> 0
    await withinTime(round(createRandom(own)), own)
    count++
  } while (performance.now() < endMs)
  return count
}

async function withinTime(round: Promise<void> | void, seed: number): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('it hangs')), roundTimeoutMs)
  // An unhandled rejection is a failure of the round too.
  const onEscaped = (error: unknown) => late.reject(error)
  process.on('uncaughtException', onEscaped)
  process.on('unhandledRejection', onEscaped)
  try {
    await Promise.race([round, late.promise])
  } catch (cause) {
    throw new Error(`again with --seed=${seed}`, { cause })
  } finally {
    clearTimeout(timer)
    process.off('uncaughtException', onEscaped)
    process.off('unhandledRejection', onEscaped)
  }
}
