import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { createRouterTransport } from '@connectrpc/connect'
import { createMarquee } from '@marquee/client'
import { MetadataSchema, MetadataService } from '@marquee/client/metadata'
import { type ListRatingsRequest, RatingService } from '@marquee/client/rating'
import type { Owner } from '../rating/own-ratings.ts'
import { exportText, loadOwnList, type OwnEntry, sortEntries } from './own-list.ts'
import { ownPath, parseOwnSort } from './own-sort.ts'

const entry = (title: string, value: number, day: number): OwnEntry => ({
  movie: create(MetadataSchema, { id: title.toLowerCase(), title, year: 1999 }),
  value,
  ratedOn: new Date(Date.UTC(2026, 0, day)),
})
const entries = [entry('Brazil', 4, 2), entry('Alien', 3.5, 3), entry('Casablanca', 4, 1)]

test.each([
  ['time', ['Alien', 'Brazil', 'Casablanca']],
  ['value', ['Brazil', 'Casablanca', 'Alien']],
  ['title', ['Alien', 'Brazil', 'Casablanca']],
] as const)('own ratings in the order of %s', (sort, titles) => {
  expect(sortEntries(entries, sort).map(({ movie }) => movie.title)).toEqual([...titles])
  expect(parseOwnSort(new URL(ownPath(sort), 'http://page').searchParams)).toBe(sort)
})

test('the export has movie, value and time of each rating', () => {
  expect(JSON.parse(exportText(entries.slice(0, 1)))).toEqual([
    {
      movieId: 'brazil',
      title: 'Brazil',
      year: 1999,
      value: 4,
      ratedOn: '2026-01-02T00:00:00.000Z',
    },
  ])
})

test('own ratings are requested for the person who has signed in, and loaded the oldest first', async () => {
  const requests: ListRatingsRequest[] = []
  const transport = createRouterTransport(({ service }) => {
    service(RatingService, {
      listRatings(request) {
        requests.push(request)
        const recordType = 'movie'
        return {
          ratings: [
            { recordType, recordId: 'alien', value: 5 },
            { recordType, recordId: 'brazil', value: 4 },
          ],
        }
      },
    })
    service(MetadataService, {
      batchGetMetadata: ({ movieIds }) => ({ metadata: movieIds.map((id) => ({ id, title: id })) }),
    })
  })
  const marquee = createMarquee({ baseUrl: '', transport, retryCountMax: 0 })
  let owner: Owner = { kind: 'browser', userId: 'web-1', name: 'web-1' }
  const loaded: string[] = []
  const list = await loadOwnList({
    clients: { movie: marquee, rating: async () => marquee },
    ownRatings: {
      ready: Bun.sleep(5).then(() => {
        owner = { kind: 'person', userId: '', name: 'Ada' }
      }),
      owner: () => owner,
      mark: () => 7,
      saved: () => new Map(),
      load: (ratings, mark) => void loaded.push(...ratings.keys(), `mark ${mark}`),
    },
  })
  expect(requests.map(({ of }) => of.case)).toEqual([undefined])
  expect(list).toMatchObject({ entries: [{ value: 5 }, { value: 4 }], isCut: false })
  expect(loaded).toEqual(['brazil', 'alien', 'mark 7'])
})
