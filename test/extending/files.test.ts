import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'
import { listedFiles } from './walkthroughs.ts'

const page = readFileSync(join(root, 'docs/extending.md'), 'utf8')

/** Traces of an existing field, RPC, service and flag. Every file that has one is on the list. */
const walkthroughs = [
  {
    heading: 'A field',
    trace: /imdb_?votes/i,
    among: /^(proto|services|packages)\/|^apps\/((?!\.test\.).)*$/,
  },
  {
    heading: 'An RPC',
    trace: /\bgetMetadata\b/i,
    among: /^(proto|services)\/((?!\.test\.).)*$/,
  },
  {
    heading: 'A service',
    trace: /rating\/main|startRating\b|\b8082\b|RatingService\b/,
    among: /^(services\/(config|dev|movie\/config)\.ts|Dockerfile|compose\.yaml)$/,
  },
  {
    heading: 'A flag',
    trace: /retriesMax|retries-max/,
    among: /^(services|packages|docs)\/(?!extending)((?!\.test\.).)*$/,
  },
]

test.each(walkthroughs)(
  'every file that a walkthrough needs is on its list: $heading',
  ({ heading, trace, among }) => {
    const listed = listedFiles(page, heading)
    expect(listed.length).toBeGreaterThan(4)
    const found = projectFiles()
      .filter((path) => among.test(path))
      .filter((path) => trace.test(readFileSync(join(root, path), 'utf8')))
    expect(found.filter((path) => !listed.includes(path))).toEqual([])
    expect(listed.filter((path) => !existsSync(join(root, path)))).toEqual([])
  },
)

test('every file that the page names is there', () => {
  const named = [...page.matchAll(/`((?:packages|services|proto|apps|producers|docs)\/[\w./-]+)`/g)]
  const toCome = (path: string) => path.startsWith('packages/event-log/array/')
  const paths = named.map(([, path = '']) => path).filter((path) => !toCome(path))
  expect(paths.length).toBeGreaterThan(20)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test.each(['metadata', 'rating', 'movie'])('%s has the files that every service has', (name) => {
  const files = listedFiles(page, 'A service').filter((path) => path.startsWith('services/rating/'))
  const own = files.map((path) => path.replaceAll('rating', name))
  expect(own.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

function projectFiles(): string[] {
  const inFolders = ['proto', 'services', 'packages', 'apps', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((path) => `${folder}/${path}`),
  )
  const files = inFolders.filter((path) => /\.(tsx?|proto|md)$/.test(path))
  return [
    ...files.filter((path) => !/node_modules|\/gen\//.test(path)),
    ...['Dockerfile', 'compose.yaml'],
  ]
}
