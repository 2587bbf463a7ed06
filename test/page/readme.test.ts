import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const rows = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').matchAll(
  /\| `(?<path>[^`]+)` “(?<name>[^”]+)” +\|/g,
)
const named = [...rows].map(({ groups }) => ({
  path: groups?.path ?? '',
  name: groups?.name ?? '',
}))

test('the tests that the README names exist', () => {
  expect(named.length).toBeGreaterThan(50)
  const missing = named.filter(
    ({ path, name }) => !readFileSync(join(root, path), 'utf8').includes(name),
  )
  expect(missing).toEqual([])
})

test('the README names a test in each of its rows', () => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (no\.|---)/.test(line))
  expect(lines).toHaveLength(named.length)
})
