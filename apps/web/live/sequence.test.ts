import { expect, test } from 'bun:test'
import { createSequence } from './sequence.ts'

test('the answer to an older question is dropped, even if it comes last', async () => {
  const sequence = createSequence()
  const slow = Promise.withResolvers<string>()
  const first = sequence.run(() => slow.promise)
  const second = sequence.run(async () => 'new')
  expect(await second).toBe('new')
  slow.resolve('old')
  expect(await first).toBeUndefined()
})

test('an older question is aborted, and its failure is nobody’s', async () => {
  const sequence = createSequence()
  const first = sequence.run(
    (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  )
  await sequence.run(async () => 'new')
  expect(await first).toBeUndefined()
})

test('questions that come fast are asked once', async () => {
  const sequence = createSequence()
  const asked: string[] = []
  const ask = (text: string) => sequence.run(async () => asked.push(text), 5)
  await Promise.all([ask('k'), ask('ku'), ask('kub')])
  expect(asked).toEqual(['kub'])
})

test('the newest failure is told', () => {
  const failing = createSequence().run(async () => {
    throw new Error('down')
  })
  expect(failing).rejects.toThrow('down')
})
