import { describe, expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'
import { testWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { fuzz } from './fuzz.ts'
import { subjects } from './subjects.ts'

/** A short run of `bun run fuzz`. */
const forMs = 2_000

describe('a few seconds of fuzzing find nothing:', () => {
  test.each(Object.entries(subjects))('%s', async (name, round) => {
    const seed = Date.now() % 2 ** 32
    process.stderr.write(`${name}: bun run fuzz --seed=${seed}\n`)
    expect(await fuzz(round, seed, forMs)).toBeGreaterThan(0)
  })
})

for (const name of ['deno', 'node'] as const) {
  testWith(runtime(name), `and on ${name}`, async () => {
    const args = ['--seconds=1']
    await using program = await spawnProgram({ runtime: name, entry: 'test/fuzz/main.ts', args })
    const { code } = await program.exited
    const output = program.stdout() + program.stderr()
    expect(output).toMatch(/^hpack .*: [1-9]\d* rounds$/m)
    if (name === 'node') expect(output).toMatch(/llhttp sees: [1-9]\d* rounds$/m)
    expect(code, output).toBe(0)
  })
}
