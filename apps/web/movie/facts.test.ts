import { expect, test } from 'bun:test'
import { imdbWords, releaseWords, timeWords } from './facts.tsx'

test.each([
  [{ releaseDate: '1999-03-31', year: 1999 }, 'March 31, 1999'],
  [{ releaseDate: '1999-03' }, 'March 1999'],
  [{ releaseDate: '1999' }, '1999'],
  [{ releaseDate: '', year: 1999 }, '1999'],
  [{ releaseDate: '' }, undefined],
])('a release is said as exactly as it is known: %j', (movie, words) => {
  expect(releaseWords(movie)).toBe(words)
})

test('an IMDb rating has its scale, its votes and the year of the snapshot', () => {
  expect(imdbWords(8.7, 380_934)).toBe('8.7/10 (381K votes, 2010 snapshot)')
  expect(imdbWords(8, undefined)).toBe('8.0/10 (2010 snapshot)')
})

test.each([
  [136, '2 h 16 min'],
  [120, '2 h'],
  [45, '45 min'],
])('%d minutes are %s', (minutes, words) => {
  expect(timeWords(minutes)).toBe(words)
})
