/** Prints the workspace: its parts with their purpose, lines and dependencies. `bun run tree`. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'
import { testing } from '../test/tidy/import-rules.ts'

interface Part {
  readonly folder: string
  readonly description: string
  readonly dependencies: readonly string[]
}

/** Parts without a manifest. */
const folders: readonly Part[] = [
  { folder: 'services', description: 'metadata, rating and movie', dependencies: [] },
  { folder: 'producers', description: 'Programs that put data in', dependencies: [] },
  { folder: 'scripts', description: 'The commands of package.json', dependencies: [] },
  { folder: 'test', description: 'Tests across services, attacks, suites', dependencies: [] },
  { folder: 'bench', description: 'Every figure, with its peers', dependencies: [] },
]

const files = listFiles()
const workspaces = files
  .filter((path) => /^(apps|packages)\/[^/]+\/package\.json$/.test(path))
  .map((path) => readPart(path.replace('/package.json', '')))
const parts = [...workspaces, ...folders]

console.log(`${'lines'.padStart(6)} ${'tests'.padStart(6)}`)
for (const { folder, description, dependencies } of parts) {
  const { product, tests } = countLines(folder)
  console.log(
    `${String(product).padStart(6)} ${String(tests).padStart(6)}  ${folder}: ${description}`,
  )
  if (dependencies.length > 0) console.log(`${' '.repeat(17)}${dependencies.join(', ')}`)
}
const totals = parts.map(({ folder }) => countLines(folder))
const product = totals.reduce((sum, each) => sum + each.product, 0)
const tests = totals.reduce((sum, each) => sum + each.tests, 0)
console.log(`${String(product).padStart(6)} ${String(tests).padStart(6)}  in all, without gen/`)

/** Returns the files that git tracks or would add. */
function listFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0')
  return listed.filter((path) => path !== '' && existsSync(join(root, path)))
}

function readPart(folder: string): Part {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const dependencies = Object.keys(manifest.dependencies ?? {}).sort()
  return { folder, description: manifest.description, dependencies }
}

/** Counts the lines of TypeScript in a folder: product code and test code. */
function countLines(folder: string): { product: number; tests: number } {
  const counts = { product: 0, tests: 0 }
  for (const path of files) {
    if (!path.startsWith(`${folder}/`) || !/\.tsx?$/.test(path) || /\/gen\//.test(path)) continue
    const isTest = testing.test(path) || path.startsWith('packages/testing/')
    const lineCount = readFileSync(join(root, path), 'utf8').split('\n').length - 1
    counts[isTest ? 'tests' : 'product'] += lineCount
  }
  return counts
}
