import { describe, expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'

describe.each(['bun', 'deno', 'node'] as const)('on %s', (runtime) => {
  test.each(['exit', 'throw'])('no line is lost when the process ends by %s', async (how) => {
    const entry = 'packages/service/testing/log-peer.ts'
    await using program = await spawnProgram({ runtime, entry, args: [how] })
    expect((await program.exited).code).not.toBe(0)
    expect(program.stdout()).toContain('the last line')
  })
})
