/**
 * Builds the page, `apps/web/`, into `dist/web`, unless nothing has changed since the last build.
 */
import { join } from 'node:path'
import { buildWeb, type WebBuild } from './web-output.ts'

const root = join(import.meta.dirname, '..')
const builders = ['build-web.ts', 'bundle-bun.ts', 'web-output.ts']
const packages = ['back-off', 'client', 'connect-hono/gen']
const besides = [
  ...['bun.lock', 'package.json', 'tsconfig.json'],
  ...packages.map((name) => join('packages', name)),
  join('gen', 'openapi'),
  ...builders.map((name) => join('scripts', name)),
]

/** The page itself says what its routes load: the module runs now, and is not served. */
const page: { preloads(): Promise<NonNullable<WebBuild['preloads']>> } = await import(
  join(root, 'apps', 'web', 'preloads.ts')
)

const startMs = performance.now()
const built = await buildWeb({
  source: join(root, 'apps', 'web'),
  extraSources: besides.map((path) => join(root, path)),
  output: join(root, 'dist', 'web'),
  preloads: await page.preloads(),
})
if (built !== undefined) {
  const durationMs = Math.round(performance.now() - startMs)
  console.log(`Built the page: ${built.served.length} files in ${durationMs} ms.`)
}
