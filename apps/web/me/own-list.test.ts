import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { MetadataSchema } from '@marquee/client/metadata'
import { exportText, type OwnEntry, sortEntries } from './own-list.ts'
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
