import { createRefreshed } from '@marquee/service/refreshed'
import type { MovieRating } from './rated-movies.ts'

/** Period of ratings, as the rating service counts them. */
export type Period = 'week' | 'month'

/** Days of a period, and the ratings that were counted in them. */
export interface PeriodWindow {
  /** In milliseconds since the Unix epoch. */
  readonly startMs: number
  /** First time after the window, in milliseconds since the Unix epoch. */
  readonly endMs: number
  /** Revision up to which every change is counted. */
  readonly revision: number
}

/** The ratings of all movies in a period. */
export interface PeriodRatings extends PeriodWindow {
  readonly ratings: ReadonlyMap<string, MovieRating>
}

export interface PeriodPage {
  readonly window: PeriodWindow
  readonly movies: readonly { readonly id: string; readonly rating: MovieRating }[]
  /** Empty on the last page. */
  readonly nextPageToken: string
}

/** Reads a page of the top list of a period. Rejects when the rating service fails. */
export type ReadPeriodPage = (
  period: Period,
  options: { readonly pageToken: string; readonly pageSize: number; readonly signal: AbortSignal },
) => Promise<PeriodPage>

/** Copies of the ratings of periods. */
export interface PeriodCopies {
  /**
   * Returns the ratings of a period: those of today or, with `endMs`, of the window with that end.
   * Returns `undefined` for a window that is no longer known. Rejects when the rating service fails.
   */
  read(period: Period, endMs?: number): Promise<PeriodRatings | undefined>
}

export interface PeriodCopiesOptions {
  readonly readPage: ReadPeriodPage
  /** Prepares the ratings of a copy. Lists get the copy afterwards. Default: nothing. */
  readonly prepare?: (ratings: PeriodRatings['ratings']) => Promise<void>
  /** Time that never goes back, in milliseconds. Default: `performance.now`. */
  readonly clock?: () => number
}

export const periodCopyLimits = {
  /** Number of movies of a page. */
  pageSize: 500,
  /** Maximum number of pages of a copy. The rating service ranks fewer movies. */
  pageCountMax: 1_000,
  /** Maximum number of copies that are read again because ratings were counted meanwhile. */
  attemptsMax: 3,
  /** Time in which a copy is not read again, in milliseconds. */
  restMsMin: 1_000,
  /** Maximum time of a copy, in milliseconds. */
  timeoutMs: 30_000,
}

/**
 * Copies the ratings of a period when a list needs them. Keeps the last copy of each period, and the
 * one of the day before, for lists that began then.
 */
export function createPeriodCopies(options: PeriodCopiesOptions): PeriodCopies {
  const { readPage, prepare, clock } = options
  const copies = { week: createCopy('week'), month: createCopy('month') }

  function createCopy(period: Period) {
    let former: PeriodRatings | undefined
    let last: PeriodRatings | undefined
    const current = createRefreshed({
      async read() {
        const next = await copyOf(period)
        await prepare?.(next.ratings)
        if (last !== undefined && last.endMs !== next.endMs) former = last
        last = next
        return next
      },
      async isCurrent({ revision, endMs }) {
        const signal = AbortSignal.timeout(periodCopyLimits.timeoutMs)
        const { window } = await readPage(period, { pageToken: '', pageSize: 1, signal })
        return window.revision === revision && window.endMs === endMs
      },
      restMsMin: periodCopyLimits.restMsMin,
      ...(clock && { clock }),
    })
    return async (endMs: number | undefined) => {
      const copy = await current()
      return [copy, former].find((one) => endMs === undefined || one?.endMs === endMs)
    }
  }

  /** Copies again when the ratings were counted again meanwhile: a movie may have changed pages. */
  async function copyOf(period: Period): Promise<PeriodRatings> {
    const signal = AbortSignal.timeout(periodCopyLimits.timeoutMs)
    for (let attempt = 1; ; attempt++) {
      const { isOfOneCounting, ...copy } = await readAll(period, signal)
      if (isOfOneCounting || attempt === periodCopyLimits.attemptsMax) return copy
    }
  }

  async function readAll(period: Period, signal: AbortSignal) {
    const { pageSize, pageCountMax } = periodCopyLimits
    const ratings = new Map<string, MovieRating>()
    const first = await readPage(period, { pageToken: '', pageSize, signal })
    let page = first
    let isOfOneCounting = true
    for (let count = 1; ; count++) {
      for (const { id, rating } of page.movies) ratings.set(id, rating)
      isOfOneCounting &&= page.window.revision === first.window.revision
      if (page.nextPageToken === '') return { ...first.window, ratings, isOfOneCounting }
      if (count === pageCountMax) throw new Error('the list of the period does not end')
      page = await readPage(period, { pageToken: page.nextPageToken, pageSize, signal })
    }
  }

  return { read: (period, endMs) => copies[period](endMs) }
}
