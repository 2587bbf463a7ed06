import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { AggregatedRating } from '../../../gen/rating/v1/rating_pb.ts'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { isNotFound, whyRefused } from '../rpc-error.ts'
import { readRating } from './aggregate.ts'
import type { RatingBoard } from './board.ts'
import {
  isValue,
  notRated,
  type OwnRating,
  type OwnRatingEvent,
  reduceOwnRating,
  type Value,
  wish,
} from './own-rating.ts'
import type { Remembered } from './remembered.ts'

/** What the person of this browser gave, of every movie. */
export interface OwnRatings {
  of(movieId: string): ReadonlySignal<OwnRating>
  /** Shows it at once, stores it, and rolls back what is refused. Undefined takes the rating back. */
  rate(movieId: string, value: Value | undefined): void
  /** Forgets why the last wish was refused. */
  dismiss(movieId: string): void
  /** Asks the service whether it still has what the browser remembers. */
  refresh(movieId: string): Promise<void>
}

interface Parts {
  readonly clients: Pick<Clients, 'ratings'>
  readonly board: RatingBoard
  readonly remembered: Remembered
}

export function createOwnRatings({ clients, board, remembered }: Parts): OwnRatings {
  const known = new Map<string, Signal<OwnRating>>()
  const of = (movieId: string) => {
    const own = known.get(movieId) ?? signal(notRated(remembered.ratings().get(movieId)))
    known.set(movieId, own)
    return own
  }
  const send = (movieId: string, event: OwnRatingEvent) => {
    const own = of(movieId)
    own.value = reduceOwnRating(own.value, event)
  }
  remembered.onChange((ratings) => {
    for (const movieId of known.keys()) {
      send(movieId, { kind: 'read', value: ratings.get(movieId) })
    }
  })

  const record = (movieId: string) => ({
    recordId: movieId,
    recordType,
    userId: remembered.userId,
  })

  async function store(movieId: string, value: Value | undefined) {
    const ratings = await clients.ratings()
    const answer: { aggregatedRating?: AggregatedRating | undefined } =
      value === undefined
        ? await ratings.deleteRating(record(movieId))
        : await ratings.putRating({ ...record(movieId), value })
    remembered.keep(movieId, value)
    board.gather(movieId, readRating(answer.aggregatedRating))
  }

  async function storeWishes(movieId: string): Promise<void> {
    for (let next = wish(of(movieId).value); next; next = wish(of(movieId).value)) {
      send(movieId, { kind: 'asked' })
      try {
        await store(movieId, next.value)
        send(movieId, { kind: 'stored' })
      } catch (error) {
        send(movieId, { kind: 'refused', reason: whyRefused(error) })
      }
    }
  }

  return {
    of,
    rate(movieId, value) {
      send(movieId, { kind: 'wish', value })
      void storeWishes(movieId)
    },
    dismiss: (movieId) => send(movieId, { kind: 'dismissed' }),
    async refresh(movieId) {
      if (!remembered.mayHave(movieId)) return
      try {
        const ratings = await clients.ratings()
        const { rating } = await ratings.getRating(record(movieId))
        const value = isValue(rating?.value) ? rating.value : undefined
        remembered.keep(movieId, value)
        send(movieId, { kind: 'read', value })
      } catch (error) {
        // Any other failure leaves what the browser remembers.
        if (!isNotFound(error)) return
        remembered.keep(movieId, undefined)
        send(movieId, { kind: 'read', value: undefined })
      }
    },
  }
}
