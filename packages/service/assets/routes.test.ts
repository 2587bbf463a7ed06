import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type Server, serve } from '@marquee/http/server/serve'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { createApp } from '../app.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createHealth } from '../process/health.ts'
import { loadPage, pageLimits } from './load.ts'
import { addPageRoutes } from './routes.ts'

const docs = '<!doctype html><title>Documentation</title>'
const withHead = (elements: string) =>
  `<!doctype html><head><meta name="description" content="About it"><title>A page</title>${elements}</head>`
const html = withHead('')
const script = `console.log(${JSON.stringify('again '.repeat(100))})`
const preload = '<link rel="modulepreload" href="/assets/main-1.js">'
const firstList = '<link rel="preload" as="fetch" href="/list?page=$1">'
const forEver = 'public, max-age=31536000, immutable'
const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let url: string

beforeAll(async () => {
  const folder = resources.use(await temporaryFolder()).path
  await mkdir(join(folder, 'assets'))
  const files = {
    'index.html': html,
    'index.html.br': brotliCompressSync(html),
    'docs.html': docs,
    'assets/main-1.js': script,
    'assets/main-1.js.br': brotliCompressSync(script),
    'assets/main-1.js.gz': gzipSync(script),
    'assets/icon-2.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'secret.txt': 'not below assets',
    'preloads.json': JSON.stringify({
      '/lists': { links: [preload], linksWithoutQuery: [firstList] },
    }),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  url = resources.use(await servePage(folder)).url
})
afterAll(() => resources.disposeAsync())

describe('the page', () => {
  test('is the same at each of its paths, and revalidated each time', async () => {
    for (const path of ['/', '/movies/1', '/movies/a%2Fb?from=list']) {
      const { status, headers, body } = await fetchPath(path)
      expect(status).toBe(200)
      expect(body.toString()).toBe(html)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['cache-control']).toBe('no-cache')
    }
  })

  test('names what its route begins with; what depends on the query, for no query only', async () => {
    const ofPath = async (path: string) => String((await fetchPath(path)).body)
    expect(await ofPath('/lists')).toBe(withHead(firstList + preload))
    expect(await ofPath('/lists?q=up')).toBe(withHead(preload))
    expect(await ofPath('/movies/1')).toBe(withHead(''))
    const { headers } = await fetchPath('/lists')
    expect(headers.etag).not.toBe((await fetchPath('/lists?q=up')).headers.etag)
  })

  test('may load, call and be framed by nothing but its own origin and those named', async () => {
    const { headers } = await fetchPath('/')
    const policy = new Set(headers['content-security-policy']?.toString().split('; '))
    for (const directive of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self' http://ratings.test:8082",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      expect([...policy]).toContain(directive)
    }
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    })
  })

  test('may have other HTML files, each at a path of its own', async () => {
    const { status, headers, body } = await fetchPath('/docs')
    expect([status, body.toString()]).toEqual([200, docs])
    expect(headers['cache-control']).toBe('no-cache')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect((await fetchPath('/docs.html')).status).toBe(404)
  })

  test('has the head that its route gives it, as text and not as HTML', async () => {
    const { status, headers, body } = await fetchPath('/movies/alien')
    const title = 'Alien &lt;1979&gt; &amp; &quot;more&quot; $&amp;'
    expect(body.toString()).toBe(
      `<!doctype html><head><title>${title}</title><meta name="description" content="In space">` +
        `<meta property="og:title" content="${title}">` +
        '<meta property="og:description" content="In space">' +
        '<meta property="og:type" content="video.movie"></head>',
    )
    expect([status, headers['cache-control']]).toEqual([200, 'no-cache'])
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers.etag).not.toBe((await fetchPath('/')).headers.etag)
    const again = await fetchPath('/movies/alien', {
      headers: { 'if-none-match': `${headers.etag}` },
    })
    expect(again.status).toBe(304)
  })

  test('is what a browser gets at a path that is not served, with status 404', async () => {
    const accept = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'
    const { status, headers, body } = await fetchPath('/nope', {
      headers: { accept, 'if-none-match': '*' },
    })
    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(body.toString()).toContain('<title>Not found</title>')
    expect(body.toString()).toContain('<meta name="description" content="About it">')
    const post = await fetchPath('/nope', { method: 'POST', headers: { accept } })
    const script = await fetchPath('/nope', { headers: { accept: '*/*' } })
    for (const other of [post, script]) {
      expect([other.status, other.headers['content-type']]).toEqual([404, 'application/json'])
    }
  })

  test('is not sent again to a client that has it', async () => {
    const { headers } = await fetchPath('/')
    const { etag } = headers
    const again = await fetchPath('/movies/1', { headers: { 'if-none-match': `${etag}` } })
    expect([again.status, again.body.length]).toEqual([304, 0])
    expect(again.headers.etag).toBe(`${etag}`)
    expect(again.headers['content-security-policy']).toBe(`${headers['content-security-policy']}`)
  })

  test('responds to HEAD as to GET without a body, and to no other method', async () => {
    const head = await fetchPath('/', { method: 'HEAD' })
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(head.headers['content-length']).toBe(`${html.length}`)
    const post = await fetchPath('/', { method: 'POST' })
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})

describe('an asset', () => {
  test('is cached for a year', async () => {
    const { headers, body } = await fetchPath('/assets/main-1.js')
    expect(body.toString()).toBe(script)
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(headers['cache-control']).toBe(forEver)
    expect(headers['content-encoding']).toBeUndefined()
  })

  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['X-Gzip', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['*', 'br'],
    ['GZIP;q=0.2, br;q=0', 'gzip'],
    ['identity', undefined],
    ['br;q=0, gzip;q=0', undefined],
  ])('is compressed as the client accepts it: %s', async (accepted, encoding) => {
    const { headers, body } = await fetchPath('/assets/main-1.js', {
      headers: { 'accept-encoding': accepted },
    })
    const sent = { br: brotliCompressSync(script), gzip: gzipSync(script) }
    expect(headers['content-encoding']).toBe(encoding as string)
    expect(headers.vary).toBe('accept-encoding')
    expect(body).toEqual(encoding ? sent[encoding as 'br'] : Buffer.from(script))
    expect(headers['content-length']).toBe(`${body.length}`)
  })

  test('without a compressed form is sent as it is', async () => {
    const { status, headers } = await fetchPath('/assets/icon-2.svg', {
      headers: { 'accept-encoding': 'br' },
    })
    expect([status, headers['content-type']]).toEqual([200, 'image/svg+xml'])
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  })

  test.each([
    '/assets/absent.js',
    '/assets/main-1.js.br',
    '/assets/',
    '/assets/..%2Findex.html',
    '/secret.txt',
    '/index.html',
  ])('is nothing else: %s', async (path) => {
    const { status, headers } = await fetchPath(path)
    expect(status).toBe(404)
    expect(headers['cache-control']).toBe('no-store')
  })
})

test('without a page, its paths respond with advice and its assets are not found', async () => {
  await using folder = await temporaryFolder()
  await using server = await servePage(join(folder.path, 'absent'))
  const { status, body } = await fetchPath('/', { origin: server.url })
  expect([status, body.toString()]).toEqual([503, 'the page is not built: build it\n'])
  expect((await fetchPath('/assets/main-1.js', { origin: server.url })).status).toBe(404)
})

test('a page for a path that is not served is no call of the API, and hides none', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'index.html'), html)
  const metrics = createMetrics()
  await using server = await servePage(folder.path, metrics)
  for (const accept of ['text/html', '*/*', 'text/html']) {
    const { headers } = await fetchPath('/nope', { origin: server.url, headers: { accept } })
    expect(headers.vary?.split(', ')).toContain('accept')
  }
  const ended = () => Array.from(metrics.ended.newestFirst(), ({ method }) => method)
  await waitFor(() => ended().length > 0, { what: 'the call to end' })
  expect(ended()).toEqual(['unknown'])
})

test('a folder that is too large for a page is refused', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'index.html'), html)
  await mkdir(join(folder.path, 'assets'))
  const large = new Uint8Array(pageLimits.bytesMax)
  await writeFile(join(folder.path, 'assets', 'film.bin'), large)
  await expect(loadPage(folder.path)).rejects.toThrow(`larger than ${pageLimits.bytesMax} bytes`)
})

test.each(['null', '[]', '{"/":{"links":"main.js"}}', '{"/":null}'])(
  'preloads that are not valid are refused, or are none: %s',
  async (text) => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'index.html'), html)
    await writeFile(join(folder.path, 'preloads.json'), text)
    const page = loadPage(folder.path)
    if (text.startsWith('{')) await expect(page).rejects.toThrow('no links for /: build the page')
    else expect((await page)?.preloads.size).toBe(0)
  },
)

async function servePage(folder: string, metrics = createMetrics()): Promise<Server> {
  const page = await loadPage(folder)
  const app = createApp('page', {
    ...{ log, metrics },
    health: createHealth(new AbortController().signal),
  })
  addPageRoutes(app, {
    page,
    paths: ['/', '/lists', '/movies/:id'],
    heads: {
      '/movies/:id': (c) =>
        c.req.param('id') === 'alien'
          ? { title: 'Alien <1979> & "more" $&', description: 'In space', type: 'video.movie' }
          : undefined,
    },
    notFound: { title: 'Not found' },
    others: { '/docs': 'docs.html' },
    callOrigins: ['http://ratings.test:8082'],
    advice: 'build it',
  })
  return serve({ app, port: 0, log })
}

interface PathRequest {
  readonly origin?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface PathResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Not by `fetch`, which unpacks what it gets. */
function fetchPath(path: string, { origin = url, method = 'GET', headers = {} }: PathRequest = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<PathResponse>()
  const { hostname, port } = new URL(origin)
  const sent = request(
    { hostname, port, path, method, headers, agent: false },
    async (response) => {
      const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>).catch(reject)
      const body = Buffer.concat(chunks ?? [])
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    },
  )
  sent.on('error', reject)
  sent.end()
  return promise
}

alsoOnDenoAndNode(import.meta.filename)
