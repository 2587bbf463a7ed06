import { expect, test } from 'bun:test'
import { createManualClock } from '@marquee/testing/manual-clock'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { isRated, type RecordRef } from '../rating.ts'
import { defaultRules } from '../scoring.ts'
import { createMemoryRatingStore } from '../store/memory.ts'
import type { RatingStore } from '../store/port.ts'
import { createSqliteRatingStore } from '../store/sqlite.ts'
import { createAggregateWatches, type WatchOptions, type WatchTarget } from '../watch.ts'
import { pageSizeMax } from './change-pages.ts'
import type { WatchMessage } from './message.ts'

const movie = (recordId: string): RecordRef => ({ recordType: 'movie', recordId })
const first = movie('1')
const movies: WatchTarget = { recordType: 'movie' }
const topThree: WatchTarget = { top: { recordType: 'movie', countMin: 1, limit: 3 } }

test('10,000 watchers of one record read it once when they begin, and once when it changes', async () => {
  using bench = setUp()
  await expectOneRead(bench, { records: [first] }, 10_000)
})

test('5,000 watchers of a record type read each change once', async () => {
  using bench = setUp()
  await bench.rate('0', 1)
  await expectOneRead(bench, movies, 5_000)
})

test('1,000 watchers of a top list read it once when it changes', async () => {
  using bench = setUp()
  const watches = Array.from({ length: 1_000 }, () => bench.watch(topThree))
  await nextOfAll(watches)
  const changed = nextOfAll(watches)
  await bench.rate('1', 5)
  for (const message of await changed) expect(topIds(message)).toEqual(['1'])
  expect(bench.reads.top).toBe(2)
})

test('a watch from a revision begins with what changed after it', async () => {
  using bench = setUp()
  await bench.rate('1', 1)
  const since = await bench.store.revision()
  await bench.rate('2', 2)
  const target = { records: [movie('1'), movie('2'), movie('3')] }
  for (const one of [target, movies]) {
    const message = await bench.watch(one, since).next()
    expect(message).toMatchObject({ state: { recordId: '2', count: 1 } })
    expect(message.resumeRevision).toBe(await bench.store.revision())
  }
  expect(topIds(await bench.watch(topThree, since).next())).toEqual(['2', '1'])
})

test.each([[{ records: [first] }], [movies], [topThree]])(
  'a watch of %j from the newest revision begins with the revision alone, then has changes',
  async (target) => {
    using bench = setUp()
    await bench.rate('1', 1)
    const since = await bench.store.revision()
    const watch = bench.watch(target, since)
    const caughtUp = target === movies ? { caughtUp: true } : {}
    expect(await watch.next()).toEqual({ resumeRevision: since, ...caughtUp } as WatchMessage)
    const changed = watch.next()
    await bench.rate('1', 5)
    const { state, top, resumeRevision } = await changed
    expect(state ?? top?.[0]).toMatchObject({ recordId: '1', count: 2 })
    expect(resumeRevision).toBe(await bench.store.revision())
  },
)

test.each([[{ records: [first] }], [movies], [topThree]])(
  'a watch of %j from a revision of another database begins with the whole state',
  async (target) => {
    using bench = setUp()
    await bench.rate('1', 1)
    const { state, top } = await bench.watch(target, 2 ** 52).next()
    expect(state ?? top?.[0]).toMatchObject({ recordId: '1', count: 1 })
  },
)

test('a record that nobody rates any more is sent with count 0 and its revision', async () => {
  using bench = setUp()
  await bench.store.put([{ ...first, userId: 'ada', value: 1 }])
  const since = await bench.store.revision()
  await bench.store.delete(first, 'ada')
  const revision = await bench.store.revision()
  for (const target of [movies, { records: [first] }]) {
    const { state } = await bench.watch(target, since).next()
    expect(state).toMatchObject({ recordId: '1', count: 0, revision })
  }
})

test.each([[movies], [{ records: Array.from({ length: 400 }, (_, n) => movie(`${n}`)) }]])(
  'a watch can resume in the middle of changes that share a revision',
  async (target) => {
    using bench = setUp()
    await bench.rate('first', 1)
    const since = await bench.store.revision()
    await bench.store.put(
      Array.from({ length: 400 }, (_, n) => ({ ...movie(`${n}`), userId: 'ada', value: 3 })),
    )
    const revision = await bench.store.revision()
    const stopAfter = [1, pageSizeMax - 1, pageSizeMax, pageSizeMax + 1, 399]
    for (const count of stopAfter) {
      const watch = bench.watch(target, since)
      let message: WatchMessage | undefined
      for (let n = 0; n < count; n++) message = await watch.next()
      expect(message?.resumeRevision).toBeLessThan(revision)
      const resumed = bench.watch(target, message?.resumeRevision ?? 0)
      const ids = new Set<string>()
      while (ids.size < 400) ids.add((await resumed.next()).state?.recordId ?? '')
      expect(ids.size).toBe(400)
    }
    const whole = bench.watch(target, since)
    let last = 0
    for (let n = 0; n < 400; n++) last = (await whole.next()).resumeRevision
    expect(last).toBe(revision)
  },
)

test.each([0, 1])(
  'a watch of a record type says once that all states are sent, from revision %d',
  async (since) => {
    using bench = setUp()
    const count = 2 * pageSizeMax + 1
    for (const recordType of ['movie', 'book']) {
      await bench.store.put(
        Array.from({ length: count }, (_, n) => {
          return { recordType, recordId: `${n}`, userId: 'ada', value: 3 }
        }),
      )
    }
    for (const recordType of ['movie', 'book', 'song']) {
      const watch = bench.watch({ recordType }, since)
      const ids = new Set<string | undefined>()
      let message: WatchMessage
      do {
        message = await watch.next()
        if (message.state) ids.add(message.state.recordId)
      } while (!message.caughtUp)
      expect(ids.size).toBe(recordType === 'song' ? 0 : count)
      expect(message.resumeRevision).toBe(await bench.store.revision())
      const changed = watch.next()
      await bench.store.put([{ recordType, recordId: 'new', userId: 'ada', value: 3 }])
      expect(await changed).not.toHaveProperty('caughtUp')
    }
  },
)

test('a watch of records that is cut off again and again makes progress', async () => {
  using bench = setUp()
  for (let n = 0; n < 10; n++) await bench.rate(`${n}`, 1)
  const target = { records: Array.from({ length: 10 }, (_, n) => movie(`${9 - n}`)) }
  const ids: string[] = []
  let since = 0
  while (ids.length < 10) {
    const message = await bench.watch(target, since).next()
    ids.push(message.state?.recordId ?? '')
    since = message.resumeRevision
  }
  expect(ids).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`))
})

test('a slow watcher of a record type gets the newest states, and one page of older ones', async () => {
  using bench = setUp()
  const count = 1_000
  const rateAll = (value: number) =>
    bench.store.put(
      Array.from({ length: count }, (_, n) => ({ ...movie(`${n}`), userId: 'ada', value })),
    )
  await rateAll(1)
  const watch = bench.watch(movies)
  await watch.next()
  for (const value of [2, 3, 4, 5, 4.5]) await rateAll(value)
  const newest = new Map<string, number>()
  let messageCount = 1
  while (newest.size < count || [...newest.values()].some((mean) => mean !== 4.5)) {
    const { state } = await watch.next()
    messageCount++
    if (state && isRated(state)) newest.set(state.recordId, state.mean)
  }
  expect(messageCount).toBeLessThanOrEqual(count + pageSizeMax)
})

test('a top list is sent when a record, its place or its members change, and else not', async () => {
  using bench = setUp()
  const watch = bench.watch({ top: { recordType: 'movie', countMin: 2, limit: 2 } })
  expect(topIds(await watch.next())).toEqual([])
  const expected: [string, number, string[]][] = [
    ['1', 3, []],
    ['1', 3, ['1']],
    ['2', 5, ['1']],
    ['2', 5, ['2', '1']],
    ['3', 4, ['2', '1']],
    ['3', 4, ['2', '3']],
  ]
  let known: string[] = []
  for (const [recordId, value, ids] of expected) {
    const next = ids.join() === known.join() ? undefined : watch.next()
    await bench.rate(recordId, value)
    if (next) expect(topIds(await next)).toEqual(ids)
    known = ids
  }
  const moved = watch.next()
  await bench.rate('3', 5)
  expect((await moved).top).toMatchObject([{ recordId: '2' }, { recordId: '3', count: 3 }])
})

test('a top list that is resumed does not go back, in its revision or its content', async () => {
  using bench = setUp()
  const target: WatchTarget = { top: { recordType: 'movie', countMin: 2, limit: 2 } }
  const shared = bench.watch(target)
  expect(topIds(await shared.next())).toEqual([])
  // The list stays as it was read at first.
  await bench.rate('1', 3)
  const since = await bench.store.revision()
  await bench.rate('2', 5)
  const { resumeRevision, top } = await bench.watch(target, since).next()
  expect(top).toEqual([])
  expect(resumeRevision).toBeGreaterThanOrEqual(since)

  // Another instance has sent its client a change of which this one has not heard.
  let isHeard = false
  const store = createMemoryRatingStore({ rules: defaultRules })
  using late = setUp({
    store: {
      ...store,
      changes: async (options) =>
        isHeard
          ? store.changes(options)
          : { states: [], next: undefined, revision: options.after.revision },
    },
  })
  const other = late.watch(target)
  expect(topIds(await other.next())).toEqual([])
  for (let count = 0; count < 2; count++) await late.rate('3', 4)
  const seen = await store.revision()
  isHeard = true
  const resumed = await late.watch(target, seen - 1).next()
  expect(topIds(resumed)).toEqual(['3'])
  expect(resumed.resumeRevision).toBeGreaterThanOrEqual(seen - 1)
})

test('different top lists have a maximum, and a known one is shared', async () => {
  using bench = setUp({ topsMax: 1 })
  await bench.watch(topThree).next()
  await bench.watch(topThree).next()
  const other: WatchTarget = { top: { recordType: 'movie', countMin: 1, limit: 4 } }
  expect(() => bench.watch(other)).toThrow('too many')
})

test('a change by another process of an SQLite file reaches a watch within a second', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/rating.db`
  await using own = createSqliteRatingStore({ path, rules: defaultRules })
  await using other = createSqliteRatingStore({ path, rules: defaultRules })
  const clock = createManualClock()
  using bench = setUp({ store: own, clock })
  const watch = bench.watch({ records: [first] })
  expect(await watch.next()).toMatchObject({ state: { count: 0 } })
  const changed = watch.next()
  await other.put([{ ...first, userId: 'ada', value: 4 }])
  clock.advance(1_000)
  expect(await changed).toMatchObject({ state: { recordId: '1', count: 1 } })
})

test('watches fail with the store, and a later one works', async () => {
  let isAway = false
  const store = createMemoryRatingStore({ rules: defaultRules })
  using bench = setUp({
    store: {
      ...store,
      async changes(options) {
        if (isAway) throw new Error('the store is away')
        return store.changes(options)
      },
    },
  })
  const watches = [movies, topThree, { records: [first] }].map((target) => bench.watch(target))
  await nextOfAll(watches)
  const failed = Promise.allSettled(watches.map((watch) => watch.next()))
  isAway = true
  await bench.rate('1', 1)
  for (const outcome of await failed) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the store is away' } })
  }
  isAway = false
  expect(await bench.watch(movies).next()).toMatchObject({ state: { recordId: '1' } })
})

/** A watch, whose end is a failure. */
interface Watch {
  next(): Promise<WatchMessage>
}

interface Reads {
  states: number
  changes: number
  top: number
}

function setUp(options: Partial<WatchOptions> = {}) {
  const closing = new AbortController()
  const store = options.store ?? createMemoryRatingStore({ rules: defaultRules })
  const reads: Reads = { states: 0, changes: 0, top: 0 }
  const watches = createAggregateWatches({ ...options, store: counting(store, reads) })
  let users = 0
  return {
    store,
    reads,
    rate: (recordId: string, value: number) =>
      store.put([{ ...movie(recordId), userId: `user-${users++}`, value }]),
    watch(target: WatchTarget, sinceRevision = 0): Watch {
      const messages = watches.watch(target, sinceRevision, closing.signal)
      if (messages === undefined) throw new Error('too many watches')
      return {
        async next() {
          const { value } = await messages.next()
          return value ?? expect.unreachable('the watch ended too early')
        },
      }
    },
    [Symbol.dispose]() {
      closing.abort()
      watches[Symbol.dispose]()
    },
  }
}

function counting(store: RatingStore, reads: Reads): RatingStore {
  return {
    ...store,
    states(records) {
      reads.states++
      return store.states(records)
    },
    changes(options) {
      reads.changes++
      return store.changes(options)
    },
    top(options) {
      reads.top++
      return store.top(options)
    },
  }
}

function nextOfAll(watches: readonly Watch[]): Promise<WatchMessage[]> {
  return Promise.all(watches.map((watch) => watch.next()))
}

/** Watches the first movie, and expects one read for all at the beginning and for each change. */
async function expectOneRead(bench: ReturnType<typeof setUp>, target: WatchTarget, count: number) {
  const watches = Array.from({ length: count }, () => bench.watch(target))
  await nextOfAll(watches)
  for (const changes of [1, 2, 3]) {
    const before = { ...bench.reads }
    const changed = nextOfAll(watches)
    await bench.rate('1', 5)
    for (const { state } of await changed) expect(state?.count).toBe(changes)
    expect(bench.reads).toEqual({ ...before, changes: before.changes + 1 })
  }
  // The feed reads once when it begins, and so do all watchers together.
  expect(bench.reads.states + bench.reads.changes).toBeLessThanOrEqual(2 + 3)
}

function topIds({ top }: WatchMessage): string[] | undefined {
  return top?.map(({ recordId }) => recordId)
}

alsoOnDenoAndNode(import.meta.filename)
