export interface RefreshedOptions<T> {
  /** Reads the value. */
  readonly read: () => Promise<T>
  /**
   * Returns whether the value has not changed since it was read. After that, the value rests
   * `restMsMin` again. Default: it always may have changed.
   */
  readonly isCurrent?: (value: T) => Promise<boolean>
  /** Minimum time between two reads, in milliseconds. Default: 0. */
  readonly restMsMin?: number
  /** Time that never goes back, in milliseconds. Default: `performance.now`. */
  readonly clock?: () => number
}

/** Bounds of what reading a value again and again costs. */
export const refreshLimits = {
  /** Rest after a read, as a multiple of its duration: reads take at most a twentieth of the time. */
  restFactorMin: 19,
  /**
   * Duration of a read up to which callers wait for the next one, in milliseconds. After a longer
   * one, they get the former value, and the next one is read in the background.
   */
  waitMsMax: 500,
}

/**
 * Returns a function that returns a value which is expensive to read, and is therefore shared. Calls
 * during a read share it. The function rejects when a read fails, and reads again at the next call.
 */
export function createRefreshed<T>(options: RefreshedOptions<T>): () => Promise<T> {
  const { read, isCurrent = async () => false, restMsMin = 0 } = options
  const { clock = () => performance.now() } = options
  let last: { value: T; durationMs: number; restEndMs: number } | undefined
  let reading: Promise<T> | undefined

  async function readNext(): Promise<T> {
    const startMs = clock()
    try {
      const value = await read()
      const endMs = clock()
      const durationMs = endMs - startMs
      const restMs = Math.max(restMsMin, refreshLimits.restFactorMin * durationMs)
      last = { value, durationMs, restEndMs: endMs + restMs }
      return value
    } catch (error) {
      last = undefined
      throw error
    } finally {
      reading = undefined
    }
  }

  return async () => {
    const known = last
    if (known !== undefined) {
      if (clock() < known.restEndMs) return known.value
      if (await isCurrent(known.value)) {
        known.restEndMs = Math.max(known.restEndMs, clock() + restMsMin)
        return known.value
      }
    }
    reading ??= readNext()
    if (known === undefined || known.durationMs <= refreshLimits.waitMsMax) return reading
    // A failure removes the former value, so that the next call reads by itself, and rejects.
    reading.catch(() => {})
    return known.value
  }
}
