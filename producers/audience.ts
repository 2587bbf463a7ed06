/** A movie as the audience sees it. */
export interface SeenMovie {
  readonly id: string
  /** 1 to 10. */
  readonly imdbRating?: number | undefined
  readonly imdbVotes?: number | undefined
}

/** A rating that no person gave. */
export interface SimulatedRating {
  readonly userId: string
  readonly recordId: string
  /** A whole number, 1 to 5. */
  readonly value: number
}

export interface AudienceOptions {
  /** At least one. */
  readonly movies: readonly SeenMovie[]
  readonly people: number
  /** Numbers from 0 up to, not including, 1. */
  readonly random: () => number
}

/** What a movie without a rating at IMDb is taken to have. */
const imdbRatingUnknown = 6
/**
 * How far a person's taste, and a single rating, stray from a movie's rating: standard deviations
 * in stars.
 */
const tasteDeviation = 0.4
const ratingDeviation = 0.9

/**
 * The ratings of a made-up audience, one after another without end. A movie is chosen as often as
 * its votes at IMDb weigh among all, and gets its rating there, from 1 to 10 brought to 1 to 5, off
 * by the person's leniency and by chance. The same options and the same random numbers give the
 * same ratings.
 */
export function* simulateAudience(options: AudienceOptions): Generator<SimulatedRating, never> {
  const { movies, people, random } = options
  const digits = Math.max(4, String(people).length)
  const leniency = Array.from({ length: people }, () => gaussian(random) * tasteDeviation)
  const chooseMovie = createChoice(movies, random)
  for (;;) {
    const person = Math.floor(random() * people)
    const { id, imdbRating = imdbRatingUnknown } = chooseMovie()
    const stars = 1 + ((imdbRating - 1) * 4) / 9
    const felt = stars + (leniency[person] ?? 0) + gaussian(random) * ratingDeviation
    yield {
      userId: `simulated-${String(person + 1).padStart(digits, '0')}`,
      recordId: id,
      value: Math.min(5, Math.max(1, Math.round(felt))),
    }
  }
}

/** Random numbers from a seed, 0 up to 1: the generator mulberry32, good enough for a play. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Normally distributed, mean 0, deviation 1 (Box and Muller 1958). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Chooses by votes; one vote is added to each, so that none is left out. */
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
