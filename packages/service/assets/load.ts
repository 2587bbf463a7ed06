import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { versionOf } from './version.ts'

/** File of a page, in memory. */
export interface Asset {
  readonly contentType: string
  readonly bytes: Uint8Array
  /** Compressed forms of the same bytes, the shortest first. */
  readonly packed: readonly PackedAsset[]
  /** Hash of the bytes. */
  readonly version: string
}

export interface PackedAsset {
  readonly encoding: 'br' | 'gzip'
  readonly bytes: Uint8Array
}

/** Built page: the index, which is the response of all its routes, and the other files. */
export interface BuiltPage {
  readonly index: Asset
  /** Other HTML files by name: `docs.html`. */
  readonly others: ReadonlyMap<string, Asset>
  /** Files by path: `/assets/index-3f2a.js`. */
  readonly assets: ReadonlyMap<string, Asset>
  /** Requests of browsers at the start of each route. */
  readonly preloads: ReadonlyMap<string, Preloads>
}

/** HTML elements, such as `<link rel="modulepreload" href="/assets/try-3f2a.js">`. */
export interface Preloads {
  readonly links: readonly string[]
  /** For requests without a query only. */
  readonly linksWithoutQuery: readonly string[]
}

/** Limits of a page, which is kept in memory. */
export const pageLimits = {
  fileCountMax: 1_000,
  /** Maximum size of all files, compressed ones included, in bytes. */
  bytesMax: 64 * 1024 * 1024,
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

const encodings = { br: '.br', gzip: '.gz' } as const

/**
 * Reads a built page: `index.html` and the files of `assets`, with their compressed forms (`.br`,
 * `.gz`), and `preloads.json` with elements for the head of each route. Returns `undefined` when the folder has no `index.html`. Rejects when the page exceeds
 * `pageLimits`.
 */
export async function loadPage(folder: string): Promise<BuiltPage | undefined> {
  if (!existsSync(join(folder, 'index.html'))) return undefined
  const files = await readFiles(folder)
  const index = toAsset(files, 'index.html')
  if (index === undefined) return undefined
  const names = [...files.keys()].filter((name) => !isPacked(name))
  const assets = new Map<string, Asset>()
  const others = new Map<string, Asset>()
  for (const name of names) {
    const asset = toAsset(files, name)
    if (asset === undefined || name === 'index.html') continue
    if (name.startsWith('assets/')) assets.set(`/${name}`, asset)
    else if (/^[\w-]+\.html$/.test(name)) others.set(name, asset)
  }
  return { index, others, assets, preloads: readPreloads(files.get('preloads.json')) }
}

/** Reads `preloads.json`, which a page may have. Throws when it is not valid. */
function readPreloads(bytes: Uint8Array | undefined): ReadonlyMap<string, Preloads> {
  if (bytes === undefined) return new Map()
  const routes: unknown = JSON.parse(new TextDecoder().decode(bytes))
  return new Map(
    Object.entries(routes ?? {}).map(([route, preloads]) => {
      const { links, linksWithoutQuery } = preloads ?? {}
      if (!areTexts(links) || !areTexts(linksWithoutQuery)) {
        throw new Error(`preloads.json has no links for ${route}: build the page again`)
      }
      return [route, { links, linksWithoutQuery }]
    }),
  )
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  if (paths.length > pageLimits.fileCountMax) {
    throw new Error(
      `${folder} has ${paths.length} files: a page may have at most ${pageLimits.fileCountMax}`,
    )
  }
  const files = new Map<string, Uint8Array>()
  let bytes = 0
  for (const path of paths) {
    const content = await readFile(path)
    bytes += content.length
    if (bytes > pageLimits.bytesMax) {
      throw new Error(
        `${folder} is larger than ${pageLimits.bytesMax} bytes: give the folder of a built page`,
      )
    }
    files.set(relative(folder, path).replaceAll(sep, '/'), content)
  }
  return files
}

function isPacked(name: string): boolean {
  return Object.values(encodings).some((extension) => name.endsWith(extension))
}

function toAsset(files: ReadonlyMap<string, Uint8Array>, name: string): Asset | undefined {
  const bytes = files.get(name)
  if (bytes === undefined) return undefined
  const packed: PackedAsset[] = []
  for (const encoding of ['br', 'gzip'] as const) {
    const shorter = files.get(name + encodings[encoding])
    if (shorter !== undefined) packed.push({ encoding, bytes: shorter })
  }
  packed.sort((one, other) => one.bytes.length - other.bytes.length)
  return {
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
    bytes,
    packed,
    version: versionOf(bytes),
  }
}
