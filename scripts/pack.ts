/**
 * Packs the packages that work outside this repository into `dist/packages/*.tgz`: JavaScript, types and source maps,
 * checked by publint and arethetypeswrong. Any problem that one of them finds is an error.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { root } from '@marquee/testing/tools'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  /** Exports of the packed package, when the workspace uses more. */
  readonly publishConfig?: { readonly exports: Readonly<Record<string, string>> }
}

/** Names in the order of their dependencies. */
const names = ['http', 'connect-hono', 'transcode', 'grpc-transport', 'back-off', 'client']
const out = join(root, 'dist', 'packages')
const { catalog } = readJson(join(root, 'package.json')) as { catalog: Record<string, string> }

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function exportsOf({ publishConfig, exports }: Manifest): Readonly<Record<string, string>> {
  return publishConfig?.exports ?? exports
}

/**
 * Compiles what a package exports, and its workers. It sees the other packages as they are packed.
 */
function compile(source: string, manifest: Manifest, folder: string): void {
  const files = readdirSync(source, { recursive: true }).map(String)
  const workers = files.filter((file) => basename(file) === 'worker.ts')
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      inlineSources: true,
      outDir: join(folder, 'dist'),
      paths: { '@marquee/*': [join(out, '*')] },
      rewriteRelativeImportExtensions: true,
      rootDir: source,
      sourceMap: true,
      typeRoots: [join(root, 'node_modules', '@types')],
      types: ['node'],
    },
    files: [...Object.values(exportsOf(manifest)), ...workers].map((file) => join(source, file)),
  }
  const path = join(folder, 'tsconfig.json')
  writeFileSync(path, JSON.stringify(config))
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['--project', path], { stdio: 'inherit' })
  rmSync(path)
  pointAtJavaScript(join(folder, 'dist'))
}

/**
 * Replaces `.ts` by `.js` where the compiler does not: in the imports of types, and in the URLs of
 * workers.
 */
function pointAtJavaScript(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true }).map(String)) {
    if (!/\.(js|d\.ts)$/.test(file)) continue
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const pointed = text
      .replace(/((?:from|import) ?\(?['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2')
      .replace(/(new URL\('\.[^']+)\.ts(', import\.meta\.url\))/g, '$1.js$2')
    if (pointed !== text) writeFileSync(path, pointed)
  }
}

/**
 * Libraries of which a program must have one copy: two copies of Hono would have two types of app.
 */
const peers = ['@bufbuild/protobuf', '@connectrpc/connect', 'hono']

/** Returns the manifest of the packed package. */
function packedManifest(manifest: Manifest): object {
  const exports = Object.entries(exportsOf(manifest)).map(([name, path]) => {
    const file = `./dist/${path.slice(2, -'.ts'.length)}`
    return [name, { types: `${file}.d.ts`, default: `${file}.js` }]
  })
  const ranges = Object.entries(manifest.dependencies ?? {}).map(([name, range]) => {
    const version = range.startsWith('workspace:') ? manifest.version : (catalog[name] ?? range)
    return [name, `^${version}`] as const
  })
  return {
    ...manifest,
    private: undefined,
    publishConfig: undefined,
    exports: Object.fromEntries(exports),
    dependencies: Object.fromEntries(ranges.filter(([name]) => !peers.includes(name))),
    peerDependencies: Object.fromEntries(ranges.filter(([name]) => peers.includes(name))),
    files: ['dist'],
  }
}

/** Builds one package and returns its tarball. */
function pack(name: string): string {
  const source = join(root, 'packages', name)
  const folder = join(out, name)
  mkdirSync(folder)
  const manifest = readJson(join(source, 'package.json')) as Manifest
  compile(source, manifest, folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(packedManifest(manifest), null, 2))
  cpSync(join(source, 'README.md'), join(folder, 'README.md'))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const tarball = join(out, `marquee-${name}-${manifest.version}.tgz`)
  const args = ['pm', 'pack', '--quiet', '--filename', tarball]
  execFileSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  return tarball
}

/**
 * Returns the problems that publint and arethetypeswrong find in a tarball. The packages are ES
 * modules only.
 */
async function problemsOf(tarball: string): Promise<string[]> {
  const data = readFileSync(tarball)
  const { messages, pkg } = await publint({ pack: { tarball: data.buffer as ArrayBuffer } })
  const { problems } = { problems: [], ...(await checkPackage(createPackageFromTarballData(data))) }
  const relevant = problems.filter(
    (problem) =>
      !('resolutionKind' in problem) || ['node16-esm', 'bundler'].includes(problem.resolutionKind),
  )
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg)}`),
    ...relevant.map((problem) => `arethetypeswrong: ${JSON.stringify(problem)}`),
  ]
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
for (const name of names) {
  const tarball = pack(name)
  const problems = await problemsOf(tarball)
  for (const problem of problems) console.error(`${name}: ${problem}`)
  if (problems.length > 0) process.exitCode = 1
  else console.log(tarball)
}
