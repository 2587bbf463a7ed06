import { join } from 'node:path'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { type BuiltPage, loadPage } from '../../platform/assets/load.ts'
import { addPageRoutes } from '../../platform/assets/routes.ts'
import type { Settings } from '../../platform/process/settings.ts'
import type { Environment } from '../../platform/rpc/call.ts'
import { refuseMethod } from '../../platform/rpc/rest.ts'

/** The services that the page calls. */
export type PageService = 'movie' | 'metadata' | 'rating'

export interface PageSettings {
  /** The folder of the built page. */
  readonly webRoot: string
  /** The origins at which browsers reach metadata and rating; those that are left out are reached through movie. */
  readonly directUrls: Partial<Record<PageService, string>>
  /** The origins that commands for a shell name, where they are known: `http://localhost:8082`. */
  readonly commandUrls?: Partial<Record<PageService, string>>
}

/** The page with its settings. */
export interface MoviePage {
  /** Undefined when it was not built. */
  readonly built: BuiltPage | undefined
  readonly settings: PageSettings
}

/** The paths at which the page shows something. */
const paths = ['/', '/movies/:id', '/system', '/try', '/try/:service/:method']

/** Where movie forwards the calls of the page to another service. */
export const forwardPaths = { metadata: '/services/metadata', rating: '/services/rating' } as const

export function readPageSettings(settings: Settings): PageSettings {
  const webRoot = settings.text({
    flag: 'web-root',
    help: 'the folder of the built page',
    default: join(import.meta.dirname, '..', '..', 'dist', 'web'),
  })
  const metadata = readDirectUrl(settings, 'metadata')
  const rating = readDirectUrl(settings, 'rating')
  return { webRoot, directUrls: { ...(metadata && { metadata }), ...(rating && { rating }) } }
}

function readDirectUrl(settings: Settings, service: string): string | undefined {
  const flag = `page-${service}-url`
  const help = `the origin at which browsers reach ${service}; through movie unless told`
  const [origin, ...others] = settings.origins({ flag, help, default: '' })
  if (others.length > 0) settings.refuse(`--${flag} names several origins: give one`)
  return origin
}

export async function openPage(settings: PageSettings, log: Logger): Promise<MoviePage> {
  const built = await loadPage(settings.webRoot)
  if (!built) log.warn({ webRoot: settings.webRoot }, 'the page is not built: bun run build')
  return { built, settings }
}

/** Serves the page, and tells it by `/page.json` where the services are: paths of its own origin, or other origins. */
export function addPage(app: Hono<Environment>, { built, settings }: MoviePage): void {
  const { directUrls, commandUrls } = settings
  addPageRoutes(app, {
    page: built,
    paths,
    callOrigins: [...new Set(Object.values(directUrls))],
    advice: 'bun run build',
  })
  const services = { movie: '', ...forwardPaths, ...directUrls }
  const told = { services, commandUrls: { ...services, ...commandUrls } }
  app.get('/page.json', (c) => c.json(told, 200, { 'cache-control': 'no-cache' }))
  app.all('/page.json', refuseMethod('GET, HEAD'))
}
