import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { AggregatedRating } from '../../../gen/rating/v1/rating_pb.ts'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { isNotFound, rejectionText } from '../rpc-error.ts'
import { readRating } from './aggregate.ts'
import {
  isValue,
  nextToSave,
  notRated,
  type OwnRating,
  type OwnRatingEvent,
  reduceOwnRating,
  type Value,
} from './own-rating.ts'
import type { RatingCache } from './rating-cache.ts'
import type { SavedRatings } from './saved-ratings.ts'

/** The ratings of this browser's person, by movie. */
export interface OwnRatings {
  of(movieId: string): ReadonlySignal<OwnRating>
  /** Shows the value at once, saves it, and rolls back when it is rejected. Undefined removes it. */
  rate(movieId: string, value: Value | undefined): void
  /** Clears the error of the last choice. */
  dismiss(movieId: string): void
  /** Loads the rating that the service has, when this browser has saved one. */
  refresh(movieId: string): Promise<void>
}

interface OwnRatingsOptions {
  readonly clients: Pick<Clients, 'ratings'>
  readonly ratingCache: RatingCache
  readonly savedRatings: SavedRatings
}

export function createOwnRatings({
  clients,
  ratingCache,
  savedRatings,
}: OwnRatingsOptions): OwnRatings {
  const known = new Map<string, Signal<OwnRating>>()
  const of = (movieId: string) => {
    const own = known.get(movieId) ?? signal(notRated(savedRatings.ratings().get(movieId)))
    known.set(movieId, own)
    return own
  }
  const send = (movieId: string, event: OwnRatingEvent) => {
    const own = of(movieId)
    own.value = reduceOwnRating(own.value, event)
  }
  savedRatings.onChange((ratings) => {
    for (const movieId of known.keys()) {
      send(movieId, { kind: 'loaded', value: ratings.get(movieId) })
    }
  })

  const record = (movieId: string) => ({
    recordId: movieId,
    recordType,
    userId: savedRatings.userId,
  })

  async function save(movieId: string, value: Value | undefined) {
    const ratings = await clients.ratings()
    const response: { aggregatedRating?: AggregatedRating | undefined } =
      value === undefined
        ? await ratings.deleteRating(record(movieId))
        : await ratings.putRating({ ...record(movieId), value })
    savedRatings.save(movieId, value)
    ratingCache.setNextFrame(movieId, readRating(response.aggregatedRating))
  }

  async function saveChoices(movieId: string): Promise<void> {
    for (let next = nextToSave(of(movieId).value); next; next = nextToSave(of(movieId).value)) {
      send(movieId, { kind: 'sent' })
      try {
        await save(movieId, next.value)
        send(movieId, { kind: 'saved' })
      } catch (error) {
        send(movieId, { kind: 'rejected', reason: rejectionText(error) })
      }
    }
  }

  return {
    of,
    rate(movieId, value) {
      send(movieId, { kind: 'choose', value })
      void saveChoices(movieId)
    },
    dismiss: (movieId) => send(movieId, { kind: 'dismissed' }),
    async refresh(movieId) {
      if (!savedRatings.mayHaveRated(movieId)) return
      try {
        const ratings = await clients.ratings()
        const { rating } = await ratings.getRating(record(movieId))
        const value = isValue(rating?.value) ? rating.value : undefined
        savedRatings.save(movieId, value)
        send(movieId, { kind: 'loaded', value })
      } catch (error) {
        // Any other failure keeps the rating that this browser has saved.
        if (!isNotFound(error)) return
        savedRatings.save(movieId, undefined)
        send(movieId, { kind: 'loaded', value: undefined })
      }
    },
  }
}
