import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ExternalIds } from '../../services/metadata/metadata.ts'
import { createScale, scaleText } from '../../services/rating/scale.ts'
import { readLinks, readMovies } from '../catalogue/kinds.ts'
import { convertValue } from './convert-value.ts'
import type { ExportedRating } from './exported-rating.ts'
import type { Format, Piece } from './format.ts'
import { type FormatName, formatNames, formatOf, guessFormat } from './formats.ts'
import { createMovieLens } from './movielens.ts'

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
console.log(`seed of the round trips: ${seed} (SEED=${seed} repeats them)`)

/** Titles with what CSV and JSON have to escape. */
const title = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '""', ',', '\n', '\r', '\r\n', '\n\n', ' ', '(1995)', '\\', '\t', '\0'),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('é', 'e\u0301', '千と千尋', '😀', '\u2028', '\ufeff', "'", ';', '='),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join('').toWellFormed())
  .filter((text) => text.length <= 500)

const number = fc.integer({ min: 1, max: 9_999_999_999 }).map(String)
const anyIds = fc.record<ExternalIds>(
  {
    imdb: fc.stringMatching(/^tt[0-9]{7,10}$/),
    tmdb: number,
    letterboxd: fc.stringMatching(/^https:\/\/boxd\.it\/[A-Za-z0-9]{1,8}$/),
    trakt: number,
    movielens: number,
  },
  { requiredKeys: [] },
)
const name = fc.stringMatching(/^[^\s\p{Cc}]{1,12}$/u).map((text) => text.toWellFormed())
const scales = ['0.5:5:0.5', '1:10:1', '0:100:1', '0:1:1', '1:5:1', '0.5:10:0.5']

/** All times of a protobuf Timestamp, to the millisecond. */
const anyTimeMs = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })

const anyRating = fc
  .record({
    userId: name,
    recordId: name,
    title,
    year: fc.option(fc.integer({ min: 1870, max: 2200 }), { nil: undefined }),
    ids: anyIds,
    scale: fc.constantFrom(...scales).map(createScale),
    step: fc.nat(),
    timeMs: fc.option(anyTimeMs, { nil: undefined }),
  })
  .map(({ recordId, step, ...rest }): ExportedRating => {
    const value = rest.scale.values[step % rest.scale.values.length] as number
    return { ...rest, value, record: { recordType: 'movie', recordId }, isMovie: true }
  })

const written = formatNames.filter((each) => formatOf(each).createWriter !== undefined)

/** Returns what a format keeps of a rating on its scale. */
function kept(rating: ExportedRating, name: FormatName): ExportedRating {
  const { sources, timeUnitMs, hasUsers, scale } = formatOf(name)
  const ids = sources.flatMap((source) => {
    return rating.ids[source] === undefined ? [] : [[source, rating.ids[source]]]
  })
  const { timeMs } = rating
  return {
    ...rating,
    userId: hasUsers ? rating.userId : undefined,
    record: name === 'jsonl' ? rating.record : undefined,
    ids: Object.fromEntries(ids),
    scale: scale ?? rating.scale,
    timeMs: timeMs === undefined ? undefined : Math.floor(timeMs / timeUnitMs) * timeUnitMs,
  }
}

/** Writes ratings on the scale of a format. Returns its files, and the ratings that it can represent. */
function write(format: Format, ratings: readonly ExportedRating[]) {
  const writer = format.createWriter?.()
  if (writer === undefined) throw new Error(`${format.title} is not written`)
  const files = new Map<string, string>()
  const append = (pieces: readonly Piece[]) => {
    for (const { file, text } of pieces) files.set(file, (files.get(file) ?? '') + text)
  }
  append(writer.start)
  const done = ratings.filter((rating) => {
    const outcome = writer.write(rating)
    if (outcome.kind === 'item') append(outcome.item)
    return outcome.kind === 'item'
  })
  append(writer.end)
  return { files, done }
}

/** A file that arrives in chunks of the size. */
function source(text = '', chunkBytes = 7) {
  async function* chunks() {
    const bytes = Buffer.from(text)
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      yield bytes.subarray(start, start + chunkBytes)
    }
  }
  return { name: 'export', chunks: chunks() }
}

async function read(name: FormatName, files: ReadonlyMap<string, string>, chunkBytes: number) {
  const format = name === 'movielens' ? await movieLensOf(files, chunkBytes) : formatOf(name)
  const outcomes = []
  const text = files.get(name === 'movielens' ? 'ratings.csv' : '')
  for await (const batch of format.read(source(text, chunkBytes))) outcomes.push(...batch)
  return outcomes.map(({ outcome }) => (outcome.kind === 'item' ? outcome.item : outcome))
}

async function movieLensOf(files: ReadonlyMap<string, string>, chunkBytes: number) {
  const refuse = (where: string, reason: string) => {
    throw new Error(`${where}: ${reason}`)
  }
  const links = await readLinks(source(files.get('links.csv'), chunkBytes), refuse)
  const titles = new Map<string, { title: string; year: number | undefined }>()
  const movies = source(files.get('movies.csv'), chunkBytes)
  const options = { allTypes: false, adult: false, links }
  for await (const batch of readMovies('movielens-movies', movies, options)) {
    for (const { where, outcome } of batch) {
      if (outcome.kind !== 'item') throw new Error(`${where} is refused`)
      titles.set(outcome.item.id, { title: outcome.item.title, year: outcome.item.year })
    }
  }
  return createMovieLens({ titles, links })
}

const comparable = (rating: object) =>
  'scale' in rating ? { ...rating, scale: scaleText(rating.scale as never) } : rating

test.each(written)(
  'what is written in the format %s is equal, field by field, when it is read again',
  async (name) => {
    const format = formatOf(name)
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRating, { maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        async (ratings, chunkBytes) => {
          const onScale = ratings.flatMap((rating) => {
            const value = convertValue(rating.value, rating.scale, format.scale ?? rating.scale)
            return value === undefined ? [] : [{ ...rating, value }]
          })
          const { files, done } = write(format, onScale)
          count += done.length
          const found = await read(name, files, chunkBytes)
          const expected = done.map((rating) => comparable(kept(rating, name)))
          expect(found.map(comparable)).toEqual(expected)
          if (done.length === 0) return
          const first = files.get(name === 'movielens' ? 'ratings.csv' : '')
          expect((await guessFormat(source(first, chunkBytes))).format).toBe(name)
        },
      ),
      { seed, numRuns: 150 },
    )
    expect(count).toBeGreaterThan(50)
  },
  60_000,
)
