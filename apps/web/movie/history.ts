import type { Aggregate } from '../rating/aggregate.ts'

/** How a movie's rating moved while it was watched. Times are seconds of `Date`, as charts take them. */
export interface History {
  readonly times: readonly number[]
  /** Null while the rating is not known, or nobody has rated: a gap. */
  readonly means: readonly (number | null)[]
  readonly counts: readonly (number | null)[]
}

/** More than a chart has pixels. */
export const pointCountMax = 2_000

export const emptyHistory: History = { times: [], means: [], counts: [] }

/** Adds what holds from `time` on. When there are too many points, every second one of the older half goes. */
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
  const stays = (_point: unknown, index: number) => index >= pointCountMax / 2 || index % 2 === 0
  return {
    times: added.times.filter(stays),
    means: added.means.filter(stays),
    counts: added.counts.filter(stays),
  }
}

/** The same, drawn until now: the last value holds until another comes. */
export function untilNow(history: History, time: number): History {
  const { times, means, counts } = history
  if (times.length === 0) return history
  return {
    times: [...times, Math.max(time, times.at(-1) ?? time)],
    means: [...means, means.at(-1) ?? null],
    counts: [...counts, counts.at(-1) ?? null],
  }
}

/** What moved, from the first known value to the last. */
export function movement({ means, counts }: History) {
  const known = counts.flatMap((count, index) => {
    const mean = means[index]
    return count === null || mean === null || mean === undefined ? [] : [{ count, mean }]
  })
  const [first, last] = [known[0], known.at(-1)]
  return first && last ? { first, last } : undefined
}
