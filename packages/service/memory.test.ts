import { describe, expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { CallMemory } from '@marquee/connect-hono/call-memory'
import { Lifetime } from '@marquee/connect-hono/lifetime'
import { createTimeouts } from '@marquee/connect-hono/timeouts'
import { MemoryBudget } from '@marquee/http/memory/budget'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import {
  failureOf,
  item,
  type Rating,
  setUpCalls,
  unfinished,
  watchRequest,
} from '@marquee/testing/rating-calls'
import { waitFor } from '@marquee/testing/wait-for'
import { bulkPut } from './rest/bulk.ts'

const kibibyte = 1024
/** One whose requests may be long. */
const method = 'BatchGetAggregatedRatings'
const implementation: Rating = {
  async importRatings(requests) {
    for await (const _ of requests);
    return {}
  },
}

/** The head of a message of so many bytes, and the first of them. */
function begun(bytes: number): Buffer {
  const start = Buffer.alloc(6)
  start.writeUInt32BE(bytes, 1)
  return start
}

describe('a message that has not arrived whole', () => {
  test('is charged from its prefix until its call ends', async () => {
    const memory = new MemoryBudget({ bytesMax: 180 * kibibyte })
    const { call } = setUpCalls({ implementation, memory })
    const exchange = call(method, unfinished(begun(50 * kibibyte)))
    await waitFor(() => memory.usedBytes === 50 * kibibyte, { what: 'the charge' })
    exchange.leave()
    await waitFor(() => memory.usedBytes === 0, { what: 'the release' })
  })

  test('is charged though it is short', async () => {
    const memory = new MemoryBudget({ bytesMax: 180 * kibibyte })
    const { call } = setUpCalls({ implementation, memory })
    call(method, unfinished(begun(100)))
    await waitFor(() => memory.usedBytes === 100, { what: 'the charge' })
  })

  test('waits for memory, and is read when another call has ended', async () => {
    const memory = new MemoryBudget({ bytesMax: 180 * kibibyte })
    const { call } = setUpCalls({ implementation, memory })
    const first = call(method, unfinished(begun(50 * kibibyte)))
    await waitFor(() => memory.usedBytes > 0, { what: 'the charge' })
    call(method, unfinished(begun(45 * kibibyte)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(memory.usedBytes).toBe(50 * kibibyte)
    first.leave()
    await waitFor(() => memory.usedBytes === 45 * kibibyte, { what: 'the grant' })
  })

  test('is RESOURCE_EXHAUSTED when memory is short for too long', async () => {
    const memory = new MemoryBudget({ bytesMax: 100 * kibibyte })
    const { call } = setUpCalls({ implementation, memory, limits: { memoryWaitMs: 20 } })
    const exchange = call(method, unfinished(begun(50 * kibibyte)))
    expect(await failureOf(exchange)).toMatchObject({ code: Code.ResourceExhausted })
    expect([memory.refusalCount, memory.usedBytes]).toEqual([1, 0])
  })
})

describe('a request that is a stream', () => {
  test('that is too slow is DEADLINE_EXCEEDED, though it never stops', async () => {
    async function* dribble() {
      for (;;) {
        yield item.subarray(0, 1)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const limits = { bodyBytesPerSecondMin: 100_000, bodySlackMs: 50 }
    const { call } = setUpCalls({ implementation, limits })
    const failure = await failureOf(call('ImportRatings', dribble()))
    expect(failure).toMatchObject({ code: Code.DeadlineExceeded })
    expect(failure.rawMessage).toContain('bytes a second')
  })

  test('ends with UNAVAILABLE when it is too old', async () => {
    const { call } = setUpCalls({ implementation, limits: { streamAgeMaxMs: 20 } })
    const failure = await failureOf(call('ImportRatings', unfinished(item)))
    expect(failure).toMatchObject({ code: Code.Unavailable })
  })
})

test('a watch ends with UNAVAILABLE when it is too old', async () => {
  const { call } = setUpCalls({
    limits: { streamAgeMaxMs: 20 },
    implementation: {
      async *watchAggregatedRatings() {
        yield {}
        await new Promise<never>(() => {})
      },
    },
  })
  const failure = await failureOf(call('WatchAggregatedRatings', [watchRequest]))
  expect(failure).toMatchObject({ code: Code.Unavailable })
})

describe('an import', () => {
  test('stores a batch when it is large, not only when it has many items', async () => {
    const sizes: number[] = []
    await bulkPut({
      requests: manyOf(20, () => ({ id: 'x'.repeat(32 * kibibyte) })),
      accept: (request) => request,
      idOf: ({ id }) => id,
      put: async (items) => {
        sizes.push(items.length)
        return items.map(() => 'created' as const)
      },
    })
    expect(sizes).toEqual([4, 4, 4, 4, 4])
  })

  test('keeps only the beginning of the id of a refused item', async () => {
    const { refusals, refusedCount } = await bulkPut({
      requests: manyOf(100, (index) => ({ id: `${index}`.padEnd(1_000, 'x') })),
      accept: () => ({ refused: 'for a reason' }),
      idOf: ({ id }) => id,
      put: async () => [],
    })
    expect(refusedCount).toBe(100n)
    expect(refusals.length).toBe(20)
    expect(refusals[7]).toEqual({
      index: 7n,
      id: '7'.padEnd(128, 'x'),
      reason: 'for a reason',
    })
  })

  test('an import charges its batch while it is saved, and no longer', async () => {
    const account = new MemoryBudget({ bytesMax: 1_200 * kibibyte }).open('127.0.0.1')
    const lifetime = new Lifetime(createTimeouts())
    const memory = new CallMemory(account, lifetime, 10)
    const held: number[] = []
    await bulkPut({
      requests: manyOf(3, () => ({ id: 'x'.repeat(20 * kibibyte) })),
      accept: (request) => request,
      idOf: ({ id }) => id,
      memory,
      put: async (items) => {
        held.push(account.heldBytes)
        return items.map(() => 'created' as const)
      },
    })
    expect(held[0]).toBeGreaterThan(100 * kibibyte)
    expect(account.heldBytes).toBe(0)
  })
})

test('memory that a call requests after its end is not charged', async () => {
  const account = new MemoryBudget({ bytesMax: 1_200 }).open('127.0.0.1')
  const lifetime = new Lifetime(createTimeouts())
  const memory = new CallMemory(account, lifetime, 10)
  memory.holdNow(100)
  expect(() => memory.holdNow(1_000)).toThrow(ConnectError)
  lifetime.finish()
  memory.holdNow(100)
  expect(account.heldBytes).toBe(0)
})

async function* manyOf<T>(count: number, make: (index: number) => T): AsyncGenerator<T> {
  for (let index = 0; index < count; index++) yield make(index)
}

alsoOnDenoAndNode(import.meta.path)
