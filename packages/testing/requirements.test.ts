import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

const needy = `
import { expect, test } from 'bun:test'
import { describeWith, testWith } from '${join(import.meta.dirname, 'requirements.ts')}'
testWith({ value: 'here' }, 'one that has all', (value) => expect(value).toBe('here'))
testWith({ missing: 'no moon' }, 'one', () => {})
describeWith({ missing: 'no stars' }, 'a group', () => { test('inner', () => {}) })
`

async function runNeedyTests(requireBackends: string) {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'needy.test.ts'), needy)
  const report = ['--reporter=junit', '--reporter-outfile=report.xml']
  const { status } = spawnSync(process.execPath, ['test', ...report, 'needy.test.ts'], {
    cwd: folder.path,
    env: { ...process.env, REQUIRE_BACKENDS: requireBackends },
  })
  return { status, report: await readFile(join(folder.path, 'report.xml'), 'utf8') }
}

test('tests without their requirements are skipped, with the reason', async () => {
  const { status, report } = await runNeedyTests('')
  expect(report).toContain('tests="3" assertions="1" failures="0" skipped="2"')
  expect(report).toContain('name="one (skipped: no moon)"')
  expect(report).toContain('name="a group (skipped: no stars)"')
  expect(status).toBe(0)
})

test('tests without their requirements fail when all are required', async () => {
  const { status, report } = await runNeedyTests('1')
  expect(report).toContain('tests="3" assertions="1" failures="2" skipped="0"')
  expect(report).toContain('no moon (REQUIRE_BACKENDS=1 does not allow skipping)')
  expect(status).toBe(1)
})
