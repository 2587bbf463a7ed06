import { expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    test.each(['exit', 'throw'])('no line is lost when the process ends by %s', async (how) => {
      const entry = 'packages/service/testing/log-peer.ts'
      await using program = await spawnProgram({ runtime: name, entry, args: [how] })
      expect((await program.exited).code).not.toBe(0)
      expect(program.stdout()).toContain('the last line')
    })

    test('a worker writes all lines whole, each with its index', async () => {
      const entry = 'packages/service/testing/log-peer.ts'
      await using program = await spawnProgram({ runtime: name, entry, args: ['worker'] })
      await program.exited
      const lines = program
        .stdout()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(lines.map(({ worker, msg }) => [worker, msg])).toEqual([
        ...Array.from({ length: 100 }, (_, line) => [3, `line ${line}`]),
        [3, 'the last line'],
      ])
    })
  })
}
