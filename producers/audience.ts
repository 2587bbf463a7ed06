/** A movie with what the simulation needs of it. */
export interface SeenMovie {
  readonly id: string
  /** From 1 to 10. */
  readonly imdbRating?: number | undefined
  readonly imdbVotes?: number | undefined
}

/** A generated rating. No person gave it. */
export interface SimulatedRating {
  readonly userId: string
  readonly recordId: string
  /** From 0.5 to 5, in steps of 0.5. */
  readonly value: number
}

export interface AudienceOptions {
  /** Must not be empty. */
  readonly movies: readonly SeenMovie[]
  readonly people: number
  /** Returns a number from 0 (included) to 1 (excluded). */
  readonly random: () => number
}

/** IMDb rating that is assumed for a movie without one. */
const imdbRatingUnknown = 6
/**
 * Standard deviations of a person's taste, and of a single rating, from the movie's rating. In
 * stars.
 */
const tasteDeviation = 0.4
const ratingDeviation = 0.9

/**
 * Yields ratings of a simulated audience without end. A movie is chosen in proportion to its votes
 * at IMDb. Half of its rating there is its stars; the person's taste and chance are added, and the
 * sum is rounded to half a star. The same options and the same random numbers give the same
 * ratings.
 */
export function* simulateAudience(options: AudienceOptions): Generator<SimulatedRating, never> {
  const { movies, people, random } = options
  const digits = Math.max(4, String(people).length)
  const leniency = Array.from({ length: people }, () => gaussian(random) * tasteDeviation)
  const chooseMovie = createChoice(movies, random)
  for (;;) {
    const person = Math.floor(random() * people)
    const { id, imdbRating = imdbRatingUnknown } = chooseMovie()
    const stars = imdbRating / 2
    const felt = stars + (leniency[person] ?? 0) + gaussian(random) * ratingDeviation
    yield {
      userId: `simulated-${String(person + 1).padStart(digits, '0')}`,
      recordId: id,
      value: Math.min(5, Math.max(0.5, Math.round(felt * 2) / 2)),
    }
  }
}

/** Returns a generator of random numbers from 0 to 1, by mulberry32. Not for cryptography. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Returns a normally distributed number, mean 0, deviation 1 (Box and Muller, 1958). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/**
 * Returns a function that chooses movies by their votes. Each movie gets one vote more, so that
 * every movie can be chosen.
 */
function createChoice(movies: readonly SeenMovie[], random: () => number): () => SeenMovie {
  let total = 0
  const upTo = movies.map(({ imdbVotes = 0 }) => {
    total += imdbVotes + 1
    return total
  })
  return () => {
    const drawn = random() * total
    let low = 0
    let high = upTo.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] ?? 0) > drawn) high = middle
      else low = middle + 1
    }
    const movie = movies[low]
    if (movie === undefined) throw new Error('an audience needs a movie')
    return movie
  }
}
