import { createConnectTransport } from '@connectrpc/connect-web'
import { createEdgeService } from '@marquee/service/edge'
import { createMovieApp } from './service.ts'
import { createMetadataSource, createRatingSource } from './upstream.ts'

/**
 * The movie service for platforms that call `fetch`. It calls metadata and rating by Connect at
 * METADATA_URL and RATING_URL, and serves no page.
 */
export default createEdgeService((base) => {
  const metadata = createMetadataSource(connectTo(readUrl('METADATA_URL', 'http://localhost:8081')))
  const ratings = createRatingSource(connectTo(readUrl('RATING_URL', 'http://localhost:8082')))
  return createMovieApp({ ...base, sources: { metadata, ratings } })
})

/** Reads a URL from the environment, which on Workers has the bindings of the script. */
function readUrl(name: 'METADATA_URL' | 'RATING_URL', urlDefault: string): string {
  const url = process.env[name] || urlDefault
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url
  throw new Error(`${name} is "${url}": give an origin such as ${urlDefault}`)
}

function connectTo(baseUrl: string) {
  return createConnectTransport({
    baseUrl,
    useBinaryFormat: true,
    // Workers refuse `error`, by which connect-web forbids redirects. A 3xx response fails the call
    // as well.
    fetch: ((input, init) => fetch(input, { ...init, redirect: 'manual' })) as typeof fetch,
  })
}
