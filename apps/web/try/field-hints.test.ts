import { expect, test } from 'bun:test'
import { hintsBeside } from './field-hints.ts'

const messages = ['the month does not have this day']
const problemOf = () => undefined

function shown(comment: string | undefined, hints: readonly string[], patterns = ['^x$']) {
  return hintsBeside(comment, { required: false, hints, messages, patterns, problemOf })
}

test.each([
  ['The title as it was published, 1 to 500 characters.', 'up to 500 characters'],
  ['The plot, in plain text, up to 10,000 characters.', 'up to 10,000 characters'],
  ['The mean of its votes, from 1.0 to 10.0.', '1 to 10'],
  ['1 to 500 ids of the source.', 'up to 500 items'],
  ['Maximum number of records: 1 to 100. 0 stands for the default: 50.', '0 to 100'],
  ['Its id: 1 to 128 characters without spaces (U+0020).', 'no spaces'],
  ['When the user rated, in the years 1 to 9999.', 'the years 1 to 9999'],
  ['Omits movies that fewer users have rated. 0 for all movies.', '0 or more'],
  ['Unset for all ratings.', 'one of the defined values'],
])('a rule that the comment says is not said again: %s', (comment, hint) => {
  expect(shown(comment, [hint])).toEqual([])
})

test.each([
  ['Set by the service.', 'up to 64 characters'],
  ['"movie" for movies.', 'up to 64 characters'],
  ['The year of release. Unset when unknown.', '1870 to 2200'],
  ['Up to 3 of title, year, separated by commas.', 'up to 200 characters'],
  ['The number of a movie at TMDB, such as "949".', 'digits, without leading zeros'],
])('a rule that the comment does not say stays: %s', (comment, hint) => {
  expect(shown(comment, [hint])).toEqual([hint])
})

test('the form of a value stands for its length, which a value without spaces still has', () => {
  const form = 'tt and 7 to 10 digits'
  expect(shown('The tconst of IMDb.', ['up to 12 characters', form])).toEqual([form])
  const free = ['up to 128 characters', 'no spaces']
  expect(shown('An id.', free)).toEqual(free)
})

test('what a rule in CEL reports is a hint only where there is no comment', () => {
  expect(shown('A date.', [])).toEqual([])
  expect(shown(undefined, [])).toEqual(messages)
})
