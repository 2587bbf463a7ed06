import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

test('the tree shows each part with its lines, its description and its dependencies', () => {
  const program = join(import.meta.dirname, 'tree.ts')
  const { stdout, status } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  expect(status).toBe(0)
  expect(stdout).toMatch(/^ +\d+ +\d+ {2}packages\/http: One listener/m)
  expect(stdout).toMatch(/^ +\d+ +\d+ {2}packages\/sql: .*\n +@marquee\/back-off, pg$/m)
  const lines = [...stdout.matchAll(/^ *(\d+) +\d+ {2}/gm)].map(([, count]) => Number(count))
  const total = lines.pop()
  expect(lines.reduce((sum, each) => sum + each, 0)).toBe(total ?? 0)
})
