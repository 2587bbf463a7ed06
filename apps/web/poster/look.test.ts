import { expect, test } from 'bun:test'
import { shapesOf } from './drawings.ts'
import { fitTitle, titleHeight, wordWidth } from './fit-title.ts'
import { posterLook } from './look.ts'
import { drawingHeight, drawingWidth, topOf } from './shape.ts'

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
    const widest = Math.max(...word.split(' ').map(wordWidth))
    expect(fitTitle(word).size * widest).toBeLessThanOrEqual(85)
  }
})

test('M and W take more room than other letters', () => {
  expect(fitTitle('Memento').size).toBeLessThan(fitTitle('Casinos').size)
  expect(fitTitle('Wall').size).toBeLessThanOrEqual(fitTitle('Tall').size)
  expect(wordWidth('Amélie')).toBe(wordWidth('AMELIE'))
})

test('posters of one genre are drawn differently', () => {
  const drawn = Array.from({ length: 60 }, (_, index) => {
    const { motif, variation, flipped } = posterLook({ title: `Part ${index}`, genres: ['Drama'] })
    return JSON.stringify([motif, variation, flipped])
  })
  expect(new Set(drawn).size).toBe(60)
  const motifs = drawn.map((one) => JSON.parse(one)[0])
  expect([...new Set(motifs)].sort()).toEqual(['arcs', 'doors', 'moon', 'stairs'])
})

const words = [
  'Up',
  'Assassination',
  'of',
  'Memories',
  'the',
  'Kingdom',
  'W',
  'Supercalifragilistic',
]
const titles = words.flatMap((first) =>
  words.map((_, count) => [first, ...words.slice(0, count)].join(' ')),
)

/** Sizes of text on a poster of a list, as poster.css has them, in pixels. */
function layoutOf(width: number) {
  const small = Math.min(20, Math.max(12, 0.056 * width))
  const credits = 2 * 1.3 * small + 0.09 * width
  return { titleTop: 0.06 * width + 1.3 * small + 0.025 * width, floor: 1.5 * width - credits }
}

test.each([137, 172, 212, 240])(
  'the drawing of a poster %i px wide begins below the title, however long it is',
  (width) => {
    const { titleTop, floor } = layoutOf(width)
    for (const title of titles) {
      for (const genre of ['Drama', 'Action', 'Adventure', 'Comedy', 'Western', 'Mystery', '']) {
        const { fit, motif, variation } = posterLook({ title, genres: [genre] })
        const titleBottom = titleTop + (titleHeight(fit) * width) / 100
        const top = Math.min(...shapesOf(motif, variation).map(topOf))
        const drawn = floor - ((drawingHeight - top) * width) / drawingWidth
        expect(drawn).toBeGreaterThanOrEqual(titleBottom)
      }
    }
  },
)
