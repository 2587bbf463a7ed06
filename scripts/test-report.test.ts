import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { describeSlowest, noTests, readTestReport, sum } from './test-report.ts'

/** Runs test files, given as source, in a new process, and reads the report from its output. */
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

test('a report counts passed, failed and skipped tests', async () => {
  const failing = `test('fails', () => expect(1).toBe(2))`
  const skipping = `describe('"a" & <b>', () => { test.skip('c (skipped: no d)', () => {}) })`
  const report = await reportOf(passing, failing, skipping)
  expect(report).toMatchObject({
    passed: 1,
    failed: 1,
    failures: ['fails'],
    skipped: ['"a" & <b> > c (skipped: no d)'],
  })
  expect([...report.secondsByFile.keys()].sort()).toEqual([0, 1, 2].map((i) => `case-${i}.test.ts`))
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
  expect(await reportOf(passing, source)).toEqual({ ...noTests, failed: 1 })
})

test('an exit code without a counted failure is a failure', () => {
  const printed = ' 3 pass\n 0 fail\nRan 3 tests across 1 file. [1.00ms]\n'
  expect(readTestReport(printed, '', 0)).toEqual({ ...noTests, passed: 3 })
  expect(readTestReport(printed, '', 1)).toEqual({ ...noTests, passed: 3, failed: 1 })
})

test('reports can be summed, and the slowest files come first', () => {
  const a = { ...noTests, passed: 1, skipped: ['a'], secondsByFile: new Map([['a.test.ts', 1]]) }
  const b = {
    ...noTests,
    failed: 1,
    failures: ['c'],
    skipped: ['b'],
    secondsByFile: new Map([['b.test.ts', 2.25]]),
  }
  const total = sum([a, b])
  expect(total).toMatchObject({ passed: 1, failed: 1, failures: ['c'], skipped: ['a', 'b'] })
  expect(describeSlowest(total, 1)).toBe('    2.3 s  b.test.ts')
})
