import type { Metadata } from '../metadata.ts'
import type { MovieRating } from '../ratings/rated-movies.ts'
import { createColumns } from './columns.ts'
import { createGivenRatings } from './given-ratings.ts'
import { isShort, type Pause } from './pause.ts'
import type { CataloguePage, CatalogueQuery } from './query.ts'
import { createQueue } from './queue.ts'
import { orderOf, positionOf, readList } from './read-list.ts'
import { createTitleOrder } from './title-order.ts'
import { usesRatings } from './uses-ratings.ts'
import { createGroups, createVocabulary } from './vocabulary.ts'
import { compact, type Words, wordsOf } from './words.ts'

/** The movies in memory, as far as lists compare them. */
export interface Catalogue {
  put(movie: Metadata): void
  remove(id: string): void
  /**
   * Sets the rating of a movie, `undefined` when nobody has rated it. Does nothing without the movie.
   */
  rate(id: string, rating: MovieRating | undefined): void
  /** Number of movies. */
  count(): number
  /** Number of places of movies that were removed or replaced. They take memory and time. */
  deadCount(): number
  /**
   * Takes over ratings that lists will be given. Otherwise the first list with them does: 0.2 s for
   * 100,000 of a million movies. Runs `pause` as a list does.
   */
  prepare(ratings: ReadonlyMap<string, MovieRating>, pause: Pause): Promise<void>
  /**
   * Lists movies, with the ratings at one time from the call on. Runs `pause` between parts that take
   * a few milliseconds of a million movies.
   */
  list(query: CatalogueQuery, pause: Pause): Promise<CataloguePage>
}

/**
 * Maximum number of lists by ratings that are read at once. Each may need a copy of the ratings, 24
 * bytes for each movie.
 */
const heldListsMax = 4

/** @param ratingOf Returns the rating of a movie that is put. Default: none has one. */
export function createCatalogue(
  ratingOf: (id: string) => MovieRating | undefined = () => undefined,
): Catalogue {
  const columns = createColumns()
  const vocabulary = createVocabulary()
  const titles = createGroups()
  const titleOrder = createTitleOrder(columns)
  const index = { columns, vocabulary, titles, titleOrder }
  const given = createGivenRatings(columns)
  const queue = createQueue(heldListsMax)

  function put(movie: Metadata): void {
    const words = wordsOf(movie.title)
    remove(movie.id)
    const slot = columns.put(movie, words, ratingOf(movie.id))
    titleOrder.add(slot, movie)
    titles.add(compact(words.inOrder), slot)
    for (const word of allOf(words)) vocabulary.add('title', word, slot)
    for (const word of allOf(wordsOf(movie.director))) vocabulary.add('director', word, slot)
    for (const word of movie.genres.flatMap((genre) => allOf(wordsOf(genre)))) {
      vocabulary.add('label', word, slot)
    }
    if (movie.year !== undefined) vocabulary.add('label', String(movie.year), slot)
  }

  function remove(id: string): void {
    const slot = columns.slotOf(id)
    if (slot === undefined) return
    titleOrder.remove(slot, { title: columns.titles.get(slot), id })
    columns.remove(id)
  }

  /** Reads the page alone, not all movies. */
  function listByTitle({ order: [term], after, limit }: CatalogueQuery): CataloguePage {
    const slots = titleOrder.slotsAfter(after, term?.isDescending ?? false, limit + 1)
    return {
      movies: slots.slice(0, limit).map((slot) => ({
        id: columns.ids.get(slot),
        position: positionOf(slot, [], index),
      })),
      hasNext: slots.length > limit,
      totalSize: columns.count(),
      facets: undefined,
    }
  }

  const turnOf = (pause: Pause): Pause => (isShort(columns.size()) ? async () => {} : pause)

  return {
    put,
    remove,
    count: () => columns.count(),
    deadCount: () => columns.size() - columns.count(),
    rate: (id, rating) => columns.rate(id, rating),
    async prepare(ratings, pause) {
      await given.numbersWith(ratings, turnOf(pause))
    },
    async list(query, pause) {
      if (isByTitleAlone(query)) return listByTitle(query)
      const turn = turnOf(pause)
      if (!usesRatings(query)) return readList(index, query, columns.numbers(), turn)
      const { ratings } = query
      const readHeld = async () => {
        if (ratings) {
          return await readList(index, query, await given.numbersWith(ratings, turn), turn)
        }
        using held = columns.hold()
        return await readList(index, query, held.numbers, turn)
      }
      return isShort(columns.size()) ? readHeld() : queue(readHeld)
    },
  }
}

/** Returns whether a list is the whole catalogue by title. */
function isByTitleAlone(list: CatalogueQuery): boolean {
  const { query, filter, hasFacets } = list
  return query === '' && !filter && !hasFacets && orderOf(list)[0]?.by === 'title'
}

function allOf({ inOrder, joined }: Words): string[] {
  return [...inOrder, ...joined]
}
