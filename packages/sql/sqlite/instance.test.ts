import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { spawnProgram } from '@marquee/testing/process'
import { testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { announceUse } from './instance.ts'

const entry = 'packages/sql/testing/instance-peer.ts'

function messagesOf(path: string): string[] {
  const messages: string[] = []
  announceUse(path, (message) => messages.push(message))[Symbol.dispose]()
  return messages
}

for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
  testWith(
    runtime(name),
    `use by a process on ${name} is reported until that process is gone`,
    async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'rating.db')
      await using first = await spawnProgram({ runtime: name, entry, args: [path] })
      await first.waitForLine(/^alone$/m)
      const [message] = messagesOf(path)
      expect(message).toStartWith(`another process uses ${path} already: run one instance`)
      await using second = await spawnProgram({ runtime: name, entry, args: [path] })
      await second.waitForLine(/another process uses .*DATABASE_URL=postgres:/)
      first.kill('SIGKILL')
      await first.exited
      expect(messagesOf(path)).toHaveLength(1)
      second.kill('SIGKILL')
      await second.exited
      expect(messagesOf(path)).toEqual([])
    },
  )
}

test('of several processes that start concurrently, at most one finds no other', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'rating.db')
  const programs = await Promise.all(
    Array.from({ length: 5 }, () => spawnProgram({ runtime: 'bun', entry, args: [path] })),
  )
  const lines = await Promise.all(programs.map((program) => program.waitForLine(/^(.+)$/m)))
  await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()))
  expect(lines.filter(([line]) => line === 'alone').length).toBeLessThanOrEqual(1)
})
