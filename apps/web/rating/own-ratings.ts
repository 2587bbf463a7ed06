import type { AggregatedRating } from '@marquee/client/rating'
import type { Result, RpcError } from '@marquee/client/result'
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { rejectionText } from '../rpc-error.ts'
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
  /** Resolves when it is known whose ratings they are. */
  readonly ready: Promise<void>
  of(movieId: string): ReadonlySignal<OwnRating>
  /** Shows the value at once, saves it, and rolls back when it is rejected. Undefined removes it. */
  rate(movieId: string, value: Value | undefined): void
  /** Number of ratings that this browser has saved. */
  readonly count: ReadonlySignal<number>
  /** The person whose ratings they are. Before `ready`, this browser. */
  owner(): Owner
  /** Ratings that this browser has saved, the oldest first. */
  saved(): ReadonlyMap<string, Value>
  /** Returns a mark that is set before a request, for `load` after its response. */
  mark(): number
  /**
   * Takes over ratings of the service, such as those from another browser, the oldest first. What the
   * person has chosen or saved since the mark is newer.
   */
  load(ratings: ReadonlyMap<string, Value>, mark: number): void
  /** Clears the error of the last choice. */
  dismiss(movieId: string): void
  /** Loads the rating that the service has, when this browser has saved one. */
  refresh(movieId: string): Promise<void>
}

/** `browser`: nobody has signed in, and the id is that of this browser. */
export interface Owner {
  readonly kind: 'browser' | 'person'
  /** User id for requests. Empty for a person, whom the server knows by the session. */
  readonly userId: string
  readonly name: string
}

/** The result of a call that saves or removes a rating. */
type Saved = Result<{ readonly aggregatedRating?: AggregatedRating | undefined }>

interface OwnRatingsOptions {
  readonly clients: Pick<Clients, 'rating'>
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
  const count = signal(savedRatings.ratings().size)
  const keep = (movieId: string, value: Value | undefined) => {
    savedRatings.save([[movieId, value]])
    count.value = savedRatings.ratings().size
  }
  const of = (movieId: string) => {
    const own = known.get(movieId) ?? signal(notRated(savedRatings.ratings().get(movieId)))
    known.set(movieId, own)
    return own
  }
  /** Marks of the last change by the person, by movie. */
  const changes = new Map<string, number>()
  let mark = 0
  const isChanged = (movieId: string, since: number) => (changes.get(movieId) ?? 0) > since
  const send = (movieId: string, event: OwnRatingEvent) => {
    if (event.kind !== 'loaded') changes.set(movieId, ++mark)
    const own = of(movieId)
    own.value = reduceOwnRating(own.value, event)
  }
  const showSaved = (ratings: ReadonlyMap<string, Value>) => {
    count.value = ratings.size
    for (const movieId of known.keys()) {
      send(movieId, { kind: 'loaded', value: ratings.get(movieId) })
    }
  }
  savedRatings.onChange(showSaved)
  const ready = signIn.ready.then(() => {
    const state = signIn.state.peek()
    if (state.status !== 'signed-in') return
    savedRatings.use(state.user)
    showSaved(savedRatings.ratings())
    for (const { movieId, value } of signIn.takeKept()) rate(movieId, value)
  })

  const record = (movieId: string) => ({
    recordId: movieId,
    recordType,
    // The server knows a user by the session.
    userId: signIn.state.peek().status === 'none' ? savedRatings.userId : '',
  })

  async function save(movieId: string, value: Value | undefined): Promise<Saved> {
    await signIn.ready
    const { ratings } = await clients.rating()
    const result: Saved =
      value === undefined
        ? await ratings.deleteRating(record(movieId))
        : await ratings.putRating({ ...record(movieId), value })
    if (!result.ok) return result
    keep(movieId, value)
    ratingCache.setNextFrame(movieId, readRating(result.value.aggregatedRating))
    return result
  }

  async function saveChoices(movieId: string): Promise<void> {
    for (let next = nextToSave(of(movieId).value); next; next = nextToSave(of(movieId).value)) {
      send(movieId, { kind: 'sent' })
      const result = await save(movieId, next.value)
      if (result.ok) send(movieId, { kind: 'saved' })
      else send(movieId, { kind: 'rejected', reason: refused(movieId, next.value, result.error) })
    }
  }

  /** Returns the reason of a refusal. Without a session, the rating is kept until the next one. */
  function refused(movieId: string, value: Value | undefined, error: RpcError): string {
    if (signIn.state.peek().status === 'none' || error.code !== 'unauthenticated') {
      return rejectionText(error)
    }
    signIn.keep(movieId, value)
    return 'Sign in, and this page saves it.'
  }

  function rate(movieId: string, value: Value | undefined): void {
    send(movieId, { kind: 'choose', value })
    void saveChoices(movieId)
  }

  function owner(): Owner {
    const state = signIn.state.peek()
    if (state.status === 'signed-in') return { kind: 'person', userId: '', name: state.name }
    const { userId } = savedRatings
    return { kind: 'browser', userId: state.status === 'none' ? userId : '', name: userId }
  }

  return {
    ready,
    of,
    rate,
    count,
    owner,
    saved: savedRatings.ratings,
    mark: () => mark,
    load(ratings, since) {
      const current = [...ratings].filter(([movieId]) => !isChanged(movieId, since))
      savedRatings.save(current)
      count.value = savedRatings.ratings().size
      for (const [movieId, value] of current) send(movieId, { kind: 'loaded', value })
    },
    dismiss: (movieId) => send(movieId, { kind: 'dismissed' }),
    async refresh(movieId) {
      await ready
      if (!savedRatings.mayHaveRated(movieId)) return
      const { ratings } = await clients.rating()
      const since = mark
      const result = await ratings.getRating(record(movieId))
      if (isChanged(movieId, since)) return
      // Any other failure keeps the rating that this browser has saved.
      if (!result.ok && result.error.code !== 'not_found') return
      const saved = result.ok ? result.value.rating?.value : undefined
      const value = isValue(saved) ? saved : undefined
      keep(movieId, value)
      send(movieId, { kind: 'loaded', value })
    },
  }
}
