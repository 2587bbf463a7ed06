import { expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createProgress } from './progress.ts'

const runtimes = { bun: ['bun'], deno: ['deno', 'run', '-A'], node: ['node'] }
const programs = ['import-catalogue', 'import-ratings', 'ingest-ratings', 'simulate-audience']

for (const [name, [command = '', ...args]] of Object.entries(runtimes)) {
  test.each(programs)(`${name} prints its usage for %s`, async (program) => {
    const path = new URL(`../node_modules/.bin/${command}`, import.meta.url).pathname
    const script = new URL(`${program}.ts`, import.meta.url).pathname
    const { stdout } = await promisify(execFile)(path, [...args, script, '--help'])
    expect(stdout).toMatch(new RegExp(`^${program} (--user ID )?\\[options\\]`))
  })
}

function progressOn(isTTY: boolean, total: number | undefined) {
  let written = ''
  let nowMs = 0
  const stderr = {
    isTTY,
    write(text: string) {
      written += text
    },
  }
  const progress = createProgress({ stderr, noun: 'lines', total, now: () => nowMs })
  for (const done of [1, 2, 3, 4]) {
    nowMs += 2_500
    progress.update(done, done * 1000)
  }
  progress.stop()
  return written
}

test('progress without a terminal is a plain line every five seconds', () => {
  expect(progressOn(false, 4)).toBe('2,000 lines, 50%\n4,000 lines, 100%\n')
  expect(progressOn(false, undefined)).toBe('2,000 lines\n4,000 lines\n')
})

test('progress on a terminal is a bar when the total is known', () => {
  expect(progressOn(true, 4)).toContain('░')
  expect(progressOn(true, undefined)).not.toContain('░')
})
