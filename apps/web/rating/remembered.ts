import type { Kept } from '../kept.ts'
import { isValue, type Value } from './own-rating.ts'

const userKey = 'marquee.user'
const ratingsKey = 'marquee.ratings'

/** How many of one's own ratings the browser keeps; the service keeps them all. */
const ratingCountMax = 2_000

/** What this browser remembers of its person. */
export interface Remembered {
  /** There is no signing in: a made-up id stands for the person. */
  readonly userId: string
  ratings(): ReadonlyMap<string, Value>
  /** False when the person has not rated the movie, so that nobody needs to be asked. */
  mayHave(movieId: string): boolean
  keep(movieId: string, value: Value | undefined): void
  /** Another page of this browser rated. */
  onChange(listener: (ratings: ReadonlyMap<string, Value>) => void): void
}

export function createRemembered(kept: Kept, newId: () => string = randomId): Remembered {
  const userId = kept.get(userKey) ?? `web-${newId()}`
  kept.set(userKey, userId)
  const ratings = () => parseRatings(kept.get(ratingsKey))
  return {
    userId,
    ratings,
    mayHave(movieId) {
      const known = ratings()
      return known.has(movieId) || known.size >= ratingCountMax
    },
    keep(movieId, value) {
      const known = ratings()
      known.delete(movieId)
      if (value !== undefined) known.set(movieId, value)
      kept.set(ratingsKey, JSON.stringify([...known].slice(-ratingCountMax)))
    },
    onChange(listener) {
      kept.onChange(ratingsKey, () => listener(ratings()))
    },
  }
}

/** 128 bits. `randomUUID` is not there where a page comes over plain HTTP from another machine. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}

/** What is no list of ids and values is left out: other versions of the page write here too. */
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
