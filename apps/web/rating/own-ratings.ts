import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { AggregatedRating } from '../../../gen/rating/v1/rating_pb.ts'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { isNotFound, isUnauthenticated, rejectionText } from '../rpc-error.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
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
  readonly signIn: SignIn
}

export function createOwnRatings({
  clients,
  ratingCache,
  savedRatings,
  signIn,
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
  const load = (ratings: ReadonlyMap<string, Value>) => {
    for (const movieId of known.keys()) {
      send(movieId, { kind: 'loaded', value: ratings.get(movieId) })
    }
  }
  savedRatings.onChange(load)
  const ready = signIn.ready.then(() => {
    const state = signIn.state.peek()
    if (state.status !== 'signed-in') return
    savedRatings.use(state.user)
    load(savedRatings.ratings())
    for (const { movieId, value } of signIn.takeKept()) rate(movieId, value)
  })

  const record = (movieId: string) => ({
    recordId: movieId,
    recordType,
    // The server knows a user by the session.
    userId: signIn.state.peek().status === 'none' ? savedRatings.userId : '',
  })

  async function save(movieId: string, value: Value | undefined) {
    await signIn.ready
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
        send(movieId, { kind: 'rejected', reason: refused(movieId, next.value, error) })
      }
    }
  }

  /** Returns the reason of a refusal. Without a session, the rating is kept until the next one. */
  function refused(movieId: string, value: Value | undefined, error: unknown): string {
    if (signIn.state.peek().status === 'none' || !isUnauthenticated(error)) {
      return rejectionText(error)
    }
    signIn.keep(movieId, value)
    return 'Sign in, and this page saves it.'
  }

  function rate(movieId: string, value: Value | undefined): void {
    send(movieId, { kind: 'choose', value })
    void saveChoices(movieId)
  }

  return {
    of,
    rate,
    dismiss: (movieId) => send(movieId, { kind: 'dismissed' }),
    async refresh(movieId) {
      await ready
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
