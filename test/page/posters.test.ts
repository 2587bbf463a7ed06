import { expect, test } from 'bun:test'
import { fitTitle } from '../../apps/web/poster/fit-title.ts'
import { readVegaMovies } from '../../producers/catalogue/vega.ts'
import { describePage } from './describe-page.ts'
import { startServices } from './services.ts'

const testTimeoutMs = 60_000
const titles = (await Array.fromAsync(readVegaMovies())).map(({ title }) => ({
  title,
  size: fitTitle(title).size,
}))

describePage('the posters', { start: startServices }, (site) => {
  test.each([136, 208])(
    'no title of the catalogue is cut within a word, %i pixels wide',
    async (width) => {
      await using visitor = await site().visit('/?q=kubrick')
      const { page } = visitor
      await page.locator('.poster-title').first().waitFor()
      await page.evaluate(() => document.fonts.ready)
      expect(titles.length).toBeGreaterThan(3_000)
      expect(await page.evaluate(cutTitles, { titles, width })).toEqual([])
    },
    testTimeoutMs,
  )
})

interface Posters {
  readonly titles: readonly { readonly title: string; readonly size: number }[]
  readonly width: number
}

/** Runs in the browser: titles of which a word is on two lines, on a poster of the width. */
function cutTitles({ titles, width }: Posters): string[] {
  const poster = document.querySelector<HTMLElement>('.poster')
  const text = poster?.querySelector('.poster-title')?.firstChild
  if (!poster || !text) throw new Error('there is no poster')
  poster.style.width = `${width}px`
  const isCut = ({ index, 0: word }: RegExpExecArray) => {
    const range = document.createRange()
    range.setStart(text, index)
    range.setEnd(text, index + word.length)
    return range.getClientRects().length > 1
  }
  return titles
    .filter(({ title, size }) => {
      poster.style.setProperty('--title-size', `${size}`)
      text.nodeValue = title
      return [...title.matchAll(/[^\s-]+/g)].some(isCut)
    })
    .map(({ title }) => title)
}
