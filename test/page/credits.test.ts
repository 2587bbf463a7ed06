import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { type Motif, motifs } from '../../apps/web/poster/drawings.ts'
import { posterLook } from '../../apps/web/poster/look.ts'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { describePage, eventually } from './describe-page.ts'
import { startServices } from './services.ts'

/** A word that no movie of the demo catalogue has. */
const word = 'Zzposter'
/** Genres that have all motifs between them. */
const genres = [
  ...['Action', 'Adventure', 'Animation', 'Black Comedy', 'Children', 'Comedy', 'Drama'],
  ...['Concert/Performance', 'Documentary', 'Horror', 'Mystery', 'Romance', 'Western'],
]
const credits = [
  { director: '', moreGenres: [] },
  { director: 'Ang Lee', moreGenres: [] },
  { director: 'Apichatpong Weerasethakul and Krzysztof Kieślowski', moreGenres: [] },
  { director: 'Ang Lee', moreGenres: ['Adventure', 'Romantic Comedy', 'Concert/Performance'] },
]
const movies = motifs.flatMap((motif) =>
  credits.map(({ director, moreGenres }, index) => {
    const { title, genre } = movieWith(motif, index)
    return { id: `poster-${motif}-${index}`, title, director, genres: [genre, ...moreGenres] }
  }),
)

describePage(
  'the credits of posters',
  {
    start: startServices,
    async fill({ services }) {
      const transport = createConnectTransport({ baseUrl: services.urls.metadata })
      const client = createClient(MetadataService, transport)
      for (const metadata of movies) await client.putMetadata({ metadata })
    },
  },
  (site) => {
    test.each([320, 390, 1440, 1920])(
      'at %i px, no drawing reaches the credits of a poster, whatever both are',
      async (width) => {
        await using visitor = await site().visit(`/?q=${word}`, { width, height: 12_000 })
        const { page } = visitor
        await eventually(async () => {
          expect(await page.locator('.poster').count()).toBe(movies.length)
        })
        const posters = await page.evaluate(measurePosters)
        expect(new Set(posters.map(({ motif }) => motif)).size).toBe(motifs.length)
        expect(posters.every(({ drawnHeight }) => drawnHeight > 10)).toBe(true)
        expect(posters.filter(({ drawnBelow }) => drawnBelow > 0.5)).toEqual([])
        expect(posters.filter(({ creditsBelow }) => creditsBelow > 0.5)).toEqual([])
      },
    )
  },
)

/** Numbers titles until one has the motif. */
function movieWith(motif: Motif, index: number): { title: string; genre: string } {
  for (let number = 0; number < 100; number++) {
    for (const genre of genres) {
      const title = `${word} ${number * credits.length + index}`
      if (posterLook({ title, genres: [genre] }).motif === motif) return { title, genre }
    }
  }
  throw new Error(`no genre has the motif ${motif}`)
}

/** Runs in the browser: how far what is drawn and written on each poster goes beyond its place. */
function measurePosters() {
  return [...document.querySelectorAll<HTMLElement>('.poster')].map((poster) => {
    const space = poster.querySelector('svg')?.getBoundingClientRect() ?? new DOMRect()
    const isClipped = getComputedStyle(poster.querySelector('svg') as Element).overflow === 'hidden'
    const credit = poster.querySelector('.poster-credit') as HTMLElement
    const lines = [...credit.children].map((line) => line.getBoundingClientRect())
    const shapes = [...poster.querySelectorAll('circle, path')].map((shape) => {
      const { top, bottom } = shape.getBoundingClientRect()
      return { top, bottom: isClipped ? Math.min(bottom, space.bottom) : bottom }
    })
    const top = Math.min(...lines.map((line) => line.top))
    const lowest = Math.max(...shapes.map((shape) => shape.bottom))
    return {
      motif: poster.dataset.motif,
      drawnHeight: lowest - Math.min(...shapes.map((shape) => shape.top)),
      drawnBelow: lowest - top,
      creditsBelow:
        Math.max(...lines.map((line) => line.bottom)) - poster.getBoundingClientRect().bottom,
    }
  })
}
