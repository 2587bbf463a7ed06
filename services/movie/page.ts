import { join } from 'node:path'
import type { ServiceApp } from '@marquee/service/app'
import { type BuiltPage, loadPage } from '@marquee/service/assets/load'
import { addPageRoutes, type HeadOf } from '@marquee/service/assets/routes'
import type { Flags } from '@marquee/service/flags/flags'
import { refuseMethod } from '@marquee/service/rest/rest'
import type { Logger } from 'pino'
import { Access } from '../../gen/access/v1/access_pb.ts'
import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import { forwardedPaths } from './door.ts'
import type { MetadataSource } from './movie.ts'
import { createPageHeads, notFoundHead } from './page-heads.ts'

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
  /** True when people can sign in. Default: false. */
  readonly hasSignIn?: boolean
  /** Notice about the data, for the footer. Empty for none. */
  readonly dataNotice: string
  /** Year of the catalogue's data, when it is a snapshot. Default: it is kept current. */
  readonly dataYear?: number
}

/** The page of the movie service. */
export interface MoviePage {
  /**
   * Serves the page. `/page.json` contains the addresses at which it calls the services. Add it
   * after all other routes, because browsers get it wherever nothing else is served.
   * @param metadata Source of the titles of the movies' documents.
   */
  addTo(app: ServiceApp, metadata: Pick<MetadataSource<Metadata>, 'get'>): void
}

export interface PageOptions {
  readonly config: PageConfig
  readonly log: Logger
}

/** Paths of the views. */
const pagePaths = ['/', '/me', '/movies/:id', '/system', '/try', '/try/:service/:method']

/** Pages of their own. */
const otherPages = { '/docs': 'docs.html' }

export function readPageConfig(flags: Flags): PageConfig {
  const webRoot = flags.text({
    flag: 'web-root',
    help: 'the folder of the built page',
    default: join(import.meta.dirname, '..', '..', 'dist', 'web'),
  })
  const metadata = readDirectUrl(flags, 'metadata')
  const rating = readDirectUrl(flags, 'rating')
  const dataNotice = flags.text({
    flag: 'page-data-notice',
    help: "what visitors should know about the data, for the page's footer; empty: nothing",
    default: '',
  })
  const directUrls = { ...(metadata && { metadata }), ...(rating && { rating }) }
  return { webRoot, directUrls, dataNotice }
}

function readDirectUrl(flags: Flags, service: string): string | undefined {
  const flag = `page-${service}-url`
  const help = `the origin at which browsers reach ${service}; empty: through movie`
  const [origin, ...others] = flags.origins({ flag, help, default: '' })
  if (others.length > 0) flags.refuse(`--${flag} names several origins: give one`)
  return origin
}

/** Loads the page. */
export async function openPage({ config, log }: PageOptions): Promise<MoviePage> {
  const built = await loadPage(config.webRoot)
  if (!built) log.warn({ webRoot: config.webRoot }, 'the page is not built: bun run build')
  return {
    addTo(app, metadata) {
      addAddresses(app, config)
      addPage(app, built, createPageHeads(metadata), config)
    },
  }
}

/** @param built `undefined` when the page is not built. */
function addPage(
  app: ServiceApp,
  built: BuiltPage | undefined,
  heads: Readonly<Record<string, HeadOf>>,
  { directUrls }: PageConfig,
): void {
  for (const path of [...pagePaths, ...Object.keys(otherPages), '/assets/*']) {
    app.access.addRoute(path, { GET: Access.PUBLIC })
  }
  addPageRoutes(app, {
    page: built,
    paths: pagePaths,
    heads,
    notFound: notFoundHead,
    others: otherPages,
    callOrigins: [...new Set(Object.values(directUrls))],
    advice: 'bun run build',
  })
}

function addAddresses(app: ServiceApp, config: PageConfig): void {
  const { directUrls, hasSignIn = false, dataNotice, dataYear } = config
  const services = { movie: '', ...forwardedPaths, ...directUrls }
  const addresses = {
    services,
    ...(hasSignIn && { hasSignIn }),
    ...(dataNotice !== '' && { dataNotice }),
    ...(dataYear !== undefined && { dataYear }),
  }
  app.access.addRoute('/page.json', { GET: Access.PUBLIC })
  app.get('/page.json', (c) => {
    c.get('call').isFile = true
    return c.json(addresses, 200, { 'cache-control': 'no-cache' })
  })
  app.all('/page.json', refuseMethod('GET, HEAD'))
}
