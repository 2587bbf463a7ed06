import { expect, test } from 'bun:test'
import { durationText, externalIdsText, imdbText, releaseText, timeText } from './facts.ts'

test.each([
  [{ releaseDate: '1999-03-31', year: 1999 }, 'March 31, 1999'],
  [{ releaseDate: '1999-03' }, 'March 1999'],
  [{ releaseDate: '1999' }, '1999'],
  [{ releaseDate: '', year: 1999 }, '1999'],
  [{ releaseDate: '' }, undefined],
])('a release date is as exact as the catalogue knows it: %j', (movie, words) => {
  expect(releaseText(movie)).toBe(words)
})

test('an IMDb rating has its scale, its votes and the year of the snapshot', () => {
  expect(imdbText(8.7, 380_934, 2010)).toBe('8.7/10 (381K votes, 2010 snapshot)')
  expect(imdbText(8, undefined, 2010)).toBe('8.0/10 (2010 snapshot)')
})

test('an IMDb rating of a catalogue that is kept current has no snapshot', () => {
  expect(imdbText(8.7, 380_934, undefined)).toBe('8.7/10 (381K votes)')
  expect(imdbText(8, undefined, undefined)).toBe('8.0/10')
})

test('external ids are shown with the names of their sources, without the unknown ones', () => {
  const ids = { tmdb: '603', imdb: 'tt0133093', letterboxd: '' }
  expect(externalIdsText(ids)).toBe('IMDb tt0133093, TMDB 603')
  expect(externalIdsText({})).toBe('')
})

test.each([
  [136, '2 h 16 min'],
  [120, '2 h'],
  [45, '45 min'],
])('a running time of %d minutes is %s', (minutes, words) => {
  expect(durationText(minutes)).toBe(words)
})

test('a time has its day, its hour and its minute', () => {
  expect(timeText(new Date(2026, 10, 29, 22, 1))).toBe('November 29, 2026 at 10:01 PM')
})
