import type { Metadata } from '../metadata.ts'
import type { MovieRating } from '../ratings/rated-movies.ts'
import { addAll, type Bits, countBits, forEachBit, isEmpty, keepOnly } from './bits.ts'
import { createColumns, type Numbers } from './columns.ts'
import { evaluate } from './evaluate.ts'
import { createFacetCounter, type Facets } from './facets.ts'
import type { Filter } from './filter.ts'
import { createGivenRatings } from './given-ratings.ts'
import { isNumber, type OrderTerm } from './order.ts'
import { inTurns, isShort, type Pause } from './pause.ts'
import { createQueue } from './queue.ts'
import { type SlotsByTier, search, tiers } from './search.ts'
import { compareByKeys, compareValues, createSelection, type Key } from './select.ts'
import { createTitleOrder, type TitlePosition } from './title-order.ts'
import { usesRatings } from './uses-ratings.ts'
import { createGroups, createVocabulary } from './vocabulary.ts'
import { type Words, wordsOf } from './words.ts'

/** A list to read. */
export interface CatalogueQuery {
  /** Words to search for: see `tiers`. Empty for all movies. Without a word in it, it finds none. */
  readonly query: string
  readonly filter: Filter | undefined
  /** Ratings by movie id to filter and order by. Default: those of `rate`. */
  readonly ratings?: ReadonlyMap<string, MovieRating> | undefined
  /** Empty for relevance, or by title without a query. Movies that are equal in it are ordered by title, then id. */
  readonly order: readonly OrderTerm[]
  /** Position of the last movie of the page before. */
  readonly after: Position | undefined
  /** Maximum number of movies of the page. */
  readonly limit: number
  readonly hasFacets: boolean
}

/** The place of a movie in a list. It stays valid when movies change. */
export interface Position extends TitlePosition {
  /** Values by which it is ordered, but its title. `null` for an unknown one. */
  readonly values: readonly (number | null)[]
}

export interface CataloguePage {
  readonly movies: readonly { readonly id: string; readonly position: Position }[]
  /** True when movies come after these. */
  readonly hasNext: boolean
  /** Number of movies of all pages. */
  readonly totalSize: number
  readonly facets: Facets | undefined
}

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
  const given = createGivenRatings(columns)
  const queue = createQueue(heldListsMax)

  function put(movie: Metadata): void {
    const words = wordsOf(movie.title)
    const before = columns.slotOf(movie.id)
    const slot = columns.put(movie, words, ratingOf(movie.id))
    if (before !== undefined) titleOrder.remove(before)
    titleOrder.add(slot)
    titles.add(columns.compactTitles[slot] as string, slot)
    for (const word of allOf(words)) vocabulary.add('title', word, slot)
    for (const word of allOf(wordsOf(movie.director))) vocabulary.add('director', word, slot)
    for (const word of movie.genres.flatMap((genre) => allOf(wordsOf(genre)))) {
      vocabulary.add('label', word, slot)
    }
    if (movie.year !== undefined) vocabulary.add('label', String(movie.year), slot)
  }

  /** @param all Slots that had a movie when the list began. */
  async function matchesOf(
    { query, filter }: CatalogueQuery,
    { all, numbers }: { readonly all: Bits; readonly numbers: Numbers },
    pause: Pause,
  ) {
    const found =
      query === '' ? undefined : await search({ columns, vocabulary, titles }, query, pause)
    const within = found === undefined ? all : keepOnly(union(found), all)
    const compared = { columns, numbers, titleOrder }
    const matches = filter === undefined ? within : await evaluate(filter, within, compared, pause)
    return { found, matches: keepOnly(matches, columns.alive()) }
  }

  function aliveBits(): Bits {
    return columns.alive().slice(0, (columns.size() + 31) >>> 5)
  }

  function keysOf(query: CatalogueQuery, numbers: Numbers, tierOf: Uint8Array): ListKey[] {
    const votes = { values: numbers.imdbVotes, isDescending: true }
    const keys = orderOf(query).flatMap(({ by, isDescending }): ListKey[] => {
      if (by === 'relevance') return [{ values: tierOf, isDescending: false }, votes]
      if (isNumber(by)) return [{ values: numbers[by], isDescending }]
      return [{ values: titleOrder.ranks(), isDescending, isTitle: true }]
    })
    if (keys.some(({ isTitle }) => isTitle)) return keys
    return [...keys, { values: titleOrder.ranks(), isDescending: false, isTitle: true }]
  }

  async function tierOf(found: SlotsByTier | undefined, pause: Pause): Promise<Uint8Array> {
    const tierOf = new Uint8Array(columns.size())
    for (const [number, tier] of tiers.entries()) {
      const bits = found?.[tier]
      // The first tier is 0, as all slots are.
      if (bits === undefined || number === 0 || isEmpty(bits)) continue
      const set = (slot: number) => {
        tierOf[slot] = number
      }
      await inTurns(32 * bits.length, pause, (from, to) => forEachBit(bits, set, from, to))
    }
    return tierOf
  }

  /** Returns whether slots come after the position. */
  function isAfter(keys: readonly ListKey[], position: Position): (slot: number) => boolean {
    const given = position.values.values()
    const values = keys.map(({ isTitle, isDescending }) =>
      isTitle ? titleOrder.rankAfter(position, isDescending) : (given.next().value ?? Number.NaN),
    )
    return (slot) => {
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index] as ListKey
        const own = key.values[slot] as number
        const order = compareValues(own, values[index] as number, key.isDescending)
        if (order !== 0) return order > 0
      }
      return false
    }
  }

  function positionOf(slot: number, keys: readonly ListKey[]): Position {
    const values = keys.flatMap(({ isTitle, values }) => {
      const value = values[slot] as number
      return isTitle ? [] : [Number.isNaN(value) ? null : value]
    })
    return { values, title: columns.titles[slot] as string, id: columns.ids[slot] as string }
  }

  /** Reads the page alone, not all movies. */
  function listByTitle({ order: [term], after, limit }: CatalogueQuery): CataloguePage {
    const slots = titleOrder.slotsAfter(after, term?.isDescending ?? false, limit + 1)
    return {
      movies: slots.slice(0, limit).map((slot) => ({
        id: columns.ids[slot] as string,
        position: positionOf(slot, []),
      })),
      hasNext: slots.length > limit,
      totalSize: columns.count(),
      facets: undefined,
    }
  }

  async function read(
    query: CatalogueQuery,
    numbers: Numbers,
    pause: Pause,
  ): Promise<CataloguePage> {
    const all = aliveBits()
    await titleOrder.prepare(pause)
    const { found, matches } = await matchesOf(query, { all, numbers }, pause)
    const isByRelevance = orderOf(query).some(({ by }) => by === 'relevance')
    const tierBySlot = isByRelevance ? await tierOf(found, pause) : new Uint8Array()
    const keys = keysOf(query, numbers, tierBySlot)
    const isWanted = query.after && isAfter(keys, query.after)
    const selection = createSelection(query.limit + 1, compareByKeys(keys))
    const counter = query.hasFacets ? createFacetCounter(columns) : undefined
    function take(slot: number): void {
      counter?.add(slot)
      if (isWanted === undefined || isWanted(slot)) selection.add(slot)
    }
    await inTurns(32 * matches.length, pause, (from, to) => forEachBit(matches, take, from, to))
    const slots = selection.inOrder()
    return {
      movies: slots.slice(0, query.limit).map((slot) => ({
        id: columns.ids[slot] as string,
        position: positionOf(slot, keys),
      })),
      hasNext: slots.length > query.limit,
      totalSize: countBits(matches),
      facets: counter?.facets(),
    }
  }

  return {
    put,
    remove(id) {
      const slot = columns.slotOf(id)
      if (slot === undefined) return
      columns.remove(id)
      titleOrder.remove(slot)
    },
    count: () => columns.count(),
    deadCount: () => columns.size() - columns.count(),
    rate: (id, rating) => columns.rate(id, rating),
    async list(query, pause) {
      if (isByTitleAlone(query)) return listByTitle(query)
      const isLong = !isShort(columns.size())
      const turn: Pause = isLong ? pause : async () => {}
      if (!usesRatings(query)) return read(query, columns.numbers(), turn)
      const { ratings } = query
      const readHeld = async () => {
        if (ratings) return await read(query, await given.numbersWith(ratings, turn), turn)
        using held = columns.hold()
        return await read(query, held.numbers, turn)
      }
      return isLong ? queue(readHeld) : readHeld()
    },
  }
}

interface ListKey extends Key {
  /** Set when the values are places in the order of titles. */
  readonly isTitle?: true
}

function orderOf({ order, query }: CatalogueQuery): readonly OrderTerm[] {
  if (order.length > 0) return order
  return [{ by: query === '' ? 'title' : 'relevance', isDescending: false }]
}

/** Returns whether a list is the whole catalogue by title. */
function isByTitleAlone(list: CatalogueQuery): boolean {
  const { query, filter, hasFacets } = list
  return query === '' && !filter && !hasFacets && orderOf(list)[0]?.by === 'title'
}

function allOf({ inOrder, joined }: Words): string[] {
  return [...inOrder, ...joined]
}

function union(found: SlotsByTier): Bits {
  const bits = found.exact.slice()
  for (const tier of tiers) addAll(bits, found[tier])
  return bits
}
