import { describe, expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import type { Instance } from '../port.ts'
import type { PassingAnswer, PassingQuery } from './client.ts'
import { backOffBounds } from './pace.ts'
import { type Followed, followService, queryPace } from './watch.ts'

const waitMs = 30_000
const graceMs = 10_000
const a: Instance = { id: 'a', url: 'http://10.0.0.1:1' }

describe('following a service', () => {
  test('asks without an index first, and then for what is newer than the answer', async () => {
    using script = follow([answer(7n), answer(9n), answer(9n)])
    expect(await script.indexes()).toEqual([undefined, 7n, 9n, 9n])
  })

  test('starts afresh when the index goes backwards', async () => {
    using script = follow([answer(7n), answer(3n), answer(3n)])
    expect(await script.indexes()).toEqual([undefined, 7n, undefined, 3n])
  })

  test('never asks for what is newer than nothing, which would be answered at once', async () => {
    using script = follow([answer(0n), answer(0n), answer(1n)])
    expect(await script.indexes()).toEqual([undefined, 1n, undefined, 1n])
  })

  test('starts afresh after an error, and waits longer after each', async () => {
    const error = new Error('away')
    using script = follow([answer(7n), error, error, error, answer(2n)])
    expect(await script.indexes()).toEqual([undefined, 7n, undefined, undefined, undefined, 2n])
    const { firstMs: first } = backOffBounds
    expect(script.pauses).toEqual([0, first, 2 * first, 4 * first, 0])
    expect(script.errors).toEqual([undefined, error, error, error, undefined])
  })

  test('shows the last list while Consul is away, and its age', async () => {
    using script = follow([answer(7n, a), ...Array(5).fill(new Error('away'))])
    await script.ended()
    expect(script.followed.instances).toEqual([a])
    const passedMs = script.pauses.reduce((sum, pausedMs) => sum + pausedMs, 0)
    expect(script.followed.ageMs()).toBe(passedMs)
  })

  test('asks again when the grace is over, though nothing has changed', async () => {
    using script = follow([answer(7n, a), answer(8n), answer(8n), answer(8n)])
    await script.ended()
    const [first = 0, second = 0, third = 0] = script.queries.map((query) => query.waitMs)
    expect([first, second]).toEqual([waitMs + 1, waitMs + 1])
    expect(third).toBe(graceMs + 1)
    expect(script.followed.instances).toEqual([])
  })

  test('slows down when answers come all the time', async () => {
    const answers = Array.from({ length: 10 }, (_, index) => answer(BigInt(index + 1)))
    using script = follow(answers, { answersAtOnce: true })
    await script.ended()
    const { burst, intervalMs } = queryPace
    expect(script.pauses.slice(0, burst)).toEqual(Array(burst).fill(0))
    expect(script.pauses.slice(burst)).toEqual(Array(10 - burst).fill(intervalMs))
  })

  test('has asked once Consul has answered or failed to', async () => {
    for (const first of [answer(7n, a), new Error('away')]) {
      using script = follow([first])
      await script.followed.asked
      expect(script.errors).toHaveLength(1)
    }
  })

  test('ends with the query that is under way', async () => {
    using script = follow([answer(7n)])
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
  /** What was told of each query. */
  readonly errors: unknown[]
  /** Resolves when there is nothing left to answer. */
  ended(): Promise<unknown>
  /** Of all queries, once there is nothing left to answer. */
  indexes(): Promise<(bigint | undefined)[]>
}

/** Follows a Consul that gives these answers one by one, each when its time is over, and then is silent. */
function follow(
  answers: readonly (PassingAnswer | Error)[],
  { answersAtOnce = false } = {},
): Script {
  let nowMs = 0
  const left = [...answers]
  const queries: PassingQuery[] = []
  const pauses: number[] = []
  const errors: unknown[] = []
  const followed = followService({
    waitMs,
    graceMs,
    random: () => 1,
    clock: () => nowMs,
    onAnswer: (error) => errors.push(error),
    async query(query) {
      queries.push(query)
      const next = left.shift()
      if (next === undefined) return await silence(query.signal)
      if (next instanceof Error) throw next
      if (query.index !== undefined && !answersAtOnce) nowMs += query.waitMs
      return next
    },
    async pause(durationMs) {
      pauses.push(durationMs)
      nowMs += durationMs
    },
  })
  const ended = () => waitFor(() => queries.length > answers.length, { what: 'the last query' })
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

function answer(index: bigint, ...instances: Instance[]): PassingAnswer {
  return { index, instances }
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}
