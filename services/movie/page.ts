import { join } from 'node:path'
import type { Registry } from '@marquee/registry/port'
import type { ServiceApp } from '@marquee/service/app'
import { type BuiltPage, loadPage } from '@marquee/service/assets/load'
import { addPageRoutes } from '@marquee/service/assets/routes'
import type { Flags } from '@marquee/service/flags/flags'
import { addForwarding, type ForwardingOptions } from '@marquee/service/gateway/routes'
import { openUpstream, type Upstream } from '@marquee/service/gateway/upstream'
import { refuseMethod } from '@marquee/service/rest/rest'
import type { Logger } from 'pino'
import { Access } from '../../gen/access/v1/access_pb.ts'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { DeadLetterService } from '../../gen/system/v1/system_pb.ts'

/** The services that the page calls. */
export type PageService = 'movie' | 'metadata' | 'rating'

export interface PageConfig {
  /** The folder of the built page. */
  readonly webRoot: string
  /**
   * Origins at which browsers reach metadata and rating. Browsers reach an omitted one through
   * movie.
   */
  readonly directUrls: Partial<Record<PageService, string>>
  /** Origins in the shell commands that the page shows: `http://localhost:8082`. */
  readonly commandUrls?: Partial<Record<PageService, string>>
  /** True when people can sign in. Default: false. */
  readonly hasSignIn?: boolean
}

/** The page, and the calls that movie forwards for it. */
export interface MoviePage extends AsyncDisposable {
  /**
   * Serves the page, and forwards its calls. `/page.json` contains the addresses of the services:
   * paths of this origin, or other origins.
   */
  addTo(app: ServiceApp, forwarding: ForwardingBase): void
}

/** Options that forwarded calls share with the calls of the app: see `ForwardingOptions`. */
export type ForwardingBase = Pick<
  ForwardingOptions,
  'drain' | 'streams' | 'admission' | 'access' | 'restRoutes'
>

interface OpenedPage {
  /** `undefined` when the page is not built. */
  readonly built: BuiltPage | undefined
  readonly config: PageConfig
  /** Upstreams of the services that the page does not call directly. */
  readonly upstreams: Readonly<Partial<Record<ForwardedService, Upstream>>>
}

export interface PageOptions {
  readonly config: PageConfig
  readonly registry: Registry
  readonly log: Logger
}

/** Paths of the views. */
const pagePaths = ['/', '/movies/:id', '/system', '/try', '/try/:service/:method']

type ForwardedService = 'metadata' | 'rating'

/** Other services, with the path at which movie forwards their RPCs. */
const forwarded = {
  metadata: { path: '/services/metadata', services: [MetadataService] },
  rating: { path: '/services/rating', services: [RatingService, DeadLetterService] },
}

export function readPageConfig(flags: Flags): PageConfig {
  const webRoot = flags.text({
    flag: 'web-root',
    help: 'the folder of the built page',
    default: join(import.meta.dirname, '..', '..', 'dist', 'web'),
  })
  const metadata = readDirectUrl(flags, 'metadata')
  const rating = readDirectUrl(flags, 'rating')
  return { webRoot, directUrls: { ...(metadata && { metadata }), ...(rating && { rating }) } }
}

function readDirectUrl(flags: Flags, service: string): string | undefined {
  const flag = `page-${service}-url`
  const help = `the origin at which browsers reach ${service}; empty: through movie`
  const [origin, ...others] = flags.origins({ flag, help, default: '' })
  if (others.length > 0) flags.refuse(`--${flag} names several origins: give one`)
  return origin
}

/** Loads the page, and opens the upstreams of the calls it forwards. */
export async function openPage({ config, registry, log }: PageOptions): Promise<MoviePage> {
  const built = await loadPage(config.webRoot)
  if (!built) log.warn({ webRoot: config.webRoot }, 'the page is not built: bun run build')
  await using opened = new AsyncDisposableStack()
  const open = async (service: ForwardedService) => {
    if (config.directUrls[service]) return {}
    return { [service]: opened.use(await openUpstream(registry, service)) }
  }
  const upstreams = { ...(await open('metadata')), ...(await open('rating')) }
  const kept = opened.move()
  return {
    addTo: (app, base) => addPage(app, { built, config, upstreams }, base),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function addPage(app: ServiceApp, page: OpenedPage, base: ForwardingBase): void {
  const { built, config, upstreams } = page
  const { directUrls, commandUrls, hasSignIn = false } = config
  for (const path of [...pagePaths, '/assets/*', '/page.json']) {
    app.access.addRoute(path, { GET: Access.PUBLIC })
  }
  addPageRoutes(app, {
    page: built,
    paths: pagePaths,
    callOrigins: [...new Set(Object.values(directUrls))],
    advice: 'bun run build',
  })
  for (const service of ['metadata', 'rating'] as const) {
    const upstream = upstreams[service]
    if (upstream) addForwarding(app, { ...forwarded[service], service, upstream, ...base })
  }
  const paths = { metadata: forwarded.metadata.path, rating: forwarded.rating.path }
  const services = { movie: '', ...paths, ...directUrls }
  const addresses = {
    services,
    commandUrls: { ...services, ...commandUrls },
    ...(hasSignIn && { hasSignIn }),
  }
  app.get('/page.json', (c) => c.json(addresses, 200, { 'cache-control': 'no-cache' }))
  app.all('/page.json', refuseMethod('GET, HEAD'))
}
