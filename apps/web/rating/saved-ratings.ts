import type { BrowserStorage } from '../browser-storage.ts'
import { isValue, type Value } from './own-rating.ts'

const userKey = 'marquee.user'
const ratingsKey = 'marquee.ratings'

/** Maximum number of ratings saved in the browser; the service has them all. */
const ratingCountMax = 2_000

/** The person's id and ratings, saved in this browser. */
export interface SavedRatings {
  /** A random id of the person, while nobody signs in. */
  readonly userId: string
  /** Switches to the ratings of a user who has signed in. */
  use(user: string): void
  /** The oldest first. */
  ratings(): ReadonlyMap<string, Value>
  /** False when the person has not rated the movie, so that the service need not be called. */
  mayHaveRated(movieId: string): boolean
  /** Saves the ratings as the newest, in this order. Undefined removes one. */
  save(ratings: Iterable<readonly [movieId: string, value: Value | undefined]>): void
  /** Calls the listener when another page of this browser rates. */
  onChange(listener: (ratings: ReadonlyMap<string, Value>) => void): void
}

export function createSavedRatings(storage: BrowserStorage): SavedRatings {
  const userId = storage.get(userKey) ?? `web-${randomId()}`
  storage.set(userKey, userId)
  let key = ratingsKey
  let parsedText: string | undefined
  let parsed: ReadonlyMap<string, Value> = new Map()
  const ratings = () => {
    const text = storage.get(key)
    // Each movie of a list reads them, so they are parsed only after a change.
    if (text !== parsedText) parsed = parseRatings(text)
    parsedText = text
    return parsed
  }
  return {
    userId,
    ratings,
    use(user) {
      key = `${ratingsKey}.${user}`
    },
    mayHaveRated(movieId) {
      // A user may have rated in another browser.
      if (key !== ratingsKey) return true
      const known = ratings()
      return known.has(movieId) || known.size >= ratingCountMax
    },
    save(changes) {
      const known = new Map(ratings())
      for (const [movieId, value] of changes) {
        known.delete(movieId)
        if (value !== undefined) known.set(movieId, value)
      }
      storage.set(key, JSON.stringify([...known].slice(-ratingCountMax)))
    },
    onChange(listener) {
      storage.onChange(
        () => key,
        () => listener(ratings()),
      )
    },
  }
}

/** 128 random bits. `randomUUID` does not exist on pages over plain HTTP from another machine. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}

/** Ratings by movie id. Ignores anything else: other versions of the page write here too. */
export function parseRatings(text: string | undefined): Map<string, Value> {
  try {
    const entries: unknown = JSON.parse(text ?? '[]')
    if (!Array.isArray(entries)) return new Map()
    return new Map(
      entries.filter(
        (entry): entry is [string, Value] =>
          Array.isArray(entry) && typeof entry[0] === 'string' && isValue(entry[1]),
      ),
    )
  } catch {
    return new Map()
  }
}
