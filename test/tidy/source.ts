import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { codeOnly, type Import, scanImports } from './imports.ts'

/** A source file of the project, as the rules see it. */
export interface Source {
  /** From the top of the project: `packages/sql/sqlite/sqlite.ts`. */
  readonly path: string
  readonly lineCount: number
  /** Without comments and the insides of strings. */
  readonly code: string
  readonly imports: readonly ResolvedImport[]
}

export interface ResolvedImport extends Import {
  /**
   * The file that is imported, from the top of the project: of a relative import, or of a package of
   * the workspace.
   */
  readonly target: string | undefined
  /**
   * The package that is imported: `hono` for `hono/factory`; `node:net` and `bun:test` stay whole.
   */
  readonly packageName: string | undefined
}

const foreignFolders = new Set(['node_modules', 'data', 'dist', '.git'])

export function readSources(root: string): Source[] {
  return readdirSync(root, { withFileTypes: true })
    .flatMap((entry) => {
      if (entry.isFile()) return [entry.name]
      if (!entry.isDirectory() || foreignFolders.has(entry.name)) return []
      const names = readdirSync(join(root, entry.name), { recursive: true }).map(String)
      return names.map((name) => join(entry.name, name.replaceAll('\\', '/')))
    })
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('/node_modules/'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

export function parseSource(path: string, text: string): Source {
  const imports = scanImports(text).map((found) => ({
    ...found,
    target: targetOf(path, found.specifier),
    packageName: packageOf(found.specifier),
  }))
  return { path, lineCount: text.trimEnd().split('\n').length, code: codeOnly(text), imports }
}

function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(path), specifier)
  const scope = '@marquee/'
  return specifier.startsWith(scope) ? `packages/${specifier.slice(scope.length)}.ts` : undefined
}

function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/')) return undefined
  if (specifier.startsWith('node:') || specifier.startsWith('bun:')) return specifier
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
