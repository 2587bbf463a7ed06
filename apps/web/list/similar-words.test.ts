import { expect, test } from 'bun:test'
import { hasWords } from './similar-words.ts'

const movie = { title: 'WALL·E', director: 'Andrew Stanton', genres: ['Adventure'], year: 2008 }

test.each([
  ['walle', true],
  ['WALL-E 2008', true],
  ['stanton adventure', true],
  ['wale', false],
  ['wall stantom', false],
])('the search for %j has the words of the movie: %p', (query, has) => {
  expect(hasWords(query, movie)).toBe(has)
})
