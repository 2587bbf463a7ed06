import { describe, expect, test } from 'bun:test'
import { fuzz } from './fuzz.ts'
import { subjects } from './subjects.ts'

/** A taste of `bun run fuzz`, which goes on for longer. */
const forMs = 2_000

describe('as far as a few seconds tell,', () => {
  test.each(Object.entries(subjects))('%s', async (name, round) => {
    const seed = Date.now() % 2 ** 32
    process.stderr.write(`${name}: bun run fuzz --seed=${seed}\n`)
    expect(await fuzz(round, seed, forMs)).toBeGreaterThan(0)
  })
})
