import { describe, expect, test } from 'bun:test'
import { createRouterTransport } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin } from '@marquee/testing/app-transport'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { pino } from 'pino'
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

test.each(['/', '/movies/the-matrix-1999', '/system', '/try', '/try/a.v1.AService/Get', '/docs'])(
  'the page has a path of its own: %s',
  async (path) => {
    const response = await (await serviceWith({})).fetch(new Request(appOrigin + path))
    expect([response.status, await response.text()]).toEqual([
      503,
      'the page is not built: bun run build\n',
    ])
  },
)

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

/** Creates the service without a built page. */
async function serviceWith(env: Readonly<Record<string, string>>) {
  await using folder = await temporaryFolder()
  const config = readMovieConfig({ args: [], env: { WEB_ROOT: folder.path, ...env } })
  const nobody = createRouterTransport(() => {})
  return createMovieApp({
    sources: { metadata: createMetadataSource(nobody), ratings: createRatingSource(nobody) },
    page: await openPage({ config: config.page, log }),
    log,
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
}
