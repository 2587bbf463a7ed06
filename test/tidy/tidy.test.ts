import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'
import { importCycles } from './cycles.ts'
import { dependencyProblems, type Manifest } from './dependency-rules.ts'
import { fileProblems } from './file-rules.ts'
import { importProblems } from './import-rules.ts'
import { parseSource, readSources } from './source.ts'

const sources = readSources(root)
const written = sources.filter(({ path }) => !/(^|\/)gen\//.test(path))

test('the source is found', () => {
  expect(written.map(({ path }) => path)).toContain('services/rating/rating.ts')
  expect(sources.some(({ path }) => path.startsWith('gen/rating/'))).toBe(true)
})

test('imports point inward', () => {
  expect(written.flatMap(importProblems)).toEqual([])
})

test('no import leads back to its file, not even one of types', () => {
  expect(importCycles(written)).toEqual([])
})

test('a cycle is found, the shortest of those that share files', () => {
  const parsed = [
    parseSource('packages/sql/a.ts', `import type { B } from './b.ts'\nimport './c.ts'`),
    parseSource('packages/sql/b.ts', `import './c.ts'`),
    parseSource('packages/sql/c.ts', `import '@marquee/sql/a'`),
    parseSource('packages/sql/d.ts', `import './a.ts'`),
  ]
  expect(importCycles(parsed)).toEqual([
    ['packages/sql/a.ts', 'packages/sql/c.ts', 'packages/sql/a.ts'],
    ['packages/sql/b.ts', 'packages/sql/c.ts', 'packages/sql/a.ts', 'packages/sql/b.ts'],
  ])
})

test('decisions are numbered one after the other', () => {
  const files = readdirSync(join(root, 'docs', 'decisions')).sort()
  const numbers = files.map((name) => Number(name.slice(0, 4)))
  expect(numbers).toEqual(files.map((_, index) => index + 1))
})

test('files are small, named for an idea, and read their surroundings in one place', () => {
  expect(written.flatMap(fileProblems)).toEqual([])
})

test('every package is used, and every package used is listed', () => {
  const folders = ['packages', 'apps'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
  )
  const manifests = Object.fromEntries(
    ['', ...folders, 'test/openapi-fetch'].map((folder) => [folder, readManifest(folder)]),
  )
  expect(dependencyProblems(sources, manifests)).toEqual([])
})

test('every action of the workflows is pinned by its commit', () => {
  const folder = join(root, '.github', 'workflows')
  const used = readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/^.*\buses:.*$/gm) ?? [])
    .map((line) => line.trim())
  expect(used).not.toBeEmpty()
  expect(used.filter((line) => !/@[0-9a-f]{40} # v[\d.]+$/.test(line))).toEqual([])
})

describe('an import is refused:', () => {
  test.each([
    ['services/rating/rating.ts', `import { Hono } from 'hono'`, 'the domain knows no framework'],
    ['services/rating/rating.ts', `import type { A } from '../../gen/a.ts'`, 'the domain knows no'],
    ['services/rating/rating-event.ts', `import { a } from '@marquee/sql/a'`, 'import type'],
    ['services/movie/movie.ts', `import { a } from './rpc.ts'`, 'import type'],
    ['services/movie/rpc.ts', `import type { A } from '../rating/rating.ts'`, 'calls the RPCs'],
    ['services/movie/main.ts', `import '../dev.ts'`, 'only services/dev.ts composes'],
    ['packages/sql/sqlite.ts', `import '../../services/rating/rating.ts'`, 'nothing of its users'],
    ['packages/service/app.ts', `import '../../gen/movie/v1/movie_pb.ts'`, 'knows no service'],
    ['packages/http/serve.ts', `await import('../service/app.ts')`, 'by its name'],
    ['services/rating/rpc.ts', `import '../../packages/http/exchange.ts'`, 'by its name'],
    ['packages/sql/port.ts', `import { a } from './a.ts'`, 'types only'],
    ['producers/ingest.ts', `import '../services/rating/store/open.ts'`, 'stands outside'],
    ['services/rating/main.ts', `import { serve } from 'bun'`, 'nothing of Bun alone'],
    ['services/rating/main.ts', `import './store/contract/contract.ts'`, 'imports no tests'],
    ['packages/service/app.ts', `import '@marquee/testing/wait-for'`, 'imports no tests'],
    ['packages/service/app.ts', `import '../../gen/connectrpc/a_pb.ts'`, 'are for tests'],
    ['packages/service/app.ts', `import '../../gen/bench/v1/a_pb.ts'`, 'are for tests'],
    ['apps/web/app.tsx', `import '../../services/movie/movie.ts'`, 'by their RPCs'],
    ['apps/web/app.tsx', `import '@marquee/http/exchange'`, 'by their RPCs'],
    ['services/movie/page.ts', `import '../../apps/web/route.ts'`, 'not imported'],
    ['apps/web/app.tsx', `import { h } from './header'`, 'with .ts'],
    ['scripts/a.ts', `import './b'`, 'with .ts'],
    ['scripts/a.ts', `export * from './b.js'`, 'with .ts'],
  ])('%s: %s', (path, text, advice) => {
    const problems = importProblems(parseSource(path, `\n${text}\n`))
    expect(problems).toEqual([expect.stringContaining(advice)])
    expect(problems[0]).toStartWith(`${path}:2 `)
  })
})

test.each([
  ['services/rating/rating.ts', `import type { Store } from './store/port.ts'`],
  ['services/rating/rating-event.ts', `import { isValue } from './rating.ts'`],
  ['services/dev.ts', `import './rating/service.ts'`],
  ['packages/service/app.test.ts', `import '../../gen/movie/v1/movie_pb.ts'`],
  ['packages/service/health.ts', `import '../../gen/system/v1/system_pb.ts'`],
  ['producers/ingest.ts', `import '../services/rating/rating-event.ts'`],
  ['apps/web/app.tsx', `import { createMarquee } from '@marquee/client'`],
  ['apps/web/main.tsx', `import { App } from './app.tsx'`],
  ['test/page/page.test.ts', `import { moviePath } from '../../apps/web/route.ts'`],
])('an import is accepted: %s: %s', (path, text) => {
  expect(importProblems(parseSource(path, text))).toEqual([])
})

describe('a file is refused:', () => {
  test.each([
    ['packages/utils/a.ts', ''],
    ['services/rating/helpers.ts', ''],
    ['packages/sql/a.ts', 'a\n'.repeat(301)],
    ['packages/sql/a.test.ts', 'a\n'.repeat(501)],
    ['packages/sql/a.ts', 'const path = process.env.PATH'],
    ['services/rating/rpc.ts', 'const flags = process.argv.slice(2)'],
    ['services/rating/main.ts', 'Bun.serve({})'],
    ['packages/http/http1-bun.ts', 'const home = Bun.env.HOME'],
  ])('%s', (path, text) => {
    expect(fileProblems(parseSource(path, text))).toHaveLength(1)
  })
})

test.each([
  ['packages/sql/a.ts', 'a\n'.repeat(300)],
  ['services/rating/config.ts', 'const path = process.env.PATH'],
  ['packages/http/http1-bun.ts', 'Bun.serve({})'],
  ['packages/sql/a.ts', '// not process.env\nconst text = "Bun.serve"'],
])('a file is accepted: %s', (path, text) => {
  expect(fileProblems(parseSource(path, text))).toEqual([])
})

test('a package that nothing imports is refused, and an import that no package brings', () => {
  const manifest = {
    dependencies: { used: '1', idle: '1', tool: '1' },
    devDependencies: { dev: '1' },
  }
  const product = parseSource('packages/a.ts', `import 'used/sub'\nimport 'dev'`)
  const script = parseSource(
    'scripts/a.ts',
    `import 'dev'\nimport 'node:fs'\nimport '@no/where/at'`,
  )
  expect(
    dependencyProblems([product, script], { '': manifest }, { tool: 'a command', used: '' }),
  ).toEqual([
    expect.stringContaining('idle is imported nowhere'),
    expect.stringContaining('packages/a.ts:2 imports dev'),
    expect.stringContaining('scripts/a.ts:3 imports @no/where/at'),
    expect.stringContaining('used is imported, or not in package.json'),
  ])
})

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}
