import { expect, test } from 'bun:test'
import { fitTitle, wordWidth } from './fit-title.ts'
import { posterLook } from './look.ts'

test('a movie has the same look every time, and movies of one genre differ', () => {
  const alien = { title: 'Alien', genres: ['Horror'] }
  expect(posterLook(alien)).toEqual(posterLook({ ...alien }))
  const titles = ['Alien', 'Carrie', 'The Shining', 'Suspiria', 'Psycho']
  const hues = titles.map((title) => posterLook({ title, genres: ['Horror'] }).hue)
  expect(new Set(hues).size).toBe(titles.length)
})

test('a movie without a known genre has any hue, and a pale one', () => {
  const none = posterLook({ title: 'Home Movie', genres: [] })
  expect(posterLook({ title: 'Home Movie', genres: ['Opera'] })).toEqual(none)
  expect(none.chroma).toBeLessThan(0.5)
  expect(none.hue).not.toBe(posterLook({ title: 'Home Video', genres: [] }).hue)
})

test('a short title is larger than a long one, and no word is wider than its poster', () => {
  const short = fitTitle('Up')
  const long = fitTitle('The Assassination of Jesse James by the Coward Robert Ford')
  expect(short.size).toBeGreaterThan(long.size)
  expect(short.lineCount).toBe(1)
  for (const word of ['Koyaanisqatsi', 'Supercalifragilistic', 'Eternal Transcendentalism']) {
    const longest = Math.max(...word.split(' ').map(wordWidth))
    expect(fitTitle(word).size * longest).toBeLessThanOrEqual(85)
  }
})

test('M and W take more room than other letters', () => {
  expect(fitTitle('Memento').size).toBeLessThan(fitTitle('Casinos').size)
  expect(fitTitle('Wall').size).toBeLessThanOrEqual(fitTitle('Tall').size)
  expect(wordWidth('Amélie')).toBe(wordWidth('AMELIE'))
})
