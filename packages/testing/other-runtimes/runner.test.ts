import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnProgram } from '../process.ts'
import { testWith } from '../requirements.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type RuntimeName, runtime } from '../tools.ts'
import { alsoOnDenoAndNode } from './also-on.ts'

const failing = `
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
const order = []
describe('outer', () => {
  beforeAll(() => order.push('all'))
  beforeEach(() => order.push('each'))
  test('is right', async () => expect(order).toEqual(['all', 'each']))
  describe('inner', () => {
    beforeEach(() => order.push('inner'))
    test('is wrong', async () => expect({ order }).toEqual({ order: [] }))
    test.each([['a', 1], ['b', 2]])('%s is %d', (name, number) => expect(number).toBe(2))
    test('hangs', () => new Promise(() => {}), 50)
    test.skip('waits', () => {})
  })
  afterAll(() => { throw new Error('broken hook') })
  afterAll(() => new Promise(() => {}), 40)
})
test('sees the hooks', () => expect(order.join()).toBe('all,each,each,inner,each,inner,each,inner,each,inner'))
`

const verdicts = [
  '(passed) outer > is right',
  '(failed) outer > inner > is wrong',
  '(failed) outer > inner > a is 1',
  '(passed) outer > inner > b is 2',
  '(failed) outer > inner > hangs',
  '(skipped) outer > inner > waits',
  '(failed) outer > afterAll',
  '(failed) outer > afterAll',
  '(passed) sees the hooks',
]

async function runOn(name: RuntimeName, source: string, ...args: string[]) {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'suite.ts')
  await writeFile(file, source)
  const entry = 'packages/testing/other-runtimes/run.ts'
  await using program = await spawnProgram({ runtime: name, entry, args: [file, ...args] })
  return { ...(await program.exited), output: program.stdout() }
}

for (const name of ['deno', 'node'] as const) {
  const lines = (output: string) => output.split('\n').filter((line) => /^\(\w+\) /.test(line))

  testWith(runtime(name), `what fails on ${name} fails, and the rest goes on`, async () => {
    const { code, output } = await runOn(name, failing)
    expect(lines(output)).toEqual(verdicts)
    expect(output).toContain('it took longer than 50 ms')
    expect(output).toContain('broken hook')
    expect(output).toContain('it took longer than 40 ms')
    expect(output).toEndWith('3 passed, 5 failed, 1 skipped\n')
    expect(code).toBe(1)
  })

  testWith(
    runtime(name),
    `some tests of a file run on ${name}, and none is a failure`,
    async () => {
      const some = await runOn(name, failing, '--only', 'b is 2')
      expect(lines(some.output)).toEqual([3, 6, 7].map((at) => verdicts[at] as string))
      const none = await runOn(name, failing, '--only', 'no such test')
      expect(none.output).toBe('0 passed, 0 failed, 0 skipped\n')
      expect(none.code).toBe(1)
    },
  )
}

describe('the matchers', () => {
  test('matchers pass what fits, and fail what does not', () => {
    expect('marquee').toStartWith('mar')
    expect(() => expect('marquee').toStartWith('quee')).toThrow()
    expect('marquee').toEndWith('quee')
    expect(() => expect('marquee').toEndWith('mar')).toThrow()
    expect({ a: [1, undefined] }).toEqual({ a: [1, undefined] })
    expect(() => expect({ a: 1 }).toEqual({ a: 2 })).toThrow()
  })
  alsoOnDenoAndNode(import.meta.filename, { only: /^the matchers > matchers/ })
})
