import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { MetadataSchema } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingSchema } from '../../gen/rating/v1/rating_pb.ts'
import { createScale } from '../../services/rating/scale.ts'
import { createSummary } from '../summary.ts'
import { exportRatings } from './export-ratings.ts'
import { type FormatName, formatOf } from './formats.ts'

const movies = [
  {
    ...{ id: 'heat', title: 'Heat, "1995"', year: 1995 },
    externalIds: { imdb: 'tt0113277', tmdb: '949', movielens: '6', trakt: '609' },
  },
  { id: 'tt0000001', title: 'Plain', year: 2003 },
  { id: 'copy', title: 'Copy', year: 1995, externalIds: { movielens: '6' } },
].map((movie) => create(MetadataSchema, movie))

const timeMs = Date.UTC(2024, 0, 31, 12, 30, 15, 250)

function rating(recordId: string, value: number, recordType = 'movie', userId = 'ann') {
  const updateTime = timestampFromMs(timeMs)
  return create(RatingSchema, { recordType, recordId, userId, value, updateTime })
}

/** Exports ratings. Returns the files, the requests to the catalogue, and the summary's lines. */
async function exported(name: FormatName, ratings: readonly ReturnType<typeof rating>[]) {
  const files = new Map<string, string>()
  const requests: string[][] = []
  const summary = createSummary(['read', 'exported', 'refused'])
  const options = {
    format: formatOf(name),
    summary,
    onProgress: () => undefined,
    catalogue: {
      batchGetMetadata: async ({ movieIds }: { movieIds: string[] }) => {
        requests.push(movieIds)
        const metadata = movies.filter(({ id }) => movieIds.includes(id))
        const known = metadata.map(({ id }) => id)
        return { metadata, missingMovieIds: movieIds.filter((id) => !known.includes(id)) }
      },
    },
    scaleOf: async (recordType: string) =>
      createScale(recordType === 'book' ? '0:100:1' : '0.5:5:0.5'),
    batches: (async function* () {
      yield ratings
    })(),
  }
  for await (const pieces of exportRatings(options)) {
    for (const { file, text } of pieces) files.set(file, (files.get(file) ?? '') + text)
  }
  const lines = summary.format().split('\n').slice(0, -1)
  return { files, requests, facts: lines.map((line) => line.replaceAll(/\s+/g, ' ')) }
}

const two = [rating('heat', 3.5), rating('tt0000001', 0.5)]

test.each<[FormatName, readonly string[]]>([
  [
    'imdb',
    [
      'Const,Your Rating,Date Rated,Title,URL,Title Type,Year',
      'tt0113277,7,2024-01-31,"Heat, ""1995""",https://www.imdb.com/title/tt0113277/,Movie,1995',
      'tt0000001,1,2024-01-31,Plain,https://www.imdb.com/title/tt0000001/,Movie,2003',
    ],
  ],
  [
    'letterboxd',
    [
      'Date,Name,Year,Letterboxd URI,Rating,imdbID,tmdbID',
      '2024-01-31,"Heat, ""1995""",1995,,3.5,tt0113277,949',
      '2024-01-31,Plain,2003,,0.5,tt0000001,',
    ],
  ],
  [
    'trakt',
    [
      '[',
      '{"rated_at":"2024-01-31T12:30:15.250Z","rating":7,"type":"movie","movie":{"title":"Heat, \\"1995\\"","year":1995,"ids":{"trakt":609,"imdb":"tt0113277","tmdb":949}}},',
      '{"rated_at":"2024-01-31T12:30:15.250Z","rating":1,"type":"movie","movie":{"title":"Plain","year":2003,"ids":{"trakt":null,"imdb":"tt0000001","tmdb":null}}}',
      ']',
    ],
  ],
])('ratings are written as %s has them', async (name, expected) => {
  const { files, facts } = await exported(name, two)
  expect([...files]).toEqual([['', `${expected.join('\n')}\n`]])
  expect(facts).toEqual(['read 2', 'exported 2', 'refused 0'])
})

test('the time of a rating is its rated time, otherwise that of its last put', async () => {
  const ratedTime = timestampFromMs(Date.UTC(1969, 6, 20, 20, 17, 40, 999))
  const rated = create(RatingSchema, { ...rating('heat', 4), ratedTime })
  const { files } = await exported('movielens', [rated, rating('heat', 4, 'movie', 'bob')])
  const rows = files.get('ratings.csv')?.split('\n').slice(1, -1)
  expect(rows).toEqual(['ann,6,4.0,-14182940', 'bob,6,4.0,1706704215'])
})

test('a movie without the id of the format is refused, and the others are written', async () => {
  const { files, facts } = await exported('tmdb', two)
  expect(files.get('')?.split('\n').slice(1)).toEqual([
    '949,tt0113277,movie,"Heat, ""1995""",1995,,,,7.0,2024-01-31T12:30:15Z',
    '',
  ])
  expect(facts).toEqual([
    'refused movie tt0000001 of ann: its movie has no id at TMDB',
    ...['read 2', 'exported 1', 'refused 1'],
  ])
})

test('MovieLens has three files, each movie once, and no two movies with one id', async () => {
  const ratings = [...two, rating('heat', 5, 'movie', 'bob'), rating('copy', 5)]
  const { files, facts } = await exported('movielens', ratings)
  expect(Object.fromEntries(files)).toEqual({
    'ratings.csv': 'userId,movieId,rating,timestamp\nann,6,3.5,1706704215\nbob,6,5.0,1706704215\n',
    'movies.csv': 'movieId,title,genres\n6,"Heat, ""1995"" (1995)",(no genres listed)\n',
    'links.csv': 'movieId,imdbId,tmdbId\n6,0113277,949\n',
  })
  expect(facts.slice(0, 2)).toEqual([
    'refused movie tt0000001 of ann: its movie has no id at MovieLens',
    'refused movie copy of ann: its id at MovieLens is also that of heat',
  ])
})

test('only our own lines have ratings of other records, of other scales and without metadata', async () => {
  const ratings = [rating('nowhere', 4), rating('moby-dick', 90, 'book')]
  expect((await exported('imdb', ratings)).facts.slice(0, 2)).toEqual([
    'refused movie nowhere of ann: its movie has no metadata',
    'refused book moby-dick of ann: it is not of a movie',
  ])
  const { files, facts } = await exported('jsonl', [...ratings, rating('heat', 0.7)])
  const time = '"ratedTime":"2024-01-31T12:30:15.250Z"'
  expect(files.get('')?.split('\n')).toEqual([
    '{"format":"marquee-ratings","version":1}',
    `{"userId":"ann","recordType":"movie","recordId":"nowhere","value":4,"scale":"0.5:5:0.5",${time}}`,
    `{"userId":"ann","recordType":"book","recordId":"moby-dick","value":90,"scale":"0:100:1",${time}}`,
    '',
  ])
  expect(facts[0]).toBe(
    'refused movie heat of ann: 0.7 of 5 has no equal from 0.5 to 5 in steps of 0.5',
  )
})

test('movies are read once each, in requests of a bounded size', async () => {
  const ratings = Array.from({ length: 1_200 }, (_, n) => rating(`m${n % 700}`, 4))
  const { requests } = await exported('jsonl', ratings)
  expect(requests.map(({ length }) => length)).toEqual([500, 200])
})
