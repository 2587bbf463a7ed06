import { expect, test } from 'bun:test'
import { createLatestOnly } from './latest-only.ts'

test('the result of an older task is dropped, even when it comes last', async () => {
  const latestOnly = createLatestOnly()
  const slow = Promise.withResolvers<string>()
  const first = latestOnly.run(() => slow.promise)
  const second = latestOnly.run(async () => 'new')
  expect(await second).toBe('new')
  slow.resolve('old')
  expect(await first).toBeUndefined()
})

test('an older task is aborted, and its failure is ignored', async () => {
  const latestOnly = createLatestOnly()
  const first = latestOnly.run(
    (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  )
  await latestOnly.run(async () => 'new')
  expect(await first).toBeUndefined()
})

test('tasks in quick succession run once', async () => {
  const latestOnly = createLatestOnly()
  const started: string[] = []
  const start = (text: string) => latestOnly.run(async () => started.push(text), 5)
  await Promise.all([start('k'), start('ku'), start('kub')])
  expect(started).toEqual(['kub'])
})

test('the failure of the newest task is thrown', async () => {
  const failing = createLatestOnly().run(async () => {
    throw new Error('down')
  })
  await expect(failing).rejects.toThrow('down')
})
