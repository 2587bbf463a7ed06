import type { History } from './history.ts'

/** Distances of ticks of the mean. On the usual scale, only the first ones are needed. */
const meanSteps = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 25] as const
/** Durations of bars, in seconds. */
const barSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] as const
/** Maximum number of bars. */
const barCountMax = 60

/** Ticks of the mean: multiples of the smallest step with which there are at most `countMax`. */
export function meanTicks(low: number, high: number, countMax: number): number[] {
  const ticks = meanSteps.map((step) => multiples(step, low, high))
  return ticks.find(({ length }) => length <= countMax) ?? []
}

function multiples(step: number, low: number, high: number): number[] {
  // 0.15 / 0.05 is a little less than 3.
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  const count = Math.max(0, last - first + 1)
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toFixed(2)))
}

/** The ratings that came in within equal times, one after the other. */
export interface RatingBars {
  /** Middle of each time, in seconds since the start of the history. */
  readonly times: readonly number[]
  readonly counts: readonly number[]
}

/** The new ratings of a history, in bars that fill `seconds` from its start. */
export function ratingBars({ times, counts }: History, seconds: number): RatingBars {
  const step = barSteps.find((one) => seconds / one <= barCountMax) ?? seconds / barCountMax
  const bars: number[] = new Array(Math.ceil(seconds / step)).fill(0)
  const start = times[0] ?? 0
  let before: number | undefined
  for (const [index, count] of counts.entries()) {
    if (count === null) continue
    const bar = Math.min(bars.length - 1, Math.floor(((times[index] ?? start) - start) / step))
    if (before !== undefined && count > before) bars[bar] = (bars[bar] ?? 0) + count - before
    before = count
  }
  return { times: bars.map((_, index) => (index + 0.5) * step), counts: bars }
}
