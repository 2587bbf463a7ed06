import { expect, test } from 'bun:test'
import { setImmediate } from 'node:timers/promises'
import { createQueue } from './queue.ts'

test('a queue runs a number of tasks at once, the others in order, whatever fails', async () => {
  const queue = createQueue(2)
  const begun: number[] = []
  let runningCount = 0
  let most = 0
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((n) =>
      queue(async () => {
        begun.push(n)
        most = Math.max(most, ++runningCount)
        await setImmediate()
        runningCount--
        if (n === 1) throw new Error('it failed')
        return n
      }),
    ),
  )
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  expect(most).toBe(2)
  const values = results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))
  expect(values).toEqual([0, 'failed', 2, 3, 4, 5])
  expect(await queue(async () => 'later')).toBe('later')
})
