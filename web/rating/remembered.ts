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

export function createRemembered(window: Window): Remembered {
  const { localStorage, crypto } = window
  const userId = localStorage.getItem(userKey) ?? `web-${crypto.randomUUID()}`
  localStorage.setItem(userKey, userId)
  const ratings = () => parseRatings(localStorage.getItem(ratingsKey))
  return {
    userId,
    ratings,
    mayHave(movieId) {
      const kept = ratings()
      return kept.has(movieId) || kept.size >= ratingCountMax
    },
    keep(movieId, value) {
      const kept = ratings()
      kept.delete(movieId)
      if (value !== undefined) kept.set(movieId, value)
      localStorage.setItem(ratingsKey, JSON.stringify([...kept].slice(-ratingCountMax)))
    },
    onChange(listener) {
      window.addEventListener('storage', ({ key }) => {
        if (key === ratingsKey) listener(ratings())
      })
    },
  }
}

/** What is no list of ids and values is left out: other versions of the page write here too. */
export function parseRatings(text: string | null): Map<string, Value> {
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
