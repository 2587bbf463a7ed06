import { describe, expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import type { Instance } from '../port.ts'
import { backOffBounds } from './back-off.ts'
import type { PassingQuery, PassingResponse } from './client.ts'
import { type Followed, followService, queryRate } from './watch.ts'

const waitMs = 30_000
const graceMs = 10_000
const a: Instance = { id: 'a', url: 'http://10.0.0.1:1' }

describe('a watch of a service in Consul', () => {
  test('the first query has no index, and each further one that of the last response', async () => {
    using script = follow([response(7n), response(9n), response(9n)])
    expect(await script.indexes()).toEqual([undefined, 7n, 9n, 9n])
  })

  test('a query after an index that went backwards has no index', async () => {
    using script = follow([response(7n), response(3n), response(3n)])
    expect(await script.indexes()).toEqual([undefined, 7n, undefined, 3n])
  })

  test('an index of 0 is sent as 1, because 0 would not wait for a change', async () => {
    using script = follow([response(0n), response(0n), response(1n)])
    expect(await script.indexes()).toEqual([undefined, 1n, undefined, 1n])
  })

  test('a query after an error has no index, and follows a longer wait after each error', async () => {
    const error = new Error('unavailable')
    using script = follow([response(7n), error, error, error, response(2n)])
    expect(await script.indexes()).toEqual([undefined, 7n, undefined, undefined, undefined, 2n])
    const { firstMs: first } = backOffBounds
    expect(script.pauses).toEqual([0, first, 2 * first, 4 * first, 0])
    expect(script.errors).toEqual([undefined, error, error, error, undefined])
  })

  test('the last list stays while Consul is unavailable, and its age grows', async () => {
    using script = follow([response(7n, a), ...Array(5).fill(new Error('unavailable'))])
    await script.ended()
    expect(script.followed.instances).toEqual([a])
    const passedMs = script.pauses.reduce((sum, pausedMs) => sum + pausedMs, 0)
    expect(script.followed.ageMs()).toBe(passedMs)
  })

  test('a query ends with the grace period, even though nothing has changed', async () => {
    using script = follow([response(7n, a), response(8n), response(8n), response(8n)])
    await script.ended()
    const [first = 0, second = 0, third = 0] = script.queries.map((query) => query.waitMs)
    expect([first, second]).toEqual([waitMs + 1, waitMs + 1])
    expect(third).toBe(graceMs + 1)
    expect(script.followed.instances).toEqual([])
  })

  test('queries slow down when every response comes immediately', async () => {
    const responses = Array.from({ length: 10 }, (_, index) => response(BigInt(index + 1)))
    using script = follow(responses, { respondsImmediately: true })
    await script.ended()
    const { burst, intervalMs } = queryRate
    expect(script.pauses.slice(0, burst)).toEqual(Array(burst).fill(0))
    expect(script.pauses.slice(burst)).toEqual(Array(10 - burst).fill(intervalMs))
  })

  test('the first query ends the wait of a watch, whether it succeeds or fails', async () => {
    for (const first of [response(7n, a), new Error('unavailable')]) {
      using script = follow([first])
      await script.followed.queried
      expect(script.errors).toHaveLength(1)
    }
  })

  test('disposing a watch aborts the query in flight', async () => {
    using script = follow([response(7n)])
    await script.ended()
    script.followed[Symbol.dispose]()
    expect(script.queries.at(-1)?.signal.aborted).toBe(true)
    expect(script.errors).toEqual([undefined])
  })
})

interface Script extends Disposable {
  readonly followed: Followed
  readonly queries: PassingQuery[]
  readonly pauses: number[]
  /** Result of each query: its error, or nothing. */
  readonly errors: unknown[]
  /** Resolves when there is no response left. */
  ended(): Promise<unknown>
  /** Returns the indexes of all queries, once there is no response left. */
  indexes(): Promise<(bigint | undefined)[]>
}

/** Follows a Consul that sends these responses, each when its query times out, and then none. */
function follow(
  responses: readonly (PassingResponse | Error)[],
  { respondsImmediately = false } = {},
): Script {
  let nowMs = 0
  const left = [...responses]
  const queries: PassingQuery[] = []
  const pauses: number[] = []
  const errors: unknown[] = []
  const followed = followService({
    waitMs,
    graceMs,
    random: () => 1,
    clock: () => nowMs,
    onResult: (error) => errors.push(error),
    async query(query) {
      queries.push(query)
      const next = left.shift()
      if (next === undefined) return await silence(query.signal)
      if (next instanceof Error) throw next
      if (query.index !== undefined && !respondsImmediately) nowMs += query.waitMs
      return next
    },
    async pause(durationMs) {
      pauses.push(durationMs)
      nowMs += durationMs
    },
  })
  const ended = () => waitFor(() => queries.length > responses.length, { what: 'the last query' })
  return {
    followed,
    queries,
    pauses,
    errors,
    ended,
    async indexes() {
      await ended()
      return queries.map(({ index }) => index)
    },
    [Symbol.dispose]: () => followed[Symbol.dispose](),
  }
}

function response(index: bigint, ...instances: Instance[]): PassingResponse {
  return { index, instances }
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}
