import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { readTestReport } from './test-report.ts'

/** Runs files of tests, given as source, in a process of their own, and reads what that printed. */
async function reportOf(...sources: string[]) {
  await using folder = await temporaryFolder()
  for (const [i, source] of sources.entries()) {
    const text = `import { afterAll, describe, expect, test } from 'bun:test'\n${source}`
    await writeFile(join(folder.path, `case-${i}.test.ts`), text)
  }
  const report = ['--reporter=junit', '--reporter-outfile=report.xml']
  const { stderr, status } = spawnSync(process.execPath, ['test', ...report], {
    cwd: folder.path,
    env: { ...process.env, FORCE_COLOR: '1' },
  })
  const junitFile = join(folder.path, 'report.xml')
  const junit = existsSync(junitFile) ? await readFile(junitFile, 'utf8') : ''
  return readTestReport(stderr.toString(), junit, status ?? 1)
}

const passing = `test('passes', () => {})`

test('passes, failures and skips are told apart', async () => {
  const failing = `test('fails', () => expect(1).toBe(2))`
  const skipping = `describe('"a" & <b>', () => { test.skip('c (skipped: no d)', () => {}) })`
  expect(await reportOf(passing, failing, skipping)).toEqual({
    passed: 1,
    failed: 1,
    skipped: ['"a" & <b> > c (skipped: no d)'],
  })
})

test.each([
  ['that cannot be loaded', `import './absent.ts'`],
  ['that throws before its tests', `throw new Error('early')`],
  ['that throws after its tests', `afterAll(() => { throw new Error('late') })\n${passing}`],
])('a file %s is a failure', async (_, source) => {
  expect((await reportOf(passing, source)).failed).toBe(1)
})

test.each([
  ['leaves with success', `test('a', () => process.exit(0))`],
  ['is killed', `test('a', () => process.kill(process.pid, 'SIGKILL'))`],
])('a test process that %s in the middle is a failure', async (_, source) => {
  expect(await reportOf(passing, source)).toEqual({ passed: 0, failed: 1, skipped: [] })
})

test('an exit code that no counted failure explains is a failure', () => {
  const printed = ' 3 pass\n 0 fail\nRan 3 tests across 1 file. [1.00ms]\n'
  expect(readTestReport(printed, '', 0)).toEqual({ passed: 3, failed: 0, skipped: [] })
  expect(readTestReport(printed, '', 1)).toEqual({ passed: 3, failed: 1, skipped: [] })
})
