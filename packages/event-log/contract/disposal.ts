import { expect, test } from 'bun:test'
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import { waitFor } from '@marquee/testing/wait-for'
import { type CreatePlace, oneKey, openFixture, text } from './fixture.ts'

export function declareDisposal(createPlace: CreatePlace): void {
  for (const disposed of ['the consumer', 'the log'] as const) {
    test(`disposing ${disposed} finishes the batch in flight, then stops`, async () => {
      await using fixture = await openFixture(createPlace)
      await fixture.log.append(fixture.topic, oneKey(0, 4))
      const gate = Promise.withResolvers<void>()
      const events: string[] = []
      const reader = await fixture.read({
        batchSizeMax: 2,
        handle: async ({ records }) => {
          events.push(`begin ${text(records[0])}`)
          await gate.promise
          events.push(`end ${text(records[0])}`)
          return (records.at(-1)?.offset ?? 0) + 1
        },
      })
      await waitFor(() => events.length === 1, { what: 'the first batch' })
      const resource = disposed === 'the log' ? fixture.log : reader.consumption
      const disposal = resource[Symbol.asyncDispose]().then(() => events.push('disposed'))
      for (let turn = 0; turn < 10; turn++) await eventLoopTurn()
      expect(events).toEqual(['begin 0'])
      gate.resolve()
      await disposal
      expect(events).toEqual(['begin 0', 'end 0', 'disposed'])
    })
  }

  test('a consumer can be disposed during the back-off after a failure', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 1))
    const errors: Error[] = []
    const reader = await fixture.read({
      onError: (error) => errors.push(error),
      handle: () => Promise.reject(new Error('the store is down')),
    })
    await waitFor(() => errors.length >= 2, { what: 'two failures' })
    await reader.consumption[Symbol.asyncDispose]()
    const before = errors.length
    const other = await fixture.read({ group: 'other' })
    await other.hasSeen(1)
    expect(errors).toHaveLength(before)
  })

  test('a handler may append while the log is being disposed, and nobody may afterwards', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 1))
    const gate = Promise.withResolvers<void>()
    let state = 'idle'
    await fixture.read({
      handle: async ({ records }) => {
        state = 'handling'
        await gate.promise
        await fixture.log.append(`${fixture.topic}-other`, oneKey(0, 1))
        state = 'appended'
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await waitFor(() => state === 'handling', { what: 'the batch' })
    const disposal = fixture.log[Symbol.asyncDispose]()
    gate.resolve()
    await disposal
    expect(state).toBe('appended')
    await expect(fixture.log.append(fixture.topic, oneKey(1, 2))).rejects.toThrow()
    await expect(fixture.read()).rejects.toThrow()
  })

  test('a consumer that is disposed immediately does not delay the next one', async () => {
    await using fixture = await openFixture(createPlace)
    await fixture.log.append(fixture.topic, oneKey(0, 5))
    const first = await fixture.read()
    const leaving = first.consumption[Symbol.asyncDispose]()
    const second = await fixture.read()
    await leaving
    await second.hasSeen(5)
    expect(first.consumption.progress()).toEqual([])
  })

  test('disposing twice is harmless', async () => {
    await using fixture = await openFixture(createPlace)
    const reader = await fixture.read()
    await reader.consumption[Symbol.asyncDispose]()
    await reader.consumption[Symbol.asyncDispose]()
    await fixture.log[Symbol.asyncDispose]()
    expect(reader.consumption.progress()).toEqual([])
  })
}
