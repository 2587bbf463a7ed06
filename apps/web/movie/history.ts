import type { Aggregate } from '../rating/aggregate.ts'
import type { Scale } from '../rating/scale.ts'

/** The rating of a movie over time, in seconds since the epoch. */
export interface History {
  readonly times: readonly number[]
  /** Null where the rating is unknown or nobody has rated; the chart has a gap there. */
  readonly means: readonly (number | null)[]
  readonly counts: readonly (number | null)[]
}

/** Maximum number of points, more than a chart has pixels. */
export const pointCountMax = 2_000

export const emptyHistory: History = { times: [], means: [], counts: [] }

/** Adds a point. When there are too many, drops every second one of the older half. */
export function addToHistory(
  { times, means, counts }: History,
  time: number,
  aggregate: Aggregate | undefined,
): History {
  const added = {
    times: [...times, time],
    means: [...means, aggregate?.mean ?? null],
    counts: [...counts, aggregate?.count ?? null],
  }
  if (added.times.length <= pointCountMax) return added
  const isKept = (_point: unknown, index: number) => index >= pointCountMax / 2 || index % 2 === 0
  return {
    times: added.times.filter(isKept),
    means: added.means.filter(isKept),
    counts: added.counts.filter(isKept),
  }
}

/** The history extended to `time` with its last value. */
export function extendTo(history: History, time: number): History {
  const { times, means, counts } = history
  if (times.length === 0) return history
  return {
    times: [...times, Math.max(time, times.at(-1) ?? time)],
    means: [...means, means.at(-1) ?? null],
    counts: [...counts, counts.at(-1) ?? null],
  }
}

/** Returns true when the mean has had more than one value. */
export function hasMoved({ means }: History): boolean {
  const known = means.filter((mean) => mean !== null)
  return known.some((mean) => mean !== known[0])
}

/** The newest means, at most `countMax`, from the first one that is known. */
export function newestMeans({ means }: History, countMax: number): readonly (number | null)[] {
  const newest = means.slice(-countMax)
  const first = newest.findIndex((mean) => mean !== null)
  return first < 0 ? [] : newest.slice(first)
}

/** Space above and below the line, as a part of the scale, so that a small change looks small. */
const meanMargin = 0.01

/** The lowest and the highest mean, with space around them. All of the scale when there is no mean. */
export function meanRange(
  { min, max }: Scale,
  means: readonly (number | null)[],
): [low: number, high: number] {
  const known = means.filter((mean) => mean !== null)
  if (known.length === 0) return [min, max]
  const margin = meanMargin * (max - min)
  return [Math.min(...known) - margin, Math.max(...known) + margin]
}

/** The first and the last known values, or undefined when there are none. */
export function movement({ means, counts }: History) {
  const known = counts.flatMap((count, index) => {
    const mean = means[index]
    return count === null || mean === null || mean === undefined ? [] : [{ count, mean }]
  })
  const [first, last] = [known[0], known.at(-1)]
  return first && last ? { first, last } : undefined
}
