import { describe, expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { CallOptions } from './options.ts'
import type { Presence } from './presence.ts'
import { type ErrorCode, type Result, rpcError } from './result.ts'
import { createTestClock } from './testing/clock.ts'
import { openMarquee } from './testing/marquee.ts'
import { type OpenStream, type WatchEvent, watch } from './watch.ts'

alsoOnDenoAndNode(import.meta.filename)

const record = { recordId: 'alien', recordType: 'movie' }

/** One stream of a service: its values, and the code with which it ends. */
interface Script {
  readonly values?: readonly number[]
  /** Default: the stream ends without an error. */
  readonly error?: ErrorCode
  readonly retryDelayMs?: number
  /** Stays open after its values, until the client goes. */
  readonly stays?: boolean
}

/** Opens the streams of the scripts, one after the other, and notes what it is opened with. */
function scripted(...scripts: readonly Script[]) {
  const opened: (number | undefined)[] = []
  let closedCount = 0
  const open: OpenStream<number> = async function* ({ signal }: CallOptions, last) {
    const script = scripts[opened.length]
    opened.push(last)
    try {
      for (const value of script?.values ?? []) yield { ok: true, value }
      if (script?.stays) await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      if (script?.error) yield failed(script.error, script.retryDelayMs)
    } finally {
      closedCount += 1
    }
  }
  return { open, opened, closedCount: () => closedCount }
}

function failed(code: ErrorCode, retryDelayMs?: number): Result<never> {
  return { ok: false, error: { ...rpcError(code, 'no'), retryDelayMs } }
}

function brief<Value>(event: WatchEvent<Value>): string {
  if (event.state === 'live') return `live ${event.value}`
  if (event.state === 'waiting') return `waiting ${event.error.code} ${event.delayMs}`
  return event.state === 'failed' ? `failed ${event.error.code}` : event.state
}

/** Takes events until there are enough, then stops to read. */
async function take<Value>(events: AsyncIterable<WatchEvent<Value>>, count: number) {
  const taken: string[] = []
  for await (const event of events) {
    taken.push(brief(event))
    if (taken.length === count) break
  }
  return taken
}

/** A presence that a test sets. */
function createTestPresence(first: ReturnType<Presence['state']> = 'active') {
  let state = first
  const listeners = new Set<() => void>()
  const presence: Presence = {
    state: () => state,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const set = (next: typeof state) => {
    state = next
    for (const listener of [...listeners]) listener()
  }
  return { presence, set, listeners }
}

const random = () => 0

describe('a lost stream', () => {
  test('a stream that fails or ends is reopened with its last value', async () => {
    const clock = createTestClock(20_000)
    const { open, opened } = scripted(
      { error: 'unavailable' },
      { values: [1, 2], error: 'internal' },
      { values: [3] },
      { values: [4] },
    )
    expect(await take(watch(open, { clock, random, idleTimeoutMs: 0 }), 11)).toEqual([
      ...['connecting', 'waiting unavailable 500'],
      ...['connecting', 'live 1', 'live 2', 'waiting internal 500'],
      ...['connecting', 'live 3', 'waiting unavailable 500'],
      ...['connecting', 'live 4'],
    ])
    expect(opened).toEqual([undefined, undefined, 2, 3])
  })

  test('the waits grow with the losses in a row, up to a bound', async () => {
    const clock = createTestClock(20_000)
    const { open } = scripted(
      ...Array.from({ length: 6 }, (): Script => ({ error: 'unavailable' })),
      { values: [1], error: 'unavailable' },
    )
    await take(watch(open, { clock, random: () => 0.999_999, idleTimeoutMs: 0 }), 16)
    expect(clock.waits.map(Math.round)).toEqual([
      ...[1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
      1_000,
    ])
  })

  test('the wait is longer when the service wants it to be', async () => {
    const clock = createTestClock(100_000)
    const { open } = scripted(
      { error: 'resource_exhausted', retryDelayMs: 3_000 },
      { error: 'unavailable', retryDelayMs: 3_600_000 },
      {},
    )
    await take(watch(open, { clock, random, idleTimeoutMs: 0 }), 5)
    expect(clock.waits).toEqual([3_500, 61_000])
  })

  test('a stream without a message for too long counts as lost', async () => {
    const clock = createTestClock(20_000)
    const { open, closedCount } = scripted({ values: [1], stays: true }, { values: [2] })
    const events = watch(open, { clock, random, idleTimeoutMs: 30_000 })
    expect(await takeOpen(events, 2)).toEqual(['connecting', 'live 1'])
    const next = events.next()
    await untilIdle()
    clock.expire()
    expect(brief((await next).value as WatchEvent<number>)).toBe('waiting unavailable 500')
    expect(closedCount()).toBe(1)
    expect(await take(events, 2)).toEqual(['connecting', 'live 2'])
  })
})

describe('the end of a watch', () => {
  test.each([
    'not_found',
    'invalid_argument',
    'permission_denied',
    'unauthenticated',
    'unimplemented',
  ] as const)('a watch that is refused with %s has failed', async (error) => {
    const { open, opened } = scripted({ error })
    expect(await take(watch(open, { idleTimeoutMs: 0 }), 9)).toEqual([
      'connecting',
      `failed ${error}`,
    ])
    expect(opened).toHaveLength(1)
  })

  test('a stream that had a message is reopened, whatever its error', async () => {
    const clock = createTestClock(20_000)
    const { open } = scripted({ values: [1], error: 'unauthenticated' }, { error: 'not_found' })
    expect(await take(watch(open, { clock, random, idleTimeoutMs: 0 }), 9)).toEqual([
      ...['connecting', 'live 1', 'waiting unauthenticated 500'],
      ...['connecting', 'failed not_found'],
    ])
  })

  test('an abort ends the watch without an event, whatever it is doing', async () => {
    const reading = new AbortController()
    const stays = scripted({ values: [1], stays: true })
    const events = watch(stays.open, {}, { signal: reading.signal })
    await takeOpen(events, 2)
    const next = events.next()
    reading.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(stays.closedCount()).toBe(1)

    const waiting = new AbortController()
    const failing = scripted({ error: 'unavailable', retryDelayMs: 60_000 })
    const clock = createTestClock(20_000)
    const others = watch(failing.open, { clock }, { signal: waiting.signal })
    await takeOpen(others, 2)
    const end = others.next()
    waiting.abort()
    expect(await end).toEqual({ done: true, value: undefined })

    const none = scripted()
    expect(await take(watch(none.open, {}, { signal: AbortSignal.abort() }), 1)).toEqual([])
    expect(none.opened).toEqual([])
  })

  test('a consumer who stops to read closes the stream', async () => {
    const { open, closedCount } = scripted({ values: [1, 2, 3], stays: true })
    const { presence, listeners } = createTestPresence()
    expect(await take(watch(open, { presence }), 2)).toEqual(['connecting', 'live 1'])
    expect(closedCount()).toBe(1)
    expect(listeners.size).toBe(0)
  })
})

describe('a presence', () => {
  test('a hidden page closes its stream, and reopens it at once when it is visible', async () => {
    const { open, opened, closedCount } = scripted({ values: [1], stays: true }, { values: [2] })
    const { presence, set } = createTestPresence()
    const events = watch(open, { presence, idleTimeoutMs: 0 })
    await takeOpen(events, 2)
    const paused = events.next()
    set('paused')
    expect((await paused).value).toEqual({ state: 'paused' })
    expect(closedCount()).toBe(1)
    const connecting = events.next()
    set('active')
    expect((await connecting).value).toEqual({ state: 'connecting' })
    expect(await take(events, 1)).toEqual(['live 2'])
    expect(opened).toEqual([undefined, 1])
  })

  test('without a network no stream is opened', async () => {
    const { open, opened } = scripted({ values: [1] })
    const { presence, set } = createTestPresence('offline')
    const events = watch(open, { presence, idleTimeoutMs: 0 })
    expect(await takeOpen(events, 1)).toEqual(['offline'])
    expect(opened).toEqual([])
    const paused = events.next()
    set('paused')
    expect((await paused).value).toEqual({ state: 'paused' })
    set('active')
    expect(await take(events, 2)).toEqual(['connecting', 'live 1'])
  })

  test('a network that is back ends the wait after a loss', async () => {
    const { open } = scripted({ error: 'unavailable' }, { values: [1] })
    const { presence, set } = createTestPresence()
    // Its waits do not end by themselves.
    const clock = createTestClock(0)
    const events = watch(open, { presence, clock, random })
    await takeOpen(events, 2)
    const offline = events.next()
    set('offline')
    expect((await offline).value).toEqual({ state: 'offline' })
    const connecting = events.next()
    set('active')
    expect((await connecting).value).toEqual({ state: 'connecting' })
  })
})

describe('a watch of a Marquee', () => {
  test('a watch of ratings continues from the last revision', async () => {
    const since: bigint[] = []
    const { marquee } = openMarquee({
      ratings: {
        async *watchAggregatedRatings({ sinceRevision }) {
          since.push(sinceRevision)
          const aggregatedRating = { ...record, count: sinceRevision }
          yield { aggregatedRating, resumeRevision: sinceRevision + 5n }
          if (since.length < 3) throw new ConnectError('shutting down', Code.Unavailable)
        },
      },
    })
    const counts: bigint[] = []
    for await (const event of marquee.watchRatings({ records: [record], sinceRevision: 7n })) {
      if (event.state === 'live') counts.push(event.value.aggregatedRating?.count ?? -1n)
      if (counts.length === 3) break
    }
    expect(since).toEqual([7n, 12n, 17n])
    expect(counts).toEqual([7n, 12n, 17n])
  })

  test('a watch of a top list has the whole list in every message', async () => {
    const { marquee } = openMarquee({
      ratings: {
        async *watchAggregatedRatings({ top }) {
          const aggregatedRatings = [{ ...record, recordType: top?.recordType ?? '' }]
          yield { top: { aggregatedRatings }, resumeRevision: 1n }
        },
      },
    })
    for await (const event of marquee.watchRatings({ top: { recordType: 'movie', limit: 10 } })) {
      if (event.state !== 'live') continue
      expect(event.value.top?.aggregatedRatings).toMatchObject([record])
      break
    }
  })

  test('a watch of a movie continues from the last revision', async () => {
    const since: bigint[] = []
    const { marquee } = openMarquee({
      movies: {
        async *watchMovieDetails({ sinceRevision }) {
          since.push(sinceRevision)
          yield { resumeRevision: sinceRevision + 5n }
          if (since.length < 3) throw new ConnectError('shutting down', Code.Unavailable)
        },
      },
    })
    for await (const event of marquee.watchMovie({ movieId: 'alien', sinceRevision: 7n })) {
      if (event.state === 'live' && event.value.resumeRevision === 22n) break
    }
    expect(since).toEqual([7n, 12n, 17n])
  })

  test('a watch of a movie that is not there fails', async () => {
    const { marquee } = openMarquee({
      movies: {
        // biome-ignore lint/correctness/useYield: it fails before its first message
        async *watchMovieDetails() {
          throw new ConnectError('no such movie', Code.NotFound)
        },
      },
    })
    expect(await take(marquee.watchMovie({ movieId: 'x' }), 9)).toEqual([
      'connecting',
      'failed not_found',
    ])
  })
})

/** Takes events, and leaves the watch open. */
async function takeOpen<Value>(events: AsyncGenerator<WatchEvent<Value>, void>, count: number) {
  const taken: string[] = []
  while (taken.length < count) {
    const { done, value } = await events.next()
    if (done) throw new Error('the watch has ended')
    taken.push(brief(value))
  }
  return taken
}

/** Lets what has been started run until it waits for something outside. */
function untilIdle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
