import { expect, test } from 'bun:test'
import { wokenAtOnceMax } from '@marquee/service/watcher'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { createFanOut, lingeringMax } from './fan-out.ts'

test('all followers of a source share it, and get the same object', async () => {
  const { fanOut, sources, follow } = setUp()
  const followers = Array.from({ length: 1_000 }, () => follow('alien'))
  const firsts = followers.map(({ next }) => next())
  await turn()
  sources[0]?.push(1)
  const states = await Promise.all(firsts)
  expect(new Set(states).size).toBe(1)
  expect(states[0]).toEqual({ value: 1, context: 'alien' })
  expect([sources.length, fanOut.size]).toEqual([1, 1])
})

test('a late follower gets the current state at once', async () => {
  const { sources, follow } = setUp()
  const first = follow('alien').next()
  await turn()
  sources[0]?.push(1)
  await first
  expect(await follow('alien').next()).toEqual({ value: 1, context: 'alien' })
})

test('a follower that is slower than its source sees the latest state, and no queue', async () => {
  const { sources, follow } = setUp()
  const slow = follow('alien')
  const first = slow.next()
  await turn()
  for (let value = 1; value <= 100; value++) {
    sources[0]?.push(value)
    await turn()
  }
  expect((await first)?.value).toBeLessThanOrEqual(100)
  expect(await slow.next()).toEqual({ value: 100, context: 'alien' })
})

test('the newest context applies to all, and a change of it alone is not a state', async () => {
  const { sources, follow } = setUp()
  const old = follow('alien', 'old')
  const first = old.next()
  await turn()
  sources[0]?.push(1)
  expect(await first).toEqual({ value: 1, context: 'old' })
  expect(await follow('alien', 'new').next()).toEqual({ value: 1, context: 'new' })
  const second = old.next()
  sources[0]?.push(2)
  expect(await second).toEqual({ value: 2, context: 'new' })
})

test('a source closes a while after its last follower has left, unless another one joins', async () => {
  const { sources, follow, waits, fanOut } = setUp()
  const one = follow('alien')
  const first = one.next()
  await turn()
  sources[0]?.push(1)
  await first
  await one.leave()
  expect([sources[0]?.signal.aborted, waits.length]).toEqual([false, 1])
  const other = follow('alien')
  expect(await other.next()).toMatchObject({ value: 1 })
  waits[0]?.()
  await turn()
  expect(sources[0]?.signal.aborted).toBe(false)
  await other.leave()
  waits[1]?.()
  await turn()
  expect([sources[0]?.signal.aborted, fanOut.size, sources.length]).toEqual([true, 0, 1])
})

test('a bounded number of sources without followers stays open', async () => {
  const { sources, follow } = setUp()
  for (let index = 0; index < lingeringMax + 10; index++) {
    const one = follow(`${index}`)
    const first = one.next()
    await turn()
    sources[index]?.push(1)
    await first
    await one.leave()
  }
  expect(sources.filter(({ signal }) => !signal.aborted)).toHaveLength(lingeringMax)
})

test('a draining process keeps no source without followers', async () => {
  const { sources, follow, drain } = setUp()
  const [left, leaving] = [follow('left'), follow('leaving')]
  const firsts = [left.next(), leaving.next()]
  await turn()
  for (const source of sources) source.push(1)
  await Promise.all(firsts)
  await left.leave()
  drain()
  await leaving.leave()
  await turn()
  expect(sources.map(({ signal }) => signal.aborted)).toEqual([true, true])
})

test('a failure of a source reaches all its followers, and the next follower reopens it', async () => {
  const { sources, follow } = setUp()
  const firsts = [follow('alien'), follow('alien')].map(({ next }) => next().catch(String))
  await turn()
  sources[0]?.fail(new Error('broken'))
  expect(await Promise.all(firsts)).toEqual(['Error: broken', 'Error: broken'])
  const next = follow('alien').next()
  await turn()
  sources[1]?.push(2)
  expect((await next)?.value).toBe(2)
})

test('other tasks run while many followers are woken', async () => {
  const { sources, follow } = setUp()
  const count = wokenAtOnceMax * 20
  let seen = 0
  const followers = Array.from({ length: count }, async () => {
    await follow('alien').next()
    seen++
  })
  await turn()
  sources[0]?.push(1)
  const seenAtTurns: number[] = []
  while (seen < count) {
    await turn()
    seenAtTurns.push(seen)
  }
  await Promise.all(followers)
  const steps = seenAtTurns.map((now, index) => now - (seenAtTurns[index - 1] ?? 0))
  expect(Math.max(...steps)).toBeLessThanOrEqual(2 * wokenAtOnceMax)
})

alsoOnDenoAndNode(import.meta.filename)

interface TestSource {
  readonly signal: AbortSignal
  push(value: number): void
  fail(cause: Error): void
}

function setUp() {
  const sources: TestSource[] = []
  const waits: (() => void)[] = []
  const draining = new AbortController()
  const fanOut = createFanOut({
    open(_key: string, _context: string, signal: AbortSignal) {
      const { source, values } = createSource(signal)
      sources.push(source)
      return values()
    },
    combine: (value: number, context: string) => ({ value, context }),
    draining: draining.signal,
    wait: () => new Promise<void>((resolve) => void waits.push(resolve)),
  })
  function follow(key: string, context = key) {
    const leaving = new AbortController()
    const states = fanOut.follow(key, context, leaving.signal)
    return {
      next: async () => (await states.next()).value ?? undefined,
      async leave() {
        leaving.abort()
        await states.return(undefined)
      },
    }
  }
  return { fanOut, sources, waits, follow, drain: () => draining.abort() }
}

function createSource(signal: AbortSignal) {
  const pushed: number[] = []
  let failure: Error | undefined
  let wake = () => {}
  signal.addEventListener('abort', () => wake())
  async function* values() {
    while (!signal.aborted) {
      if (failure) throw failure
      const value = pushed.shift()
      if (value !== undefined) yield value
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  const source: TestSource = {
    signal,
    push(value) {
      pushed.push(value)
      wake()
    },
    fail(cause) {
      failure = cause
      wake()
    },
  }
  return { source, values }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
