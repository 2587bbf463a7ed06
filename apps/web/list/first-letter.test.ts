import { expect, test } from 'bun:test'
import { firstLetter } from './first-letter.ts'

test.each([
  ['Alien', 'A'],
  ['Zodiac', 'Z'],
  ['eXistenZ', undefined],
  ['Élite', undefined],
  [' Zodiac', undefined],
  ['10,000 B.C.', undefined],
  ['[Rec]', undefined],
  ['', undefined],
])('the title %p is under the letter %p', (title, letter) => {
  expect(firstLetter(title)).toBe(letter)
})
