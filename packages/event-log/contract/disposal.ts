import { expect, test } from 'bun:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { waitFor } from '@marquee/testing/wait-for'
import { type CreatePlace, oneKey, openBench, text } from './bench.ts'

export function declareDisposal(createPlace: CreatePlace): void {
  for (const disposed of ['the consumer', 'the log'] as const) {
    test(`disposing ${disposed} finishes the batch at hand, then stops`, async () => {
      await using bench = await openBench(createPlace)
      await bench.log.append(bench.topic, oneKey(0, 4))
      const gate = Promise.withResolvers<void>()
      const events: string[] = []
      const reader = await bench.read({
        batchSizeMax: 2,
        handle: async ({ records }) => {
          events.push(`begin ${text(records[0])}`)
          await gate.promise
          events.push(`end ${text(records[0])}`)
          return (records.at(-1)?.offset ?? 0) + 1
        },
      })
      await waitFor(() => events.length === 1, { what: 'the first batch' })
      const resource = disposed === 'the log' ? bench.log : reader.consumption
      const ended = resource[Symbol.asyncDispose]().then(() => events.push('disposed'))
      for (let turn = 0; turn < 10; turn++) await nextTurn()
      expect(events).toEqual(['begin 0'])
      gate.resolve()
      await ended
      expect(events).toEqual(['begin 0', 'end 0', 'disposed'])
    })
  }

  test('a consumer that waits out a failure can be disposed', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 1))
    const errors: Error[] = []
    const reader = await bench.read({
      onError: (error) => errors.push(error),
      handle: () => Promise.reject(new Error('the store is down')),
    })
    await waitFor(() => errors.length >= 2, { what: 'two failures' })
    await reader.consumption[Symbol.asyncDispose]()
    const before = errors.length
    const other = await bench.read({ group: 'other' })
    await other.hasSeen(1)
    expect(errors).toHaveLength(before)
  })

  test('a handler may append while the log is disposed, and nobody afterwards', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 1))
    const gate = Promise.withResolvers<void>()
    let state = 'idle'
    await bench.read({
      handle: async ({ records }) => {
        state = 'at work'
        await gate.promise
        await bench.log.append(`${bench.topic}-other`, oneKey(0, 1))
        state = 'appended'
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await waitFor(() => state === 'at work', { what: 'the batch' })
    const ended = bench.log[Symbol.asyncDispose]()
    gate.resolve()
    await ended
    expect(state).toBe('appended')
    await expect(bench.log.append(bench.topic, oneKey(1, 2))).rejects.toThrow()
    await expect(bench.read()).rejects.toThrow()
  })

  test('consumers that come and go at once do not hold each other up', async () => {
    await using bench = await openBench(createPlace)
    await bench.log.append(bench.topic, oneKey(0, 5))
    const first = await bench.read()
    const leaving = first.consumption[Symbol.asyncDispose]()
    const second = await bench.read()
    await leaving
    await second.hasSeen(5)
    expect(first.consumption.progress()).toEqual([])
  })

  test('disposing twice is harmless', async () => {
    await using bench = await openBench(createPlace)
    const reader = await bench.read()
    await reader.consumption[Symbol.asyncDispose]()
    await reader.consumption[Symbol.asyncDispose]()
    await bench.log[Symbol.asyncDispose]()
    expect(reader.consumption.progress()).toEqual([])
  })
}
