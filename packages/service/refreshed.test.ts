import { expect, test } from 'bun:test'
import { createRefreshed } from './refreshed.ts'

test('a value that is current is not read again', async () => {
  const { get, state } = setUp({ durationMs: 10 })
  expect(await get()).toBe(1)
  state.now += 1_000_000
  state.isCurrent = true
  expect(await get()).toBe(1)
  state.isCurrent = false
  expect(await get()).toBe(2)
})

test('after a read, the value rests nineteen times its duration', async () => {
  const { get, state } = setUp({ durationMs: 10 })
  await get()
  state.now += 189
  expect(await get()).toBe(1)
  state.now += 1
  expect(await get()).toBe(2)
})

test('a value rests at least the minimum', async () => {
  const { get, state } = setUp({ durationMs: 0, restMsMin: 50 })
  await get()
  state.now += 49
  expect(await get()).toBe(1)
  state.now += 1
  expect(await get()).toBe(2)
})

test('a value that is current rests the minimum again', async () => {
  const { get, state } = setUp({ durationMs: 0, restMsMin: 50 })
  await get()
  state.now += 50
  state.isCurrent = true
  expect(await get()).toBe(1)
  state.isCurrent = false
  state.now += 49
  expect(await get()).toBe(1)
  state.now += 1
  expect(await get()).toBe(2)
})

test('calls during a read share it', async () => {
  const { get, state } = setUp({ durationMs: 0 })
  expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1])
  expect(state.readCount).toBe(1)
})

test('after a long read, callers get the former value while the next one is read', async () => {
  const { get, state } = setUp({ durationMs: 501 })
  expect(await get()).toBe(1)
  state.now += 20 * 501
  expect(await get()).toBe(1)
  await Promise.resolve()
  expect([await get(), state.readCount]).toEqual([2, 2])
})

test('a failed read in the background makes the next call read, and reject', async () => {
  const { get, state } = setUp({ durationMs: 501 })
  await get()
  state.now += 20 * 501
  state.failure = new Error('the store is down')
  expect(await get()).toBe(1)
  expect(await get().catch((error: Error) => error.message)).toBe('the store is down')
  state.failure = undefined
  expect(await get()).toBe(4)
})

function setUp({ durationMs, restMsMin = 0 }: { durationMs: number; restMsMin?: number }) {
  const state = {
    now: 0,
    readCount: 0,
    isCurrent: false,
    failure: undefined as Error | undefined,
  }
  const get = createRefreshed({
    async read() {
      state.readCount++
      state.now += durationMs
      if (state.failure) throw state.failure
      return state.readCount
    },
    isCurrent: async () => state.isCurrent,
    restMsMin,
    clock: () => state.now,
  })
  return { get, state }
}
