import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { escapeHtml } from '@marquee/service/assets/document'
import { type Bundle, type BundledFile, bundle } from './bundle-bun.ts'

export interface WebBuild {
  /** Folder of the page's source, with `index.html`. */
  readonly source: string
  /** Other files and folders that the page depends on, such as the build scripts. */
  readonly extraSources: readonly string[]
  /** Folder that is served. Its source maps are in `<output>-maps`. */
  readonly output: string
  /** Requests of browsers at the start of each route. Default: nothing. */
  readonly preloads?: Readonly<Record<string, RoutePreloads>>
}

export interface RoutePreloads {
  /** Modules that the page imports when it is opened, by their paths in `source`. */
  readonly modules?: readonly string[]
  /** URLs that the page fetches first. */
  readonly urls?: readonly string[]
  /** URLs that it fetches first when its own URL has no query. */
  readonly urlsWithoutQuery?: readonly string[]
}

/** Minimum size of a file that is compressed. */
const compressBytesMin = 512
/** Size above which the best quality of Brotli takes seconds, in bytes. */
const bestQualityBytesMax = 512 * 1024
/** Quality of Brotli for larger files. */
const quickQuality = 9
/** File in the output with the fingerprint of its source. */
const fingerprintName = 'fingerprint'
/** File in the output with elements for the head of each route's document, which the server adds. */
const preloadsName = 'preloads.json'
/** Maximum number of attempts to rename a folder while other builds do the same. */
const renameTriesMax = 20

/**
 * Builds the pages, unless the last build had the same source: each HTML file, and what they need in
 * `assets`, each with a Brotli (`.br`) and gzip (`.gz`) copy where that is smaller. The folder is
 * replaced as a whole.
 * @returns The bundle, or `undefined` when nothing has changed.
 */
export async function buildWeb(build: WebBuild): Promise<Bundle | undefined> {
  const { source, extraSources, output } = build
  const { preloads = {} } = build
  const fingerprint = await fingerprintOf([source, ...extraSources])
  if ((await readIfPresent(join(output, fingerprintName))) === fingerprint) return undefined
  const built = await bundlePages(source)
  const fingerprintFile = { path: fingerprintName, bytes: new TextEncoder().encode(fingerprint) }
  await replaceFolder(`${output}-maps`, built.sourceMaps, false)
  const preloadsFile = { path: preloadsName, bytes: preloadsOf(preloads, source, built) }
  await replaceFolder(output, [...built.served, preloadsFile, fingerprintFile], true)
  return built
}

/** Bundles each HTML file of a folder as a page of its own, so that none loads parts of another. */
async function bundlePages(source: string): Promise<Bundle> {
  const names = await readdir(source)
  const pages = names.filter((name) => name.endsWith('.html')).map((name) => join(source, name))
  const bundles = await Promise.all(pages.map(bundle))
  return {
    served: distinct(bundles.flatMap(({ served }) => served)),
    sourceMaps: distinct(bundles.flatMap(({ sourceMaps }) => sourceMaps)),
    lazyScripts: Object.assign({}, ...bundles.map(({ lazyScripts }) => lazyScripts)),
  }
}

/** Throws when a module is not in a file of its own, because it was moved or is not imported lazily. */
function preloadsOf(
  preloads: NonNullable<WebBuild['preloads']>,
  source: string,
  { lazyScripts }: Bundle,
): Uint8Array {
  const scriptsOf = (module: string) => {
    const wanted = join(source, module)
    const [, scripts] =
      Object.entries(lazyScripts).find(([path]) => resolve(path) === resolve(wanted)) ?? []
    if (!scripts) throw new Error(`no page imports ${wanted} lazily, so it cannot be preloaded`)
    return scripts
  }
  const ofFetch = (url: string) =>
    `<link rel="preload" as="fetch" href="${escapeHtml(url)}" crossorigin>`
  const routes = Object.entries(preloads).map(([route, { modules = [], ...rest }]) => {
    const { urls = [], urlsWithoutQuery = [] } = rest
    const scripts = [...new Set(modules.flatMap(scriptsOf))]
    const links = [
      ...scripts.map((path) => `<link rel="modulepreload" href="/${path}" crossorigin>`),
      ...urls.map(ofFetch),
    ]
    return [route, { links, linksWithoutQuery: urlsWithoutQuery.map(ofFetch) }]
  })
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(routes)))
}

/** Keeps one of the files that several pages have: their names contain a hash. */
function distinct(files: readonly BundledFile[]): BundledFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

/** Returns a hash of the content, independent of modification times. */
async function fingerprintOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(process.versions))
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      hash.update(`\n${relative(path, file)}\n`).update(await readFile(file))
    }
  }
  return hash.digest('hex')
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function readIfPresent(file: string): Promise<string | undefined> {
  return existsSync(file) ? readFile(file, 'utf8') : undefined
}

async function replaceFolder(
  folder: string,
  files: readonly BundledFile[],
  isServed: boolean,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const fresh = await mkdtemp(`${folder}.new-`)
  await Promise.all(files.map((file) => write(fresh, file, isServed)))
  await chmod(fresh, 0o755)
  await putInPlace(fresh, folder)
}

/** Replaces the folder. When builds run concurrently, the last one stays. */
async function putInPlace(fresh: string, folder: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const old = `${fresh}-old`
    await rename(folder, old).catch(ignore('ENOENT'))
    await rm(old, { recursive: true, force: true })
    try {
      await rename(fresh, folder)
      return
    } catch (error) {
      if (tries === renameTriesMax) throw error
      ignore('ENOTEMPTY', 'EEXIST')(error)
    }
  }
}

/** Returns a handler that ignores errors with these codes, and throws all others. */
function ignore(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

const packers = {
  br: (bytes: Uint8Array) =>
    brotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]:
          bytes.length > bestQualityBytesMax ? quickQuality : constants.BROTLI_MAX_QUALITY,
      },
    }),
  gz: (bytes: Uint8Array) => zip(bytes, { level: constants.Z_BEST_COMPRESSION }),
}

async function write(folder: string, { path, bytes }: BundledFile, isServed: boolean) {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, bytes)
  if (!isServed || bytes.length < compressBytesMin) return
  for (const [extension, pack] of Object.entries(packers)) {
    const packed = await pack(bytes)
    if (packed.length < bytes.length) await writeFile(`${file}.${extension}`, packed)
  }
}
