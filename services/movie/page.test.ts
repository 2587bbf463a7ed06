import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin } from '@marquee/testing/app-transport'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { pino } from 'pino'
import { type Metadata, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { readMovieConfig } from './config.ts'
import { openPage } from './page.ts'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

const log = pino({ level: 'silent' })

describe('page.json contains the addresses of the services:', () => {
  test('paths of its own origin by default', async () => {
    const app = await serviceWith({})
    const response = await app.fetch(new Request(`${appOrigin}/page.json`))
    expect(response.headers.get('cache-control')).toBe('no-cache')
    const urls = { movie: '', metadata: '/services/metadata', rating: '/services/rating' }
    expect(await response.json()).toEqual({ services: urls })
  })

  test('their own origins, which the policy of the page allows', async () => {
    const url = 'https://ratings.test:8443'
    const app = await serviceWith({ PAGE_RATING_URL: `${url}/` })
    const addresses = await (await app.fetch(new Request(`${appOrigin}/page.json`))).json()
    expect(addresses).toMatchObject({
      services: { metadata: '/services/metadata', rating: url },
    })
  })
})

test('page.json says what visitors should know about the data', async () => {
  const app = await serviceWith({ PAGE_DATA_NOTICE: 'Ratings of 2024' })
  const addresses = await (await app.fetch(new Request(`${appOrigin}/page.json`))).json()
  expect(addresses).toMatchObject({ dataNotice: 'Ratings of 2024' })
})

test('page.json says of which year a snapshot of data is', async () => {
  const app = await serviceWith({}, { dataYear: 2010 })
  const addresses = await (await app.fetch(new Request(`${appOrigin}/page.json`))).json()
  expect(addresses).toMatchObject({ dataYear: 2010 })
})

describe('the document of a page has its own head:', () => {
  const clapper = '🎬'
  type Known = Partial<Pick<Metadata, 'title' | 'year' | 'director' | 'description'>>
  const known: Record<string, Known> = {
    'the-matrix-1999': { title: 'The Matrix', year: 1999, director: 'Andy Wachowski' },
    [clapper.repeat(128)]: { title: 'Clap', description: clapper.repeat(300) },
  }
  const get = async (movieId: string) => {
    const app = await serviceWith({}, { getMetadata: find, html: '<title>Marquee</title>' })
    const headers = { accept: 'text/html' }
    const response = await app.fetch(new Request(appOrigin + movieId, { headers }))
    return [response.status, await response.text()] as const
  }
  function find({ movieId }: { movieId: string }) {
    if (movieId === 'down') throw new ConnectError('down', Code.Unavailable)
    const movie = known[movieId]
    if (movie === undefined) throw new ConnectError('unknown', Code.NotFound)
    return { metadata: { id: movieId, genres: ['Action'], ...movie } }
  }

  test('a movie has its title and its facts', async () => {
    const [status, html] = await get('/movies/the-matrix-1999')
    expect(status).toBe(200)
    expect(html).toContain('<title>The Matrix (1999) · Marquee</title>')
    expect(html).toContain('<meta property="og:title" content="The Matrix (1999) · Marquee">')
    expect(html).toContain('og:description" content="Action, directed by Andy Wachowski. Rate it')
  })

  test('a long description is cut between two characters', async () => {
    const [status, html] = await get(`/movies/${clapper.repeat(128)}`)
    expect(status).toBe(200)
    expect(html).toContain(`og:description" content="${clapper.repeat(200)}">`)
  })

  test.each(['/movies/nope', `/movies/${'x'.repeat(129)}`])('%s is not found', async (path) => {
    const [status, html] = await get(path)
    expect([status, html]).toEqual([404, expect.stringContaining('<title>Movie not found')])
  })

  test('a movie that metadata cannot return is served without its title', async () => {
    expect(await get('/movies/down')).toEqual([200, '<title>Marquee</title>'])
  })

  test.each([
    ['/system', 200, 'System'],
    ['/me', 200, 'My ratings'],
    ['/try/movie.v1.MovieService/ListMovies', 200, 'ListMovies'],
    ['/nope', 404, 'Page not found'],
    ['/movies/a/b', 404, 'Page not found'],
  ])('%s has status %d and the title %s', async (path, status, title) => {
    const text = expect.stringContaining(`<title>${title} · Marquee</title>`)
    expect(await get(path)).toEqual([status, text])
  })
})

test.each([
  '/',
  '/me',
  '/movies/the-matrix-1999',
  '/system',
  '/try',
  '/try/a.v1.AService/Get',
  '/docs',
])('the page has a path of its own: %s', async (path) => {
  const response = await (await serviceWith({})).fetch(new Request(appOrigin + path))
  expect([response.status, await response.text()]).toEqual([
    503,
    'the page is not built: bun run build\n',
  ])
})

test.each(['/movies', '/movies/a/b', '/rating', '/try/a', '/index.html'])(
  'what is no path of the page is not served: %s',
  async (path) => {
    const response = await (await serviceWith({})).fetch(new Request(appOrigin + path))
    expect(response.status).toBe(404)
  },
)

test('flags of the page with invalid values are refused', () => {
  const env = { PAGE_METADATA_URL: 'http://a:1,http://b:2', PAGE_RATING_URL: 'nowhere' }
  expect(() => readMovieConfig({ args: [], env })).toThrow(
    '--page-rating-url is "nowhere": give origins such as http://localhost:8081',
  )
  expect(() => readMovieConfig({ args: [], env })).toThrow(
    '--page-metadata-url names several origins: give one',
  )
})

interface Parts {
  readonly getMetadata?: ServiceImpl<typeof MetadataService>['getMetadata']
  /** The built page. Default: it is not built. */
  readonly html?: string
  readonly dataYear?: number
}

async function serviceWith(env: Readonly<Record<string, string>>, parts: Parts = {}) {
  await using folder = await temporaryFolder()
  if (parts.html) await writeFile(join(folder.path, 'index.html'), parts.html)
  const config = readMovieConfig({ args: [], env: { WEB_ROOT: folder.path, ...env } })
  const { getMetadata, dataYear } = parts
  const nobody = createRouterTransport(({ service }) => {
    if (getMetadata) service(MetadataService, { getMetadata })
  })
  return createMovieApp({
    sources: { metadata: createMetadataSource(nobody), ratings: createRatingSource(nobody) },
    page: await openPage({ config: { ...config.page, ...(dataYear && { dataYear }) }, log }),
    log,
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
}
